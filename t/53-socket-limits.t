#!/usr/bin/env t/lib/run
// 53-socket-limits.t -- limits of a socket: events, rooms, connections, unread bytes, silence, foreign origins; and the notice to every client
// when the server stops.
import net from 'node:net';
import WebSocket from 'ws';
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { STATE, publish, update } from './lib/room.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until, within } from './lib/until.mjs';
import { ends, openSocket } from './lib/wire.mjs';

const d = await startDure({ env: {
	WS_EVENTS_MAX: 20, WS_ROOMS_MAX: 3, WS_CONNECTIONS_MAX: 12, WS_ADDRESS_CONNECTIONS: 13, WS_QUEUE_BYTES: 65536, CORS_ORIGINS: 'http://good.example',
	WS_MAX_PAYLOAD: 20000, RATE_LIMIT_ENABLED: 'true',
} });
const socketUrl = `${d.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
const end = (w) => within(10000, 'the end of the socket', new Promise((settle) => w.once('close', settle)));
const free = (s) => { s.disconnect(); return until(() => !s.connected); };

await test('events', async () => {
	const s = await ioConnect(d.url);
	const answers = await Promise.all([...Array(25)].map(() => s.ask('ping')));
	is(answers.filter((a) => a.timestamp).length, 20, 'WS_EVENTS_MAX events are handled');
	const refused = answers.filter((a) => a.ok === false);
	is(refused.length, 5, 'events over WS_EVENTS_MAX are refused');
	is(refused[0].error.code, 'RATE_LIMITED', 'the refusal has the code RATE_LIMITED');
	between(refused[0].retryAfter, 1, 10, 'the refusal has the seconds to wait');
	s.emit('ping');
	is((await s.next('error'))[0].code, 'RATE_LIMITED', 'a refusal without a callback is an error event');
	ok(s.connected, 'the socket stays connected after refusals');
	await free(s);
});

await test('rooms', async () => {
	const s = await ioConnect(d.url);
	for (const id of ['1', '2', '3'])
		await s.ask('subscribe-analysis', id);
	is((await s.ask('subscribe-analysis', '4')).error?.code, 'RATE_LIMITED', 'a room over WS_ROOMS_MAX is refused');
	ok((await s.ask('subscribe-analysis', '3')).ok, 'a room joined already is not refused');
	await s.ask('unsubscribe-analysis', '1');
	ok((await s.ask('subscribe-analysis', '4')).ok, 'a room is accepted after another was left');
	await free(s);
});

await test('origins', async () => {
	for (const [origin, pass] of [['http://good.example', true], ['http://evil.example', false], [d.url, true], [undefined, true]]) {
		const w = new WebSocket(socketUrl, { origin });
		w.on('error', () => {});
		const first = await within(5000, 'an answer', new Promise((settle) => {
			w.once('message', () => settle('open'));
			w.once('close', settle);
		}));
		is(first, pass ? 'open' : 1008, `a page of ${origin} ${pass ? 'may' : 'may not'} connect`);
		w.terminate();
	}
	const a = await fetch(`${d.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: 'http://evil.example' } });
	is(a.status, 403, 'polling refuses a foreign origin');
});

