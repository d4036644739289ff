#!/usr/bin/env t/lib/run
// 53-socket-costs.t -- a client is charged for what it costs before it is spent: sessions, packets of every type, inflated bytes, unfinished
// messages; and one address leaves the others their part.
import net from 'node:net';
import zlib from 'node:zlib';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';
import { ends, frame, openSocket, poller } from './lib/wire.mjs';

const common = { ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1', RATE_LIMIT_ENABLED: 'true', TRUSTED_PROXIES: '127.0.0.1' };
const d = await startDure({ http: 1, env: { ...common, WS_CONNECTIONS_MAX: 40, WS_INPUT_RATE: 100000, WS_INPUT_BURST: 200000, WS_ADDRESS_HELD_BYTES: 2000000, WS_EVENTS_MAX: 100000, WS_REFUSAL_DELAY: 0 } });
const from = (ip) => ({ 'x-forwarded-for': ip });
const engine = '/socket.io/?EIO=4&transport=websocket';
const metric = async (name) => Number((await client(d.url).get('/metrics')).text.match(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)`, 'm'))?.[1] ?? 0);
const join = async (ip, options) => {
	const w = openSocket(d, engine, { headers: from(ip), ...options });
	await w.next();
	w.send('40');
	while (!(await w.next()).startsWith('40'));
	await w.next();		// "connected"
	return w;
};
const bomb = (bytes) => {	// a compressed text frame that inflates to so many
	const z = zlib.deflateRawSync(`42["ping","${'0'.repeat(bytes)}"]`, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
	return frame(0xc1, z.subarray(0, -4));
};

await test('sessions of one address', async () => {
	const greedy = poller(d, '/socket.io/', from('10.0.0.1')), other = poller(d, '/socket.io/', from('10.0.0.2'));
	const got = [];
	for (let i = 0; i < 60; i++)
		got.push((await greedy.call(greedy.engine)).status);
	deep([got.filter((s) => s === 200).length, got.filter((s) => s === 429).length], [20, 40], 'it has half of WS_CONNECTIONS_MAX, more are refused');
	is((await other.call(other.engine)).status, 200, 'another address comes in');
	const w = openSocket(d, engine, { headers: from('10.0.0.1') });
	is(await ends(w), 1013, 'a WebSocket of the first is told to come back later');
	ok(await metric('ws_drops_total{reason="address"}') >= 41, 'which is counted');
	(await join('10.0.0.3')).close();
});

await test('sessions of one address in several processes', async () => {
	const e = await startDure({ share: d, http: 1, ws: 2, env: { ...common, WS_ADDRESS_CONNECTIONS: 10, WS_REFUSAL_DELAY: 0 } });
	const greedy = poller(e, '/socket.io/', from('10.0.0.1')), got = [];
	for (let i = 0; i < 40; i++)
		got.push((await greedy.call(greedy.engine)).status);
	deep([got.filter((s) => s === 200).length, got.filter((s) => s === 429).length], [10, 30], 'all of them together grant it WS_ADDRESS_CONNECTIONS');
	await e.stop();
});

await test('refusals', async () => {
	const e = await startDure({ share: d, http: 1, env: { ...common, WS_ADDRESS_CONNECTIONS: 1, WS_REFUSAL_DELAY: 300 } });
	const greedy = net.connect(e.port, '127.0.0.1'), began = performance.now(), times = [];
	let seen = '';
	greedy.on('data', (c) => {
		seen += c.toString('latin1');
		while (times.length < [...seen.matchAll(/HTTP\/1.1 /g)].length)
			times.push(performance.now() - began);
	});
	greedy.write('GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n'.repeat(6));
	const other = poller(e, '/socket.io/', from('10.0.0.2'));
	is((await other.call(other.engine)).status, 200, 'another address comes in');
	await until(() => times.length === 6, { what: 'all answers' });
	deep([...seen.matchAll(/HTTP\/1.1 (\d+)/g)].map((m) => m[1]), ['200', '429', '429', '429', '429', '429'], 'one session, five refusals');
	ok(times[5] >= 5 * 300, 'a client that asks on at once waits WS_REFUSAL_DELAY for each');
	greedy.destroy();
	await e.stop();
});

await test('a process that is full', async () => {
	const kept = await join('10.0.3.0');
	for (let i = 0; i < 50; i++) {
		const p = poller(d, '/socket.io/', from(`10.0.4.${i}`));
		is((await p.call(p.engine)).status, 200, `session ${i} comes in`);
	}
	ok(await metric('ws_drops_total{reason="idle"}') >= 10, 'in the place of those that have joined nothing, oldest first');
	const idle = [];
	for (let i = 0; i < 50; i++)
		await (idle[i] = openSocket(d, engine, { headers: from(`10.0.10.${i}`) })).next();
	ok(true, 'and so does every WebSocket');
	idle.forEach((w) => w.terminate());
	kept.send('42["ping"]');
	ok((await kept.next()).startsWith('42["pong"'), 'one that has joined stays');
	kept.close();
});

await test('before a namespace was joined', async () => {
	const w = openSocket(d, engine, { headers: from('10.0.5.1') });
	await w.next();
	w._socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x01, 0x86, 0xa0, 0, 0, 0, 0]));
	is(await ends(w), 1009, 'no message of 100,000 bytes is awaited');
	const z = openSocket(d, engine, { headers: from('10.0.5.1'), perMessageDeflate: true });
	await z.next();
	z._socket.write(bomb(100000));
	is(await ends(z), 1009, 'nor inflated');
	const p = poller(d, '/socket.io/', from('10.0.5.1')), { sid } = await p.open();
	is((await p.post(sid, `4${'0'.repeat(100000)}`)).status, 413, 'nor polled');
	is(await ends(openSocket(d, '/ws', { headers: from('10.0.5.1') }).on('open', function () { this.send('0'.repeat(100000)); })), 1009, 'nor on /ws');
});

await test('inflated bytes', async () => {
	const w = await join('10.0.6.1', { perMessageDeflate: true });
	const before = await metric('ws_throttled_total');
	for (let i = 0; i < 40; i++)
		w._socket.write(bomb(90000));
	await until(async () => await metric('ws_throttled_total') > before, { what: 'the socket to be read no further' });
	const early = w.unread.length;
	between(early, 1, 10, 'some are handled, the rest waits unread', early);
	await until(() => w.unread.length > early, { ms: 20000, what: 'the next when it has paid' });
	ok(w.readyState === 1, 'it goes on, slowly');
	const other = await join('10.0.6.2');
	other.send('420["ping"]');
	while (!(await other.next()).startsWith('430['));
	ok(true, 'others are not held up');
	w.terminate();
	other.close();
});

await test('packets of every type', async () => {
	const w = await join('10.0.7.1');
	for (let i = 0; i < 300; i++)
		w.send(i % 2 ? '40' : '41');
	await sleep(500);
	const n = w.unread.filter((m) => m.startsWith('40')).length;
	between(n, 1, 30, 'coming and going is charged for', n);
	w.terminate();
	const p = poller(d, '/socket.io/', from('10.0.7.2')), { sid } = await p.open();
	await p.post(sid, '40');
	const codes = [];
	for (let i = 0; i < 8; i++)
		codes.push((await p.post(sid, Array(60).fill('42["x"]').join('\x1e'))).status);
	deep([codes[0], codes.at(-1)], [200, 429], 'polling hears 429 when it has spent its input');
	await until(async () => (await p.post(sid, '42["ping"]')).status === 200, { ms: 20000, what: 'polling to be taken again' });
	ok(true, 'and is taken again');
});

await test('unfinished messages', async () => {
	const held = Buffer.alloc(150000);
	const open = async (ip) => {
		const w = await join(ip);
		w._socket.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x0e, 0xa6, 0, 0, 0, 0, 0]));
		w._socket.write(held);
		return w;
	};
	const all = [];
	for (let i = 0; i < 16; i++)
		all.push(await open('10.0.8.1'));
	await until(() => all.some((w) => w.readyState === 3), { ms: 20000, what: 'those beyond WS_ADDRESS_HELD_BYTES to be closed' });
	ok(all.filter((w) => w.readyState === 1).length >= 10, 'the others of the address stay');
	const other = await open('10.0.8.2');
	await sleep(100);
	is(other.readyState, 1, 'another address holds its own');
	[...all, other].forEach((w) => w.terminate());
});

await test('strings that cannot be kept', async () => {
	const s = await ioConnect(d.url, { extraHeaders: from('10.0.9.1') });
	const answer = await s.ask('subscribe-analysis', 'half an emoji \ud83d');
	deep([answer.ok, answer.error.code], [false, 'MALFORMED_JSON'], 'half a surrogate pair is refused');
	is((await s.ask('subscribe-analysis', 'a\0b')).error.code, 'MALFORMED_JSON', 'and NUL');
	ok((await s.ask('ping')).timestamp, 'and the socket stays');
	s.disconnect();
});

await done();
