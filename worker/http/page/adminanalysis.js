// adminanalysis.js -- what went wrong of late, by kind and by hour, with advice: read from the log when it is asked for.
//
// See:    GET /api/v1/logs/analysis
import { action, get, inPlainWords, moment, panel, tableOr } from './adminkit.js';
import { make, showFault } from './dom.js';
import { num, words } from './i18n.js';

const HOUR_MS = 3600000;

const columns = () => [
	{ word: 'kind', kind: 'name', cell: e => make('b', {}, e.pattern) },
	{ word: 'times', kind: 'num', cell: e => num(e.count) },
	{ word: 'latest', cell: e => e.message },
	{ word: 'at', cell: e => moment(e.lastSeen) },
];

/* The last day's hours, oldest first, with the local hour of each: what is counted has hours of UTC, and only those with errors. */
function hoursOf(byHour, now = Date.now()) {
	return Array.from({ length: 24 }, (_, i) => new Date(now - (23 - i) * HOUR_MS)).map(t => [t.getHours(), byHour[t.toISOString().slice(0, 13)] ?? 0]);
}

function hours(byHour) {
	const rows = hoursOf(byHour ?? {}), top = Math.max(1, ...rows.map(([, n]) => n));
	const list = rows.map(([hour, n]) => {
		const bar = make('i', { ariaHidden: 'true' });
		bar.style.setProperty('--part', String(n / top));
		return make('li', {}, make('b', {}, n ? num(n) : ''), bar, make('span', {}, words().log.hour(hour)));
	});
	return make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: words().log.byHour }, make('ol', { className: 'hours' }, ...list));
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
			const chart = place.querySelector('.hours').parentElement;
			chart.scrollLeft = chart.scrollWidth;		/* this hour is in view */
		} catch (problem) {
			showFault(fault, inPlainWords(problem));
		}
	};
	return panel(words().log.analysis, make('p', { className: 'tool-line' }, action(words().log.analyse, words().log.analyse, 'analyse', run),
		make('span', { className: 'note' }, words().log.analysisNote)), fault, place);
}
