#!/usr/bin/env t/lib/run
// 52-socket-wire.t -- the protocols as they are on the wire: Engine.IO polling and upgrade by hand, WebSocket faults and close codes, the
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
	is(a.status, 200, 'a handshake');
	const hello = JSON.parse(a.text.slice(1));
	ok(a.text[0] === '0' && hello.sid.length > 20, 'is answered by an open packet');
	deep([hello.upgrades, hello.pingInterval, hello.pingTimeout, hello.maxPayload], [['websocket'], 25000, 60000, 1000000],
		'with the settings of the contract');
	deep(await post(hello.sid, '40'), { status: 200, type: 'text/html', text: 'ok' }, 'a POST is answered ok');
	const first = await get(hello.sid);
	like(first.type, /^text\/plain; charset=UTF-8/i, 'packets are text');
	const [connect, connected] = first.text.split('\x1e');
	like(connect, /^40\{"sid":"[\w-]{20}","pid":"[\w-]{20}"\}$/, 'the namespace is joined');
	like(connected, /^42\["connected",\{"clientId":"/, 'in one answer with what follows');
	const waits = get(hello.sid);
	await post(hello.sid, '42["ping",{"timestamp":1}]\x1e421["ping",{"timestamp":2}]');
	let text = (await waits).text;
	while (text.split('\x1e').length < 3)
		text += '\x1e' + (await get(hello.sid)).text;
	deep(text.split('\x1e'), ['42["pong",{"timestamp":1}]', '42["pong",{"timestamp":2}]', '431[{"timestamp":2}]'],
		'several packets a request, both ways');
	await post(hello.sid, '1');
	deep([(await get(hello.sid)).text, (await get(hello.sid)).status], ['6', 400], 'a closed session is unknown, after a request that was on its way');
});

await test('polling faults', async () => {
	const base = `${d.url}/socket.io/`;
	for (const [query, code] of [['', 0], ['?transport=abc&EIO=4', 0], ['?transport=polling&EIO=3', 5],
		['?transport=polling&EIO=4&sid=abc', 1]]) {
		const a = await call(base + query);
		is(`${a.status} ${JSON.parse(a.text).code}`, `400 ${code}`, `GET ${query} is refused`);
	}
	is(JSON.parse((await call(engine, { method: 'POST', body: '' })).text).code, 2, 'a handshake is a GET');
	let { sid } = await openPolling();
	is((await post(sid, 'abc')).status, 400, 'what is no packet is refused');
	is((await get(sid)).status, 400, 'and ends the session');
	({ sid } = await openPolling());
	is((await post(sid, '')).status, 400, 'an empty body too');
	({ sid } = await openPolling());
	is((await post(sid, `4${'x'.repeat(1000000)}`)).status, 413, 'too large a body too');
	({ sid } = await openPolling());
	const two = await Promise.all([get(sid), get(sid)]);
	deep(two.map((a) => a.status).sort(), [200, 400], 'two GETs at once');
	is(two.find((a) => a.status === 200).text, '1', 'end the session');
});

await test('a GET whose client goes away ends the session', async () => {
	const { sid } = await openPolling();
	const rq = http.get(`${engine}&sid=${sid}`);
	rq.on('error', () => {});
	rq.on('socket', (s) => s.on('connect', () => setTimeout(() => rq.destroy(), 100)));
	await until(async () => (await post(sid, '3')).status === 400, { every: 100, what: 'the session to end' });
	ok(true, 'it does');
});

await test('upgrade by hand', async () => {
	const { sid } = await openPolling();
	await post(sid, '40');
	await get(sid);
	const waits = get(sid);
	const w = openSocket(d, `/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
	await w.opened;
	w.send('2probe');
	is(await w.next(), '3probe', 'the probe is answered');
	is((await waits).text, '6', 'and the waiting GET returns with a noop');
	w.send('5');
	w.send('42["ping",{"timestamp":3}]');
	is(await w.next(), '42["pong",{"timestamp":3}]', 'then the WebSocket is the transport');
	is((await get(sid)).status, 400, 'and polling is over');
	w.send('41');
	w.send('1');
	await ends(w);
	is((await get(sid)).status, 400, 'the session ends with it');
});

await test('websocket', async () => {
	const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	const hello = JSON.parse((await w.next()).slice(1));
	deep(hello.upgrades, [], 'nothing to upgrade to');
	w.send('40{"lang":"ko"}');
	like(await w.next(), /^40\{"sid"/, 'connect with a payload');
	await w.next();
	w.send('452-["binary",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
	w.send(Buffer.from([1, 2, 3]));
	w.send(Buffer.from([4]));
	w.send('429["ping",{"timestamp":4}]');
	is(await w.next(), '42["pong",{"timestamp":4}]', 'binary events are read whole');
	w.ping('abc');
	const [pong] = await new Promise((settle) => w.once('pong', (...a) => settle(a)));
	is(pong.toString(), 'abc', 'a ping frame is answered');
	w.close(3001, 'bye');
	is(await ends(w), 3001, 'a close is answered with its code');
});

await test('a namespace joined twice', async () => {
	const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	await w.next();
	w.send('40');
	const first = await w.next();
	like(await w.next(), /^42\["connected"/, 'is connected once');
	w.send('40');
	is(await w.next(), first, 'and the second CONNECT is answered as the first, by the same socket');
	w.send('421["ping"]');
	like(await w.next(), /^42\["pong"|^431/, 'which goes on');
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
		ok(await ends(w), what);
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
	is((await ask({ type: 'ping', timestamp: 17 })).timestamp, 17, 'or with the client\'s own');
	deep(await ask({ type: 'subscribe', taskId: 't1' }), { type: 'subscribed', taskId: 't1' }, 'subscribe');
	await update(d, 't1', { progress: 5 });
	deep(JSON.parse(await w.next()), { type: 'analysis-update', requestId: 't1', progress: 5 }, 'an update');
	const late = openSocket(d, '/ws');
	await late.opened;
	late.send('{"type":"subscribe","taskId":"t1"}');
	await late.next();
	is(JSON.parse(await late.next()).progress, 5, 'a late one gets the last state');
	for (const bad of ['x', '[]', '{}', '{"type":"subscribe"}', '{"type":"dance"}', '{"type":"subscribe","taskId":7}'])
		is((await ask(bad)).type, 'error', `${bad} is an error`);
	deep(await ask({ type: 'unsubscribe', taskId: 't1' }), { type: 'unsubscribed', taskId: 't1' }, 'unsubscribe');
	await update(d, 't1', { progress: 6 });
	is((await ask({ type: 'ping' })).type, 'pong', 'ends the updates');
	is(JSON.parse(await late.next()).progress, 6, 'of this one only');
	w.send(Buffer.from('x'));
	is(await ends(w), 1008, 'binary data is refused');
});

await test('a port of its own', async () => {
	const at = { url: `http://127.0.0.1:${rawPort}` };
	for (const path of ['', '/', '/ws', '/?user=7']) {
		const w = openSocket(at, path);
		await w.opened;
		w.send('{"type":"subscribe","taskId":"t2"}');
		deep(JSON.parse(await w.next()), { type: 'subscribed', taskId: 't2' }, `new WebSocket('ws://host:port${path}')`);
		await update(d, 't2', { progress: 5 });
		is(JSON.parse(await w.next()).progress, 5, 'updates arrive');
		w.close();
	}
	is((await call(at.url)).status, 426, 'without an upgrade it says what to do');
	for (const path of ['/health', '/api/analyze/status/p', '/socket.io/?EIO=4&transport=polling', '/metrics'])
		is((await call(at.url + path)).status, 404, `nothing else is there: ${path}`);
	const slow = openSocket(at, '/');		// over the reload of every process the port stays
	await slow.opened;
	is(d.cli('upgrade').code, 0, 'an upgrade');
	slow.send('{"type":"ping","timestamp":1}');
	is(JSON.parse(await slow.next()).timestamp, 1, 'keeps its sockets');
	const again = openSocket(at, '/');
	await again.opened;
	again.send('{"type":"ping","timestamp":2}');
	is(JSON.parse(await again.next()).timestamp, 2, 'and takes new ones');
	again.close();
	slow.close();
});

await done();
