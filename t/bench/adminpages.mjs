// adminpages.mjs -- what three open pages /admin.html do, and two events a second to a room: adminpages.mjs PORT REDIS_PORT TOKEN ROOM.
//
// Each page has a socket that follows `metrics`, and asks at the overview's pace for what the overview asks; it also follows the log, which
// an open page does only in the overview's place. "open" on standard input begins, "close" ends and says one line of JSON: { figures
// (events of `metrics`), requests, failed }. It says "ready" first. Ends with standard input.
import readline from 'node:readline';
import Redis from 'ioredis';
import { io } from 'socket.io-client';
import { publish, STATE } from '../lib/room.mjs';

const [port, redisPort, token, room] = process.argv.slice(-4), url = `http://127.0.0.1:${port}`;
const PAGES = 3, OVERVIEW_MS = 10000, LOG_MS = 3000, EVENT_MS = 500;
const OVERVIEW = ['/api/v1/health', '/api/kafka/status', '/api/v1/admin/processes', '/api/v1/settings', '/api/v1/admin/dead-letters?limit=1', '/api/v1/admin/jobs',
	'/api/v1/logs?level=error&limit=5'];
const LOG = ['/api/v1/logs?level=info&limit=200'];
const redis = new Redis({ host: '127.0.0.1', port: Number(redisPort) }), d = { redis: (...args) => redis.call(...args.map(String)) };
let pages = [], seen = null, number = 0;

async function ask(path) {
	const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
	await answer.arrayBuffer();
	seen.requests++;
	seen.failed += answer.status === 200 ? 0 : 1;
}

async function open(i) {
	const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token } });
	socket.on('metrics', () => seen.figures++);
	await new Promise((settle, fail) => socket.on('connect', settle).on('connect_error', fail));
	const { ok } = await socket.timeout(10000).emitWithAck('subscribe-metrics', {});
	if (!ok)
		throw new Error('subscribe-metrics was refused');
	const every = (ms, paths) => [setTimeout(() => paths.forEach(ask), ms * i / PAGES), setInterval(() => paths.forEach(ask), ms)];
	const timers = [...every(OVERVIEW_MS, OVERVIEW), ...every(LOG_MS, LOG)];
	return () => { timers.forEach(clearTimeout); socket.disconnect(); };
}

setInterval(() => publish(d, `analysis:${room}`, 'analysis-update', { number: ++number }, { kind: STATE }), EVENT_MS);
console.log('ready');
for await (const line of readline.createInterface({ input: process.stdin })) {
	if (line === 'open') {
		seen = { figures: 0, requests: 0, failed: 0 };
		pages = await Promise.all(Array.from({ length: PAGES }, (_, i) => open(i)));
		console.log('open');
	} else {
		pages.forEach((close) => close());
		console.log(JSON.stringify(seen));
	}
}
process.exit(0);
