#!/usr/bin/env t/lib/run
// 52-socket-wire.t -- the protocols on the wire: Engine.IO polling and upgrade by hand, WebSocket faults and close codes, and the
// plain JSON socket.
import http from 'node:http';
import { startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { update } from './lib/room.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';
import { closeCode, ends, openSocket } from './lib/wire.mjs';

const rawPort = await freePort();
const d = await startDure({ env: { WS_RAW_PORT: String(rawPort) } });
const engine = `${d.url}/socket.io/?EIO=4&transport=polling`;
const call = async (url, options) => {
	const a = await fetch(url, { signal: AbortSignal.timeout(10000), ...options });
	return { status: a.status, type: a.headers.get('content-type'), text: await a.text() };
};
const post = (sid, body) => call(`${engine}&sid=${sid}`, { method: 'POST', body });
const get = (sid) => call(`${engine}&sid=${sid}`);

async function openPolling() {
	const a = await call(engine);
	return JSON.parse(a.text.slice(1));
}

await test('polling', async () => {
	const a = await call(engine);
	is(a.status, 200, 'a polling handshake answers 200');
	const hello = JSON.parse(a.text.slice(1));
	ok(a.text[0] === '0' && hello.sid.length > 20, 'a polling handshake answers an open packet');
	deep([hello.upgrades, hello.pingInterval, hello.pingTimeout, hello.maxPayload], [['websocket'], 25000, 60000, 1000000],
		'the open packet has the documented settings');
	deep(await post(hello.sid, '40'), { status: 200, type: 'text/html', text: 'ok' }, 'a POST of packets answers ok');
	const first = await get(hello.sid);
	like(first.type, /^text\/plain; charset=UTF-8/i, 'polled packets are text');
	const [connect, connected] = first.text.split('\x1e');
	like(connect, /^40\{"sid":"[\w-]{20}","pid":"[\w-]{20}"\}$/, 'CONNECT joins the namespace');
	like(connected, /^42\["connected",\{"clientId":"/, 'the first events arrive in the same answer');
	const waits = get(hello.sid);
	await post(hello.sid, '42["ping",{"timestamp":1}]\x1e421["ping",{"timestamp":2}]');
	let text = (await waits).text;
	while (text.split('\x1e').length < 3)
		text += '\x1e' + (await get(hello.sid)).text;
	deep(text.split('\x1e'), ['42["pong",{"timestamp":1}]', '42["pong",{"timestamp":2}]', '431[{"timestamp":2}]'],
		'a request and an answer may have several packets');
	await post(hello.sid, '1');
	deep([(await get(hello.sid)).text, (await get(hello.sid)).status], ['6', 400], 'a closed session is unknown after one more answer');
});

await test('polling faults', async () => {
	const base = `${d.url}/socket.io/`;
	for (const [query, code] of [['', 0], ['?transport=abc&EIO=4', 0], ['?transport=polling&EIO=3', 5],
		['?transport=polling&EIO=4&sid=abc', 1]]) {
		const a = await call(base + query);
		is(`${a.status} ${JSON.parse(a.text).code}`, `400 ${code}`, `GET ${query} is refused`);
	}
	is(JSON.parse((await call(engine, { method: 'POST', body: '' })).text).code, 2, 'a handshake by POST is refused');
	let { sid } = await openPolling();
	is((await post(sid, 'abc')).status, 400, 'a malformed packet is refused');
	is((await get(sid)).status, 400, 'a malformed packet ends the session');
	({ sid } = await openPolling());
	is((await post(sid, '')).status, 400, 'an empty body is refused');
	({ sid } = await openPolling());
	is((await post(sid, `4${'x'.repeat(1000000)}`)).status, 413, 'a body over maxPayload answers 413');
	({ sid } = await openPolling());
	const two = await Promise.all([get(sid), get(sid)]);
	deep(two.map((a) => a.status).sort(), [200, 400], 'the second of two concurrent GETs is refused');
	is(two.find((a) => a.status === 200).text, '1', 'two concurrent GETs end the session');
});

await test('a GET whose client disconnects', async () => {
	const { sid } = await openPolling();
	const rq = http.get(`${engine}&sid=${sid}`);
	rq.on('error', () => {});
	rq.on('socket', (s) => s.on('connect', () => setTimeout(() => rq.destroy(), 100)));
	await until(async () => (await post(sid, '3')).status === 400, { every: 100, what: 'the session to end' });
	ok(true, 'a GET whose client disconnects ends the session');
});

await test('upgrade by hand', async () => {
	const { sid } = await openPolling();
	await post(sid, '40');
	await get(sid);
	const waits = get(sid);
	const w = openSocket(d, `/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
	await w.opened;
	w.send('2probe');
	is(await w.next(), '3probe', 'the probe of an upgrade is answered');
	is((await waits).text, '6', 'the waiting GET returns a noop');
	w.send('5');
	w.send('42["ping",{"timestamp":3}]');
	is(await w.next(), '42["pong",{"timestamp":3}]', 'the WebSocket is the transport after the upgrade');
	is((await get(sid)).status, 400, 'polling is refused after the upgrade');
	w.send('41');
	w.send('1');
	await ends(w);
	is((await get(sid)).status, 400, 'the session ends with the WebSocket');
});

await test('websocket', async () => {
	const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	const hello = JSON.parse((await w.next()).slice(1));
	deep(hello.upgrades, [], 'a session by WebSocket offers no upgrade');
	w.send('40{"lang":"ko"}');
	like(await w.next(), /^40\{"sid"/, 'CONNECT accepts a payload');
	await w.next();
	w.send('452-["binary",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
	w.send(Buffer.from([1, 2, 3]));
	w.send(Buffer.from([4]));
	w.send('429["ping",{"timestamp":4}]');
	is(await w.next(), '42["pong",{"timestamp":4}]', 'a binary event is read with its attachments');
	w.ping('abc');
	const [pong] = await new Promise((settle) => w.once('pong', (...a) => settle(a)));
	is(pong.toString(), 'abc', 'a ping frame is answered with a pong');
	w.close(3001, 'bye');
	is(await ends(w), 3001, 'a close frame is answered with its code');
});

await test('a namespace joined twice', async () => {
	const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	await w.next();
	w.send('40');
	const first = await w.next();
	like(await w.next(), /^42\["connected"/, 'a CONNECT sends the connected event once');
	w.send('40');
	is(await w.next(), first, 'a second CONNECT gets the answer of the first');
	w.send('421["ping"]');
	like(await w.next(), /^42\["pong"|^431/, 'a second CONNECT leaves the socket usable');
	w.close();
});

await test('protocol faults end the session', async () => {
	for (const [what, send] of [
		['an event before CONNECT', (w) => w.send('42["ping"]')],
		['text where an attachment must come', (w) => { w.send('451-["x",{}]'); w.send('42["ping"]'); }],
		['an attachment of nothing', (w) => w.send(Buffer.from('x'))],
		['an unknown packet type', (w) => w.send('49')],
		['an unknown Engine.IO type', (w) => w.send('x')],
		['an empty message', (w) => w.send('')],
		['an event of another shape', (w) => { w.send('40'); w.send('42{"a":1}'); }],
		['a reserved event', (w) => { w.send('40'); w.send('42["connect"]'); }],
		['malformed JSON', (w) => { w.send('40'); w.send('42["a"'); }],
		['a client that pings', (w) => w.send('2')],
	]) {
		const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
		await w.opened;
		send(w);
		ok(await ends(w), `${what} ends the session`);
	}
});

await test('frame faults', async () => {
	const key = [0, 0, 0, 0];
	for (const [what, code, bytes] of [
		['an unmasked frame', 1002, [0x81, 1, 0x33]],
		['a reserved bit', 1002, [0xc1, 0x81, ...key, 0x33]],
		['a reserved opcode', 1002, [0x83, 0x80, ...key]],
		['a fragmented ping', 1002, [0x09, 0x80, ...key]],
		['a continuation of nothing', 1002, [0x80, 0x80, ...key]],
		['text that is no UTF-8', 1007, [0x81, 0x82, ...key, 0x34, 0xff]],
		['a message of more than maxPayload', 1009, [0x82, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, ...key]],
		['half a close code', 1002, [0x88, 0x81, ...key, 3]],
	])
		is((await closeCode(d, '/socket.io/?EIO=4&transport=websocket', bytes)).code, code, `${what} is closed with ${code}`);
});

await test('plain JSON', async () => {
	const w = openSocket(d, '/ws');
	await w.opened;
	const ask = async (m) => { w.send(typeof m === 'string' ? m : JSON.stringify(m)); return JSON.parse(await w.next()); };
	const pong = await ask({ type: 'ping' });
	deep([pong.type, typeof pong.timestamp, Math.abs(Date.now() - pong.timestamp) < 60000], ['pong', 'number', true],
		'ping is answered with the time in milliseconds');
	is((await ask({ type: 'ping', timestamp: 17 })).timestamp, 17, "the plain socket returns the client's timestamp in a pong");
	deep(await ask({ type: 'subscribe', taskId: 't1' }), { type: 'subscribed', taskId: 't1' }, 'the plain socket acknowledges a subscription');
	await update(d, 't1', { progress: 5 });
	deep(JSON.parse(await w.next()), { type: 'analysis-update', requestId: 't1', progress: 5 }, 'the plain socket gets an update');
	const late = openSocket(d, '/ws');
	await late.opened;
	late.send('{"type":"subscribe","taskId":"t1"}');
	await late.next();
	is(JSON.parse(await late.next()).progress, 5, 'a late plain socket gets the last state');
	for (const bad of ['x', '[]', '{}', '{"type":"subscribe"}', '{"type":"dance"}', '{"type":"subscribe","taskId":7}'])
		is((await ask(bad)).type, 'error', `the plain socket answers an error to ${bad}`);
	deep(await ask({ type: 'unsubscribe', taskId: 't1' }), { type: 'unsubscribed', taskId: 't1' }, 'the plain socket acknowledges an unsubscription');
	await update(d, 't1', { progress: 6 });
	is((await ask({ type: 'ping' })).type, 'pong', 'an unsubscribed plain socket gets no update');
	is(JSON.parse(await late.next()).progress, 6, 'another plain socket still gets the update');
	w.send(Buffer.from('x'));
	is(await ends(w), 1008, 'the plain socket refuses binary data');
});

await test('a port of its own', async () => {
	const at = { url: `http://127.0.0.1:${rawPort}` };
	for (const path of ['', '/', '/ws', '/?user=7']) {
		const w = openSocket(at, path);
		await w.opened;
		w.send('{"type":"subscribe","taskId":"t2"}');
		deep(JSON.parse(await w.next()), { type: 'subscribed', taskId: 't2' }, `new WebSocket('ws://host:port${path}') subscribes`);
		await update(d, 't2', { progress: 5 });
		is(JSON.parse(await w.next()).progress, 5, `updates arrive at ws://host:port${path}`);
		w.close();
	}
	is((await call(at.url)).status, 426, 'a request without an upgrade answers 426');
	for (const path of ['/health', '/api/analyze/status/p', '/socket.io/?EIO=4&transport=polling', '/metrics'])
		is((await call(at.url + path)).status, 404, `the raw port answers 404 to ${path}`);
	const slow = openSocket(at, '/');		// the port stays open across an upgrade of every process
	await slow.opened;
	is(d.cli('upgrade').code, 0, 'dure upgrade succeeds');
	slow.send('{"type":"ping","timestamp":1}');
	is(JSON.parse(await slow.next()).timestamp, 1, 'an upgrade keeps the sockets of the raw port');
	const again = openSocket(at, '/');
	await again.opened;
	again.send('{"type":"ping","timestamp":2}');
	is(JSON.parse(await again.next()).timestamp, 2, 'the raw port accepts new sockets after an upgrade');
	again.close();
	slow.close();
});

await done();
