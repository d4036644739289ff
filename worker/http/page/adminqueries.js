// adminqueries.js -- the statements on which the database spends its time.
//
// See:    GET /api/v1/admin/slow-queries
import { badge, get, ms, panel, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const SLOW_MS = 1000;

const columns = () => [
	{ word: 'query', kind: 'name wide', cell: q => make('code', { className: 'sql' }, q.query) },
	{ word: 'mean', kind: 'num', cell: q => q.meanTime > SLOW_MS ? badge(ms(q.meanTime), 'bad') : ms(q.meanTime) },
	{ word: 'max', kind: 'num', cell: q => ms(q.maxTime) },
	{ word: 'calls', kind: 'num', cell: q => num(q.calls) },
	{ word: 'total', kind: 'num', cell: q => ms(q.totalTime) },
];

export const queries = {
	id: 'queries', group: 'flow', every: 30000,
	load: () => get('/api/v1/admin/slow-queries'),
	draw(place, answer) {
		const unavailable = answer.available === false;
		refill(place, unavailable ? make('p', { className: 'sheet warning' }, answer.reason ?? words().slow.unavailable) : null,
			unavailable ? null : panel(null, tableOr(words().slow.none, words().sections.queries[0], columns(), answer.data ?? answer)));
	},
};
