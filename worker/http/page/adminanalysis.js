// adminanalysis.js -- what went wrong of late, by kind and by hour, with advice: read from the log when it is asked for.
//
// See:    GET /api/v1/logs/analysis
import { action, get, inPlainWords, panel, tableOr } from './adminkit.js';
import { make, showFault } from './dom.js';
import { num, words } from './i18n.js';

const columns = () => [
	{ word: 'kind', kind: 'name', cell: e => e.pattern ?? e.type ?? e.message ?? e.error },
	{ word: 'times', kind: 'num', cell: e => num(e.count ?? 0) },
];

/* {"2026-…T09": 3} or [{hour, count}], as rows. */
const hoursOf = byHour => Array.isArray(byHour) ? byHour.map(h => [h.hour, h.count]) : Object.entries(byHour ?? {});

function hours(byHour) {
	const rows = hoursOf(byHour), top = Math.max(1, ...rows.map(([, n]) => n));
	return make('ol', { className: 'hours', ariaLabel: words().log.byHour }, ...rows.map(([hour, n]) => {
		const bar = make('i', { ariaHidden: 'true' });
		bar.style.setProperty('--part', String(n / top));
		return make('li', {}, make('span', {}, String(hour).length > 2 ? String(hour).slice(-13) : `${hour}`), bar, make('b', {}, num(n)));
	}));
}

function result(a) {
	return [make('p', {}, words().log.total(num(a.totalErrors ?? 0))), tableOr(words().log.noErrors, words().log.analysis, columns(), a.topErrors), hours(a.errorsByHour),
		a.suggestions?.length ? make('ul', { className: 'advice' }, ...a.suggestions.map(s => make('li', {}, typeof s === 'string' ? s : s.message ?? JSON.stringify(s)))) : null].filter(Boolean);
}

export function analysisPanel() {
	const place = make('div', { className: 'stack' }), fault = make('div', { className: 'fault', hidden: true, role: 'alert' });
	const run = async () => {
		showFault(fault, null);
		try {
			place.replaceChildren(...result(await get('/api/v1/logs/analysis')));
		} catch (problem) {
			showFault(fault, inPlainWords(problem));
		}
	};
	return panel(words().log.analysis, make('p', { className: 'tool-line' }, action(words().log.analyse, words().log.analyse, 'analyse', run),
		make('span', { className: 'note' }, words().log.analysisNote)), fault, place);
}
