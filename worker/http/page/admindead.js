// admindead.js -- messages that could not be handled: why, with what in them; retried or deleted.
//
// See:    GET /api/v1/admin/dead-letters, POST /api/v1/admin/dead-letters/{id}/retry, DELETE /api/v1/admin/dead-letters/{id}
import { action, attempt, bytes, code, get, goTo, link, moment, moreButton, panel, query, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { words } from './i18n.js';
import { ask } from './session.js';
import { sure } from './sure.js';

let again = () => {}, older = [];

const pathOf = (letter, rest = '') => `/api/v1/admin/dead-letters/${encodeURIComponent(letter.id)}${rest}`;

async function retry(letter) {
	if (await attempt(() => ask('POST', pathOf(letter, '/retry')), words().letter.retried))
		await again();
}

async function remove(letter) {
	if (await sure(words().letter.removeOf(letter.id), words().letter.removeSure, words().letter.remove) &&
	    await attempt(() => ask('DELETE', pathOf(letter)), words().letter.removed))
		await again();
}

function payload(letter) {
	if (letter.payload === null)
		return make('span', { className: 'note' }, words().letter.noText(bytes(letter.payloadBytes)));
	const summary = make('summary', {}, words().letter.show(bytes(letter.payloadBytes)));
	summary.dataset.focus = `payload-${letter.id}`;
	return make('details', {}, summary, make('pre', { tabIndex: 0 }, letter.payload), letter.truncated ? make('small', {}, words().letter.cut) : null);
}

const columns = () => [
	{ word: 'topic', kind: 'name', cell: l => link(l.topic, goTo('dead', l.topic), `topic-${l.id}`) },
	{ word: 'error', kind: 'wide', cell: l => l.error },
	{ word: 'key', cell: l => code(l.key) },
	{ word: 'at', cell: l => moment(l.createdAt) },
	{ word: 'payload', kind: 'wide', cell: payload },
	{ word: '', kind: 'do', cell: l => make('div', { className: 'both' },
		action(words().letter.retry, words().letter.retryOf(l.id), `retry-${l.id}`, () => retry(l)),
		action(words().letter.remove, words().letter.removeOf(l.id), `remove-${l.id}`, () => remove(l), 'danger')) },
];

const ask_ = (topic, cursor) => get(query('/api/v1/admin/dead-letters', { topic, cursor }));

/* Which payloads are open stays so over a drawing. */
function openOnes(place) {
	return [...place.querySelectorAll('details[open] > summary')].map(s => s.dataset.focus);
}

function draw(place, { data, nextCursor }, topic) {
	const open = openOnes(place), list = [...data, ...older];
	refill(place, panel(topic ? words().letter.ofTopic(topic) : null, topic ? make('p', {}, link(words().letter.all, 'dead')) : null,
		tableOr(words().letter.none, words().sections.dead[0], columns(), list, l => l.id),
		moreButton(nextCursor, cursor => attempt(async () => {
			const next = await ask_(topic, cursor);
			older = [...older, ...next.data];
			draw(place, { data, nextCursor: next.nextCursor }, topic);
		}))));
	for (const summary of place.querySelectorAll('details > summary'))
		summary.parentElement.open = open.includes(summary.dataset.focus);
}

export const dead = {
	id: 'dead', group: 'flow', every: 15000,
	tools(place, at, reload) {
		again = reload;
		older = [];
	},
	load: topic => {
		older = [];
		return ask_(topic);
	},
	draw,
};
