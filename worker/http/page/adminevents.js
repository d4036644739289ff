// adminevents.js -- what matters to security: logins, locks, changes of rights, newest first. #events/{userId}: those of one user.
//
// See:    GET /api/v1/admin/security-events
import { attempt, badge, code, get, goTo, link, moment, moreButton, panel, query, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { words } from './i18n.js';

const TONES = { critical: 'bad', error: 'bad', warning: 'warn', warn: 'warn' };
let type = '', older = [];

const fact = (e, k, v) => k === 'requestId' ? link(v, goTo('logs', v), `request-${e.id}`) : typeof v === 'object' ? JSON.stringify(v) : String(v);
const details = e => make('ul', { className: 'facts-text' }, ...Object.entries(e.details ?? {}).filter(([, v]) => v !== null).map(([k, v]) => make('li', {}, make('small', {}, k), ' ', fact(e, k, v))));

const columns = () => [
	{ word: 'at', cell: e => moment(e.createdAt) },
	{ word: 'event', kind: 'name', cell: e => badge(e.type, TONES[e.level] ?? 'calm') },
	{ word: 'user', cell: e => e.userId ? link(e.userId, goTo('users', e.userId), `user-${e.id}`) : null },
	{ word: 'address', cell: e => code(e.ip) },
	{ word: 'details', kind: 'wide', cell: details },
];

function tools(place, at, reload) {
	older = [];
	const of = make('input', { id: 'event-type', type: 'search', value: type, maxLength: 64, autocomplete: 'off', spellcheck: false, placeholder: 'failed_login' });
	const user = make('input', { id: 'event-user', type: 'search', value: at, maxLength: 64, autocomplete: 'off', spellcheck: false });
	const form = make('form', { className: 'finder-line', role: 'search' }, make('label', { className: 'wide' }, make('span', {}, words().event.type), of),
		make('label', { className: 'wide' }, make('span', {}, words().event.user), user), make('button', { type: 'submit', className: 'button go' }, words().find));
	form.addEventListener('submit', e => {
		e.preventDefault();
		type = of.value.trim();
		if (user.value.trim() !== at)
			location.hash = goTo('events', user.value.trim());
		else
			reload();
	});
	place.append(form);
}

const load = (userId, cursor) => get(query('/api/v1/admin/security-events', { type, userId, cursor }));

function draw(place, { data, nextCursor }, userId) {
	refill(place, panel(null, tableOr(words().event.none, words().sections.events[0], columns(), [...data, ...older], e => e.id),
		moreButton(nextCursor, cursor => attempt(async () => {
			const next = await load(userId, cursor);
			older = [...older, ...next.data];
			draw(place, { data, nextCursor: next.nextCursor }, userId);
		}))));
}

export const events = {
	id: 'events', group: 'find', every: 0, tools, draw,
	load: userId => {
		older = [];
		return load(userId);
	},
};
