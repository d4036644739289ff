// adminlive.js -- the figures of every second, over the socket's event `metrics`: asked for while somebody looks, kept for the plots.
import { Channels } from './channels.js';
import { accessToken } from './session.js';

const LIVE_MS = 300000;		// kept
const POINTS_MAX = 400, MINUTE_MS = 60000;
const line = new Channels(['/'], accessToken);
const history = [];			/* [{t, m}], oldest first */
const listeners = new Set();
let problem = null;

export const points = of => history.map(({ t, m }) => ({ t, v: of(m) }));
export const latest = () => history.at(-1)?.m ?? null;
/* How many errors there were within a minute before each point: the event has their sum since the start. */
export function errorPoints() {
	let from = 0;
	return history.map(({ t, m }) => {
		while (t - history[from].t > MINUTE_MS)
			from++;
		return { t, v: Math.max(0, m.requests.errors - history[from].m.requests.errors) };
	});
}

/* Why there are none: the server's {code, message}; null: there are, or they are awaited. */
export const liveProblem = () => problem;
export const liveState = () => line.state;

function tell() {
	listeners.forEach(fn => fn());
}

function take(m) {
	const now = Date.now();
	problem = null;
	history.push({ t: now, m });
	while (history.length > POINTS_MAX || now - history[0].t > LIVE_MS)
		history.shift();
	tell();
}

function subscribe() {
	line.hold('/', 'subscribe-metrics', {}, () => {}, why => {
		problem = why;
		tell();
	});
}

function unsubscribe() {
	line.release('/', 'subscribe-metrics');
	line.emit('/', 'unsubscribe-metrics', {}).catch(() => {});
}

const follow = () => listeners.size > 0 && !document.hidden;
let following = false;

function settle() {
	if (follow() === following)
		return;
	following = !following;
	if (following)
		subscribe();
	else
		unsubscribe();
}

/* fn() each time that there are new figures, or none for a reason; ends with unfollowLive(fn). */
export function followLive(fn) {
	listeners.add(fn);
	settle();
}

export function unfollowLive(fn) {
	listeners.delete(fn);
	settle();
}

export const renewLive = token => line.renew(token);

export function startLive() {
	line.start();
}

export function stopLive() {
	line.stop();
	history.length = 0;
}

/* state(): the connection has changed. */
export function initLive(state) {
	line.on('', 'state', state);
	line.on('/', 'metrics', take);
	document.addEventListener('visibilitychange', settle);
}
