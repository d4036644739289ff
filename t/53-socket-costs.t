#!/usr/bin/env t/lib/run
// 53-socket-costs.t -- limits on what a client costs, checked before the cost arises: sessions, packets of every type, inflated bytes,
// incomplete messages; and one address leaves room for the others.
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
	deep([got.filter((s) => s === 200).length, got.filter((s) => s === 429).length], [20, 40], 'one address gets half of WS_CONNECTIONS_MAX and 429 beyond');
	is((await other.call(other.engine)).status, 200, 'another address connects beside a full one');
	const w = openSocket(d, engine, { headers: from('10.0.0.1') });
	is(await ends(w), 1013, 'a WebSocket of a full address is closed with 1013');
	ok(await metric('ws_drops_total{reason="address"}') >= 41, 'ws_drops_total counts refusals by address');
	(await join('10.0.0.3')).close();
});

await test('sessions of one address in several processes', async () => {
	const e = await startDure({ share: d, http: 1, ws: 2, env: { ...common, WS_ADDRESS_CONNECTIONS: 10, WS_REFUSAL_DELAY: 0 } });
	const greedy = poller(e, '/socket.io/', from('10.0.0.1')), got = [];
	for (let i = 0; i < 40; i++)
		got.push((await greedy.call(greedy.engine)).status);
	deep([got.filter((s) => s === 200).length, got.filter((s) => s === 429).length], [10, 30], 'several processes together grant an address WS_ADDRESS_CONNECTIONS');
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
	is((await other.call(other.engine)).status, 200, 'another address connects while refusals are delayed');
	await until(() => times.length === 6, { what: 'all answers' });
	deep([...seen.matchAll(/HTTP\/1.1 (\d+)/g)].map((m) => m[1]), ['200', '429', '429', '429', '429', '429'], 'one address gets one session and five refusals');
	ok(times[5] >= 5 * 300, 'each pipelined refusal is delayed by WS_REFUSAL_DELAY');
	greedy.destroy();
	await e.stop();
});

await test('a process that is full', async () => {
	const kept = await join('10.0.3.0');
	for (let i = 0; i < 50; i++) {
		const p = poller(d, '/socket.io/', from(`10.0.4.${i}`));
		is((await p.call(p.engine)).status, 200, `session ${i} of a full process connects`);
	}
	ok(await metric('ws_drops_total{reason="idle"}') >= 10, 'new sessions replace the oldest that joined no namespace');
	const idle = [];
	for (let i = 0; i < 50; i++)
		await (idle[i] = openSocket(d, engine, { headers: from(`10.0.10.${i}`) })).next();
	ok(true, 'every WebSocket connects to a full process');
	idle.forEach((w) => w.terminate());
	kept.send('42["ping"]');
	ok((await kept.next()).startsWith('42["pong"'), 'a session that joined a namespace is kept');
	kept.close();
});

await test('before a namespace is joined', async () => {
	const w = openSocket(d, engine, { headers: from('10.0.5.1') });
	await w.next();
	w._socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x01, 0x86, 0xa0, 0, 0, 0, 0]));
	is(await ends(w), 1009, 'a message of 100,000 bytes is refused before CONNECT');
	const z = openSocket(d, engine, { headers: from('10.0.5.1'), perMessageDeflate: true });
	await z.next();
	z._socket.write(bomb(100000));
	is(await ends(z), 1009, 'a message that inflates to 100,000 bytes is refused before CONNECT');
	const p = poller(d, '/socket.io/', from('10.0.5.1')), { sid } = await p.open();
	is((await p.post(sid, `4${'0'.repeat(100000)}`)).status, 413, 'a polled message of 100,000 bytes is refused before CONNECT');
	is(await ends(openSocket(d, '/ws', { headers: from('10.0.5.1') }).on('open', function () { this.send('0'.repeat(100000)); })), 1009, 'a message of 100,000 bytes is refused on /ws');
});

await test('inflated bytes', async () => {
	const w = await join('10.0.6.1', { perMessageDeflate: true });
	const before = await metric('ws_throttled_total');
	for (let i = 0; i < 40; i++)
		w._socket.write(bomb(90000));
	await until(async () => await metric('ws_throttled_total') > before, { what: 'the socket to be read no further' });
	const early = w.unread.length;
	between(early, 1, 10, 'some compressed messages are handled, the rest waits unread', early);
	await until(() => w.unread.length > early, { ms: 20000, what: 'the next when it has paid' });
	ok(w.readyState === 1, 'the socket continues at WS_INPUT_RATE');
	const other = await join('10.0.6.2');
	other.send('420["ping"]');
	while (!(await other.next()).startsWith('430['));
	ok(true, 'other sockets are not delayed');
	w.terminate();
	other.close();
});

await test('packets of every type', async () => {
	const w = await join('10.0.7.1');
	for (let i = 0; i < 300; i++)
		w.send(i % 2 ? '40' : '41');
	await sleep(500);
	const n = w.unread.filter((m) => m.startsWith('40')).length;
	between(n, 1, 30, 'CONNECT and DISCONNECT packets are throttled', n);
	w.terminate();
	const p = poller(d, '/socket.io/', from('10.0.7.2')), { sid } = await p.open();
	await p.post(sid, '40');
	const codes = [];
	for (let i = 0; i < 8; i++)
		codes.push((await p.post(sid, Array(60).fill('42["x"]').join('\x1e'))).status);
	deep([codes[0], codes.at(-1)], [200, 429], 'polling answers 429 when its input budget is spent');
	await until(async () => (await p.post(sid, '42["ping"]')).status === 200, { ms: 20000, what: 'polling to be taken again' });
	ok(true, 'polling is accepted again when the budget has grown');
});

await test('incomplete messages', async () => {
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
	ok(all.filter((w) => w.readyState === 1).length >= 10, 'an address keeps incomplete messages within WS_ADDRESS_HELD_BYTES');
	const other = await open('10.0.8.2');
	await sleep(100);
	is(other.readyState, 1, 'another address keeps its own incomplete message');
	[...all, other].forEach((w) => w.terminate());
});

await test('invalid strings', async () => {
	const s = await ioConnect(d.url, { extraHeaders: from('10.0.9.1') });
	const answer = await s.ask('subscribe-analysis', 'half an emoji \ud83d');
	deep([answer.ok, answer.error.code], [false, 'MALFORMED_JSON'], 'half a surrogate pair is refused');
	is((await s.ask('subscribe-analysis', 'a\0b')).error.code, 'MALFORMED_JSON', 'a NUL character is refused');
	ok((await s.ask('ping')).timestamp, 'the socket stays connected after invalid strings');
	s.disconnect();
});

await done();
