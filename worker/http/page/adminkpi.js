// adminkpi.js -- the figures by which the service is judged, beside their targets, with the course of a month.
//
// See:    GET /api/v1/stats/kpi
import { badge, get, refill } from './adminkit.js';
import { linePath, svg } from './adminplot.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const DAYS = 30, DAY_MS = 86400000, WIDE = 200, HIGH = 36;
const UNITS = { percent: v => `${num(v, 2)}%`, ms: v => `${num(v, 1)} ms`, minutes: v => words().kpi.minutes(num(v, 1)) };

const say = (value, unit) => (UNITS[unit] ?? (v => num(v, 2)))(value);

/* The line of the days that are known; null where there are fewer than two. */
function course(series, name, unit) {
	const list = series.filter(p => p.value !== null).map(p => ({ t: Date.parse(p.day), v: p.value })).sort((a, b) => a.t - b.t);
	if (list.length < 2)
		return null;
	const [low, high] = [Math.min, Math.max].map(of => say(of(...list.map(p => p.v)), unit));
	const box = svg('svg', { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words().kpi.course(name, list.length, low, high) });
	const { line } = linePath(list, list.at(-1).t - (DAYS - 1) * DAY_MS, (DAYS - 1) * DAY_MS, Math.max(...list.map(p => p.v)) || 1, { wide: WIDE, high: HIGH });
	box.append(svg('path', { class: 'line', d: line }));
	return box;
}

function card(k) {
	const name = words().kpi.names[k.name] ?? k.name, known = k.value !== null;
	const el = make('li', { className: 'sheet kpi' }, make('h2', {}, name), make('b', { className: 'kpi-value' }, known ? say(k.value, k.unit) : '–'),
		make('p', {}, known ? badge(k.met ? words().kpi.met : words().kpi.missed, k.met ? 'good' : 'bad') : badge(words().kpi.unknown),
			make('small', {}, ' ', words().kpi.target, ' ', k.target)),
		known ? null : make('small', { lang: 'en' }, k.reason ?? ''), course(k.series ?? [], name, k.unit));
	el.dataset.kpi = k.name;
	return el;
}

export const kpi = {
	id: 'kpi', group: 'run', every: 0,
	load: () => get(`/api/v1/stats/kpi?days=${DAYS}`),
	draw: (place, { data, day }) => refill(place, make('p', { className: 'note' }, day ? words().kpi.day(day) : words().kpi.none), make('ul', { className: 'kpis' }, ...data.map(card))),
};