await test('silence', async () => {
	const quick = await startDure({ share: d, env: { WS_PING_INTERVAL: 400, WS_PING_TIMEOUT: 3000, WS_CONNECT_TIMEOUT: 500,
		KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off' } });
	const quickUrl = quick.url.replace('http', 'ws'), engineUrl = `${quickUrl}/socket.io/?EIO=4&transport=websocket`;
	const w = new WebSocket(engineUrl);
	const began = Date.now();
	await end(w);
	ok(Date.now() - began >= 300, 'a session that joins no namespace is closed, but not at once');
	const mute = new WebSocket(engineUrl);
	const got = [];
	mute.on('message', (m) => got.push(m.toString()));
	await new Promise((settle) => mute.once('open', settle));
	mute.send('40');
	await end(mute);
	is(got.at(-1), '2', 'a client that does not answer the ping is closed');
	const alive = await ioConnect(quick.url);
	await sleep(1600);
	ok(alive.connected, 'a client that answers pings stays connected');
	await free(alive);
	const plain = new WebSocket(`${quickUrl}/ws`);
	await new Promise((settle) => plain.once('ping', settle));
	await sleep(1200);
	is(plain.readyState, WebSocket.OPEN, 'a plain socket is pinged by frames');
	plain.terminate();
});

await test('connections', async () => {
	const all = [];
	for (let i = 0; i < 12; i++)
		all.push(await ioConnect(d.url));
	const w = new WebSocket(socketUrl);
	is(await end(w), 1013, 'a WebSocket over WS_CONNECTIONS_MAX is closed with 1013');
	const a = await fetch(`${d.url}/socket.io/?EIO=4&transport=polling`);
	is(a.status, 503, 'polling over WS_CONNECTIONS_MAX answers 503');
	await Promise.all(all.map(free));
	await until(async () => {
		const v = new WebSocket(socketUrl);
		v.on('error', () => {});
		const first = await new Promise((settle) => { v.once('message', () => settle(true)); v.once('close', () => settle(false)); });
		v.terminate();
		return first;
	}, { every: 100 });
	ok(true, 'a client connects when others have left');
});

// A member of a room over a bare connection, which then reads nothing.
async function stuckMember(room) {
	const { hostname, port } = new URL(d.url);
	const c = net.connect(port, hostname);
	c.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
		'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
	const frame = (text) => Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
	let got = '';
	c.on('data', (more) => { got += more; });
	await until(() => got.includes('"sid"'));
	c.write(Buffer.concat([frame('40'), frame(`420["subscribe-analysis","${room}"]`)]));
	await until(() => got.includes('430['));
	c.removeAllListeners('data');
	c.pause();
	c.on('error', () => {});
	return c;
}

await test('a reader that stops', async () => {
	const reader = await ioConnect(d.url);
	await reader.ask('subscribe-analysis', 'big');
	const c = await stuckMember('big');
	const message = 'x'.repeat(15000);
	for (let i = 0; i < 600; i++) {		// more than the kernel buffers, and each only when the reader has the last
		await publish(d, 'analysis:big', 'search-results', { n: i, message }, { kind: STATE });
		await reader.next('search-results', (p) => p.n === i);
	}
	is(reader.all('search-results').length, 600, 'the other members get every event');
	c.resume();
	await within(10000, 'the slow one to be dropped', new Promise((settle) => c.once('close', settle)));
	ok(true, 'a slow reader is dropped');
	await free(reader);
});

await test('language', async () => {
	const s = await ioConnect(d.url, { extraHeaders: { 'accept-language': 'en-GB,en;q=0.8' } });
	is((await s.ask('join-user-room', 'u')).error.message, 'Authentication is required.', 'Accept-Language of the handshake selects English');
	await free(s);
});

await test('shutdown', async () => {
	const s = await ioConnect(d.url), poller = await ioConnect(d.url, { transports: ['polling'] });
	const w = new WebSocket(socketUrl);
	await new Promise((settle) => w.once('message', settle));
	const gone = [s, poller].map((x) => new Promise((settle) => x.once('disconnect', settle)));
	const plain = openSocket(d, '/ws');
	await plain.opened;
	const told = [s, poller].map((x) => x.next('server:shutdown'));
	const code = end(w);
	const stopped = d.stop();
	is(await code, 1001, 'a WebSocket is closed with 1001 when the server stops');
	is(await ends(plain), 1001, 'a plain socket is closed with 1001 when the server stops');
	const notices = [...(await Promise.all(told)).flat(), JSON.parse(await plain.next())];
	const delays = notices.map((n) => n.reconnectInMs);
	deep(notices.map((n) => n.reason), Array(3).fill('shutdown'), 'every client gets server:shutdown before it is closed');
	is(new Set(delays).size, 3, 'every client gets a reconnect delay of its own', delays.join());
	const reasons = await within(10000, 'both to be told', Promise.all(gone));
	ok(reasons.every((r) => /transport/.test(r)), 'a client sees a lost transport, so that it reconnects', reasons.join());
	const { code: exit, ms } = await stopped;
	deep([exit, ms < 28000], [0, true], 'the server stops before its limit of 30 s');
});

await done();
