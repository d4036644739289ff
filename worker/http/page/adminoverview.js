// adminoverview.js -- how the service is: what needs attention first (adminalerts.js), the stores, and the figures of the last minutes.
//
// The figures come each second over the socket (adminlive.js); the stores and the rest are asked for every POLL_MS.
// See:    GET /api/v1/health, GET /api/kafka/status, GET /api/v1/admin/processes, GET /api/v1/settings, GET /api/v1/logs
import { alertsOf } from './adminalerts.js';
import { badge, bytes, each, get, goTo, lasting, link, moment, ms, panel, percent, query, refill } from './adminkit.js';
import { errorPoints, followLive, latest, liveProblem, points, unfollowLive } from './adminlive.js';
import { Plot } from './adminplot.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const POLL_MS = 10000, ERRORS_SHOWN = 5;
const perSecond = v => `${num(v, v < 10 ? 1 : 0)}/s`;

const count = v => num(v);

/* name, its points, how a value is said; above which it is too much, the unit of its scale. */
const PLOTS = [
	['rate', () => points(m => m.requests.rate), perSecond],
	['errors', errorPoints, count, { limit: 0 }],
	['responseTime', () => points(m => m.performance.responseTime), ms, { limit: 1000 }],
	['p95', () => points(m => m.performance.p95), ms, { limit: 1000 }],
	['connections', () => points(m => m.performance.activeConnections), count],
	['sockets', () => points(m => m.sockets), count],
	['deliveries', () => points(m => m.deliveries.rate), perSecond],
	['hitRate', () => points(m => m.cache.hitRate), v => percent(v)],
	['outbox', () => points(m => m.outbox.depth), count, { limit: 10000 }],
	['lag', () => points(m => m.lag), count, { limit: 1000 }],
	['cpu', () => points(m => m.system.cpu), v => percent(v / 100)],
	['memory', () => points(m => m.system.memory), bytes, { unit: 2 ** 20 }],
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
		section ? link(words().alert.see(words().sections[section][0]), goTo(section, arg), `alert-${section}-${text}`) : null);
	el.dataset.level = level;
	return el;
}

function drawAlerts() {
	const list = alertsOf({ ...known, live: latest(), errors: errorPoints().at(-1)?.v ?? 0 });
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
	const list = known.mistakes?.data?.data;
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
	places.host.textContent = latest() ? words().overview.ofHost(latest().host) : '';
	PLOTS.forEach(([, of], i) => plots[i].draw(of()));
	drawAlerts();
}

export const overview = {
	id: 'overview', group: 'now', every: POLL_MS,
	enter(place) {
		known = {};
		plots = PLOTS.map(([name, , format, options]) => new Plot(name, format, options));
		places = Object.fromEntries(['alerts', 'stores', 'live', 'host', 'plots', 'errors', 'foot'].map(name => [name, make('div', { className: name })]));
		places.live.className = 'sheet warning';
		places.live.hidden = true;
		places.host.className = 'note';
		places.plots.append(...plots.map(p => p.el));
		place.append(...Object.values(places));
		followLive(drawLive);
		drawLive();
	},
	leave: () => unfollowLive(drawLive),
	load: () => each({ health: health(), kafka: get('/api/kafka/status'), processes: get('/api/v1/admin/processes'), settings: get('/api/v1/settings'),
		dead: get(query('/api/v1/admin/dead-letters', { limit: 1 })), jobs: get('/api/v1/admin/jobs'), mistakes: get(query('/api/v1/logs', { level: 'error', limit: ERRORS_SHOWN })) }),
	draw(place, data) {
		known = data;
		drawAlerts();
		drawStores();
		drawErrors();
		drawFoot();
	},
};
