// visitors.mjs -- 200 sockets and 64 readers that behave, each with an address of its own: visitors.mjs PORT PATH.
//
// For each line "MS" on standard input they ping (each socket five times a second), read PATH (each reader twenty times a second) and connect
// anew (four a second) for so long, at their pace whatever the answers do, and then say one line of JSON: { ping, read, connect }, each
// { rate (answers a second), p99 (ms; what is not answered took all the time), failed }. It says "ready" first. Ends with standard input.
import http from 'node:http';
import readline from 'node:readline';
import { io } from 'socket.io-client';

const [port, path] = process.argv.slice(-2), url = `http://127.0.0.1:${port}`;
const SOCKETS = 200, READERS = 64, PING_MS = 200, READ_MS = 50, CONNECT_MS = 250;
const from = (kind, i) => ({ 'X-Forwarded-For': `10.${kind}.0.${i}` });
const options = { transports: ['websocket'], forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 500 };
const sleep = (ms) => new Promise((settle) => setTimeout(settle, ms));
const agents = Array.from({ length: READERS }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));

const sockets = [];
for (let i = 0; i < SOCKETS; i++) {
	sockets.push(io(url, { ...options, extraHeaders: from(1, i) }));
	if (i % 20 === 19)
		await sleep(50);
}
while (!sockets.every((s) => s.connected))
	await sleep(50);

const ping = (s) => new Promise((settle, fail) => s.connected ? s.timeout(10000).emit('ping', { timestamp: 1 }, (e) => e ? fail(e) : settle()) : fail(new Error('away')));
const read = (agent, i) => new Promise((settle, fail) => http.get({ port, path, host: '127.0.0.1', agent, timeout: 10000, headers: from(2, i) }, (r) => {
	r.resume();
	r.on('end', () => r.statusCode === 200 ? settle() : fail(new Error(r.statusCode)));
}).on('error', fail).on('timeout', function late() { this.destroy(new Error('late')); }));
const connect = () => new Promise((settle, fail) => {
	const s = io(url, { ...options, reconnection: false, timeout: 10000, extraHeaders: from(3, 1) });
	s.on('connect', () => { s.disconnect(); settle(); });
	s.on('connect_error', (e) => { s.disconnect(); fail(e); });
});

// Do it at this pace until `end`; one that is not back in time is not repeated until it is.
async function pace(list, everyMs, act, end, seen) {
	await Promise.all(list.map(async (who, i) => {
		let due = performance.now() + everyMs * i / list.length;
		for (; due < end; due = Math.max(due + everyMs, performance.now())) {
			await sleep(Math.max(0, due - performance.now()));
			const began = performance.now();
			try {
				await Promise.race([act(who, i), sleep(end - began + 1).then(() => { throw new Error('not in time'); })]);
				seen.took.push(performance.now() - began);
			} catch {
				seen.failed++;
				seen.took.push(performance.now() - began);
				seen.lost++;
				await sleep(20);
			}
		}
	}));
}

async function measure(ms) {
	const end = performance.now() + ms, of = () => ({ took: [], failed: 0, lost: 0 }), seen = { ping: of(), read: of(), connect: of() };
	await Promise.all([pace(sockets, PING_MS, ping, end, seen.ping), pace(agents, READ_MS, read, end, seen.read), pace([0], CONNECT_MS, connect, end, seen.connect)]);
	return Object.fromEntries(Object.entries(seen).map(([what, { took, failed }]) => {
		took.sort((a, b) => a - b);
		return [what, { rate: (took.length - failed) * 1000 / ms, p99: took[Math.min(took.length - 1, Math.floor(took.length * 0.99))] ?? ms, failed }];
	}));
}

console.log('ready');
for await (const line of readline.createInterface({ input: process.stdin }))
	console.log(JSON.stringify(await measure(Number(line))));
process.exit(0);
