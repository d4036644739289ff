// adminkpi.js -- the figures by which the service is judged, beside their targets, with the course of a month.
//
// See:    GET /api/v1/stats/kpi
import { badge, get, refill } from './adminkit.js';
import { linePath } from './adminplot.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const DAYS = 30, WIDE = 200, HIGH = 36;
const UNITS = { percent: v => `${num(v, 2)}%`, '%': v => `${num(v, 2)}%`, ratio: v => `${num(v * 100, 2)}%`, ms: v => `${num(v, 1)} ms`, minutes: v => words().kpi.minutes(num(v, 1)),
	min: v => words().kpi.minutes(num(v, 1)), s: v => `${num(v, 1)} s` };

const say = (value, unit) => value === null || value === undefined ? '–' : (UNITS[unit] ?? (v => num(v, 2)))(value);

function course(series, name) {
	const list = (series ?? []).map((p, i) => ({ t: i, v: typeof p === 'number' ? p : p?.value })).filter(p => Number.isFinite(p.v));
	if (list.length < 2)
		return null;
	const box = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
	box.setAttribute('viewBox', `0 0 ${WIDE} ${HIGH}`);
	box.setAttribute('preserveAspectRatio', 'none');
	box.setAttribute('role', 'img');
	box.setAttribute('aria-label', words().kpi.course(name, list.length));
	path.setAttribute('class', 'line');
	path.setAttribute('d', linePath(list, list[0].t, list.at(-1).t - list[0].t, Math.max(...list.map(p => p.v)) || 1, { wide: WIDE, high: HIGH }).line);
	box.append(path);
	return box;
}

/* The daily values of one figure, wherever the answer has them: in its row, or by name or by day beside. */
const seriesOf = (k, answer) => k.series ?? k.daily ?? answer.series?.[k.name] ?? (Array.isArray(answer.daily) ? answer.daily.map(d => d[k.name] ?? d.values?.[k.name]) : null);

function card(k, answer) {
	const name = words().kpi.names[k.name] ?? k.name, known = k.value !== null && k.value !== undefined;
	const el = make('li', { className: 'sheet kpi' }, make('h2', {}, name), make('b', { className: 'kpi-value' }, say(k.value, k.unit)),
		make('p', {}, known ? badge(k.met ? words().kpi.met : words().kpi.missed, k.met ? 'good' : 'bad') : badge(words().kpi.unknown),
			make('small', {}, ' ', words().kpi.target, ' ', typeof k.target === 'string' ? k.target : say(k.target, k.unit))), course(seriesOf(k, answer), name));
	el.dataset.kpi = k.name;
	return el;
}

export const kpi = {
	id: 'kpi', group: 'run', every: 0,
	load: () => get(`/api/v1/stats/kpi?days=${DAYS}`),
	draw(place, answer) {
		const list = answer.data ?? answer;
		refill(place, answer.day ? make('p', { className: 'note' }, words().kpi.day(answer.day)) : null,
			list.length ? make('ul', { className: 'kpis' }, ...list.map(k => card(k, answer))) : make('p', { className: 'note none' }, words().kpi.none));
	},
};
