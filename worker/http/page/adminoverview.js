// adminoverview.js -- how the service is: what needs attention first (adminalerts.js), the stores, and the figures of the last minutes.
//
// The figures come each second over the socket (adminlive.js); the stores and the rest are asked for every POLL_MS.
// See:    GET /api/v1/health, GET /api/kafka/status, GET /api/v1/admin/processes, GET /api/v1/settings, GET /api/v1/logs
import { alertsOf } from './adminalerts.js';
import { badge, bytes, each, get, goTo, lasting, link, moment, ms, panel, percent, query, refill } from './adminkit.js';
import { followLive, latest, LIVE_MS, liveProblem, points, unfollowLive } from './adminlive.js';
import { Plot } from './adminplot.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const POLL_MS = 10000, ERRORS_SHOWN = 5;
/* A member of `metrics` may be a number, or an object with the number in it. */
export const figure = (v, ...names) => Number.isFinite(v) ? v : names.map(n => v?.[n]).find(Number.isFinite);
const perSecond = v => `${num(v, v < 10 ? 1 : 0)}/s`;
const cpu = v => percent(v > 1 ? v / 100 : v);

/* name, value of the event, how it is said, and above which it is too much. */
const PLOTS = [
	['rate', m => figure(m.requests?.rate), perSecond],
	['errors', m => figure(m.requests?.errors), v => num(v), 0],
	['responseTime', m => figure(m.performance?.responseTime), ms, 1000],
	['sockets', m => figure(m.sockets, 'connected', 'count', 'open') ?? figure(m.performance?.activeConnections), v => num(v)],
	['deliveries', m => figure(m.deliveries, 'rate', 'perSecond'), perSecond],
	['outbox', m => figure(m.outbox, 'depth'), v => num(v), 10000],
	['lag', m => figure(m.lag, 'total', 'kafka'), v => num(v), 1000],
	['cpu', m => figure(m.system?.cpu, 'usage', 'percent'), cpu],
	['memory', m => figure(m.system?.memory, 'used', 'rss', 'rssBytes', 'bytes'), bytes],
	['hitRate', m => figure(m.cache?.hitRate), v => percent(v)],
];
let plots = [], places = null, known = {};

/* 503 has the same body, and says what is down. */
async function health() {
	const answer = await fetch('/api/v1/health', { headers: { Accept: 'application/json' } });
	const body = await answer.json();
	if (!body.info)
		throw { code: body.error?.code, message: body.error?.message, status: answer.status };
	return body;
}

/* --- Drawing --- */

function alertItem({ level, text, section, arg }) {
	const el = make('li', {}, badge(words().alert.levels[level], level === 'critical' ? 'bad' : 'warn'), make('span', {}, text),
		link(words().alert.see(words().sections[section][0]), goTo(section, arg), `alert-${section}-${text}`));
	el.dataset.level = level;
	return el;
}

function drawAlerts() {
	const list = alertsOf({ ...known, live: latest() });
	refill(places.alerts, list.length ? panel(words().alert.title(num(list.length)), make('ul', { className: 'alerts' }, ...list.map(alertItem))) :
		make('p', { className: 'sheet all-well' }, badge('✓', 'good'), make('span', {}, known.health ? words().alert.none : words().alert.asking)));
}

const STORES = ['database', 'replica', 'redis', 'kafka'];

function store(name, s) {
	const up = s.status === 'up';
	const facts = [Number.isFinite(s.latencyMs) ? ms(s.latencyMs) : null, name === 'kafka' && up ? words().store.lag(num(s.lag ?? 0)) : null, s.error ?? s.message ?? null].filter(Boolean);
	const el = make('li', { className: 'sheet store' }, make('b', {}, words().store.names[name]), badge(up ? words().store.up : words().store.down, up ? 'good' : 'bad'),
		facts.length ? make('small', {}, facts.join(' · ')) : null);
	el.dataset.store = name;
	return el;
}

function drawStores() {
	const info = known.health?.data?.info;
	refill(places.stores, info ? make('ul', { className: 'stores' }, ...STORES.filter(n => info[n]).map(n => store(n, info[n]))) : null);
}

function drawErrors() {
	const list = known.errors?.data?.data ?? known.errors?.data;
	refill(places.errors, list ? panel(words().overview.errors, list.length ? make('ul', { className: 'plain' }, ...list.map(e => make('li', {}, moment(e.time), ' ', make('b', {}, e.service ?? ''), ' ', e.message))) :
		make('p', { className: 'note none' }, words().overview.noErrors), make('p', {}, link(words().overview.toLogs, 'logs'))) : null);
}

function drawFoot() {
	const h = known.health?.data;
	refill(places.foot, h?.version ? make('p', { className: 'note' }, words().overview.version(h.version, h.environment ?? '', lasting(h.uptime))) : null);
}

function drawLive() {
	const problem = liveProblem();
	places.live.hidden = !problem;
	places.live.textContent = problem ? words().overview.noLive(problem.code === 'NOT_FOUND' ? words().notOffered('subscribe-metrics') : problem.message ?? problem.code) : '';
	places.plots.hidden = Boolean(problem) && !latest();
	PLOTS.forEach(([, of], i) => {
		plots[i].draw(points(of));
		plots[i].el.hidden = of(latest() ?? {}) === undefined && latest() !== null;
	});
	drawAlerts();
}

export const overview = {
	id: 'overview', group: 'now', every: POLL_MS,
	enter(place) {
		known = {};
		plots = PLOTS.map(([name, , format, limit]) => new Plot(name, format, LIVE_MS, limit ?? null));
		places = Object.fromEntries(['alerts', 'stores', 'live', 'plots', 'errors', 'foot'].map(name => [name, make('div', { className: name })]));
		places.live.className = 'sheet warning';
		places.live.hidden = true;
		places.plots.append(...plots.map(p => p.el));
		place.append(...Object.values(places));
		followLive(drawLive);
		drawLive();
	},
	leave: () => unfollowLive(drawLive),
	load: () => each({ health: health(), kafka: get('/api/kafka/status'), processes: get('/api/v1/admin/processes'), settings: get('/api/v1/settings'),
		dead: get(query('/api/v1/admin/dead-letters', { limit: 1 })), jobs: get('/api/v1/admin/jobs'), errors: get(query('/api/v1/logs', { level: 'error', limit: ERRORS_SHOWN })) }),
	draw(place, data) {
		known = data;
		drawAlerts();
		drawStores();
		drawErrors();
		drawFoot();
	},
};
