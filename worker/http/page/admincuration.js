// admincuration.js -- what editors pin, block and boost; an entry can be taken back. They are made at the editors' desk of /curate.html.
//
// See:    GET /api/v1/editor/lists, DELETE /api/v1/editor/lists/{id}
import { action, attempt, badge, get, moment, panel, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';
import { ask } from './session.js';

const TONES = { pin: 'good', block: 'bad' };
let again = () => {};

async function remove(e) {
	if (await attempt(() => ask('DELETE', `/api/v1/editor/lists/${e.id}`), words().curation.removed))
		await again();
}

const columns = () => [
	{ word: 'name', kind: 'name wide', cell: e => make('div', {}, make('b', {}, e.value), e.note ? make('small', { className: 'under' }, e.note) : null) },
	{ word: 'kind', cell: e => badge(words().curation.actions[e.action] + (e.action === 'boost' ? ` ×${num(e.factor, 2)}` : ''), TONES[e.action]) },
	{ word: 'target', cell: e => words().curation.targets[e.target] },
	{ word: 'since', cell: e => moment(e.createdAt) },
	{ word: 'until', cell: e => e.until ? moment(e.until) : null },
	{ word: '', kind: 'do', cell: e => action(words().curation.remove, words().curation.removeOf(e.value), `end-${e.id}`, () => remove(e)) },
];

export const curation = {
	id: 'curation', group: 'run', every: 0,
	tools(place, at, reload) {
		again = reload;
		place.append(make('p', {}, make('a', { href: '/curate.html#desk' }, words().curation.toDesk)));
	},
	load: () => get('/api/v1/editor/lists'),
	draw: (place, list) => refill(place, panel(null, tableOr(words().curation.none, words().sections.curation[0], columns(), list.data ?? list, e => e.id))),
};
