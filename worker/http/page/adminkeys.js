// adminkeys.js -- the API keys of all users, or of one: #keys/{userId}. A key itself is never shown; it can be ended.
//
// See:    GET /api/v1/admin/api-keys, DELETE /api/v1/admin/api-keys/{id}
import { action, attempt, code, get, goTo, link, moment, moreButton, panel, query, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';
import { ask } from './session.js';
import { sure } from './sure.js';

let again = () => {}, older = [];

async function remove(k) {
	if (await sure(words().key.removeOf(k.name), words().key.removeSure, words().key.remove) &&
	    await attempt(() => ask('DELETE', `/api/v1/admin/api-keys/${encodeURIComponent(k.id)}`), words().key.removed))
		await again();
}

const columns = () => [
	{ word: 'name', kind: 'name', cell: k => make('b', {}, k.name) },
	{ word: 'user', cell: k => link(k.email ?? k.userId, goTo('users', k.userId), `user-${k.id}`) },
	{ word: 'tier', cell: k => words().user.tiers[k.tier] ?? k.tier },
	{ word: 'ends', cell: k => code(`…${k.hint ?? ''}`) },
	{ word: 'calls', kind: 'num', cell: k => num(k.requestCount ?? 0) },
	{ word: 'lastUsed', cell: k => k.lastUsedAt ? moment(k.lastUsedAt) : null },
	{ word: 'since', cell: k => moment(k.createdAt) },
	{ word: '', kind: 'do', cell: k => action(words().key.remove, words().key.removeOf(k.name), `end-${k.id}`, () => remove(k), 'danger') },
];

function tools(place, at, reload) {
	again = reload;
	const input = make('input', { id: 'key-user', type: 'search', value: at, maxLength: 64, autocomplete: 'off', spellcheck: false });
	const form = make('form', { className: 'finder-line', role: 'search' }, make('label', { className: 'wide' }, make('span', {}, words().event.user), input),
		make('button', { type: 'submit', className: 'button go' }, words().find), at ? make('a', { className: 'button', href: '#keys' }, words().key.all) : null);
	form.addEventListener('submit', e => {
		e.preventDefault();
		location.hash = goTo('keys', input.value.trim());
	});
	place.append(form);
}

const load = (userId, cursor) => get(query('/api/v1/admin/api-keys', { userId, cursor }));

function draw(place, answer, userId) {
	const first = answer.data ?? answer;
	refill(place, panel(null, tableOr(words().key.none, words().sections.keys[0], columns(), [...first, ...older], k => k.id),
		moreButton(answer.nextCursor, cursor => attempt(async () => {
			const next = await load(userId, cursor);
			older = [...older, ...next.data];
			draw(place, { data: first, nextCursor: next.nextCursor }, userId);
		}))));
}

export const keys = {
	id: 'keys', group: 'people', every: 0, tools, draw,
	load: userId => {
		older = [];
		return load(userId);
	},
};
