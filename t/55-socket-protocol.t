#!/usr/bin/env t/lib/run
// 55-socket-protocol.t -- what the protocol documents of Engine.IO and Socket.IO require of a server, with the handlers that their
// test suites expect (WS_PROTOCOL_TEST); then binary data both ways, requests by the server, and polling from other origins.
import { ioConnect } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until, within } from './lib/until.mjs';
import { ends, handshake, openSocket, poller } from './lib/wire.mjs';

const d = await startDure({ env: { WS_PROTOCOL_TEST: 'true', WS_PING_INTERVAL: 20000, WS_PING_TIMEOUT: 15000, WS_MAX_PAYLOAD: 1000000,
	CORS_ORIGINS: 'http://good.example' } });
const quick = await startDure({ share: d, env: { WS_PROTOCOL_TEST: 'true', WS_PING_INTERVAL: 300, WS_PING_TIMEOUT: 2000,
	WS_CONNECT_TIMEOUT: 1500, KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off' } });
const socketPath = (base, more = '') => `${base}?EIO=4&transport=websocket${more}`;
const engine = (more, on = d) => openSocket(on, socketPath('/engine.io/', more));
const hello = async (w) => JSON.parse((await w.next()).slice(1));

// The next message that is no ping.
async function news(w) {
	for (;;) {
		const m = await w.next();
		if (m !== '2')
			return m;
		w.send('3');
	}
}

async function joined(path = '', auth = '') {
	const w = openSocket(d, socketPath('/socket.io/'));
	await w.next();
	w.send(`40${path}${auth}`);
	w.connect = await news(w);
	w.auth = await news(w);
	return w;
}

for (const base of ['/engine.io/', '/socket.io/']) await test(`${base}: handshake`, async () => {
	const p = poller(d, base);
	const a = await p.call(p.engine);
	is(a.status, 200, `${base}: polling opens a session`);
	const want = { upgrades: ['websocket'], pingInterval: 20000, pingTimeout: 15000, maxPayload: 1000000 };
	const { sid, ...rest } = JSON.parse(a.text.slice(1));
	deep([a.text[0], typeof sid, rest], ['0', 'string', want], `${base}: the open packet has exactly the documented members`);
	const w = openSocket(d, socketPath(base));
	const { sid: other, ...alike } = await hello(w);
	deep([typeof other, alike], ['string', { ...want, upgrades: [] }], `${base}: a WebSocket gets an open packet without upgrades`);
	w.close();
	for (const query of ['?transport=polling', '?EIO=abc&transport=polling', '?EIO=4', '?EIO=4&transport=abc']) {
		is((await p.call(`${d.url}${base}${query}`)).status, 400, `${base}${query} is refused`);
		ok(await ends(openSocket(d, `${base}${query.replace('polling', 'websocket')}`)), `${base}${query} is refused over a WebSocket`);
	}
	for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
		is((await p.call(p.engine, { method })).status, 400, `${base}: ${method} opens no session`);
});

await test('messages over polling', async () => {
	const p = poller(d, '/engine.io/');
	const { sid } = await p.open();
	for (const [what, body] of [['one packet', '4hello'], ['several', '4test1\x1e4test2\x1e4test3'],
		['text and binary', '4hello\x1ebAQIDBA=='], ['text of all kinds', '4한글 \u{1f600} \\ "x"\n']]) {
		deep((await p.post(sid, body)).text, 'ok', `${what}: the request is answered ok`);
		is((await p.get(sid)).text, body, `${what}: the packets come back unchanged`);
	}
	for (const broken of ['bAQID\n', 'bAQ\r\nID\r\n', 'b AQ\tID']) {
		is((await p.post(sid, broken)).text, 'ok', `base64 with white space is accepted: ${JSON.stringify(broken)}`);
		is((await p.get(sid)).text, 'bAQID', `base64 is returned without white space: ${JSON.stringify(broken)}`);
	}
	const torn = await p.open();
	is((await p.post(torn.sid, 'bAQ\x0bID')).status, 400, 'another character in base64 is refused');
	is((await p.post(sid, 'abc')).status, 400, 'a malformed packet is refused');
	is((await p.get(sid)).status, 400, 'a malformed packet ends the session');
	const twice = await p.open();
	const two = await Promise.all([p.get(twice.sid), sleep(20).then(() => p.get(twice.sid, '&t=2'))]);
	deep(two.map((a) => a.status), [200, 400], 'the second of two concurrent requests is refused');
	is(two[0].text, '1', 'the first of two concurrent requests gets a close packet');
	is((await p.get(twice.sid)).status, 400, 'two concurrent requests end the session');
});

await test('messages over a WebSocket', async () => {
	const w = engine();
	await w.next();
	w.send('4hello');
	is(await news(w), '4hello', 'text comes back over a WebSocket');
	w.send(Buffer.from([1, 2, 3, 4]));
	deep([...await news(w)], [1, 2, 3, 4], 'binary data comes back over a WebSocket');
	w.send('abc');
	ok(await ends(w), 'a malformed packet over a WebSocket ends the session');
});

await test('heartbeat', async () => {
	const p = poller(quick, '/engine.io/'), { sid } = await p.open();
	const w = engine('', quick);
	await w.next();
	for (let i = 0; i < 3; i++) {
		is((await p.get(sid)).text, '2', 'a polling client is pinged');
		is((await p.post(sid, '3')).status, 200, 'the pong of a polling client is accepted');
		is(await w.next(), '2', 'a WebSocket is pinged');
		w.send('3');
	}
	const mute = await p.open(), dumb = engine('', quick);
	ok(await ends(dumb), 'a WebSocket that does not answer a ping is closed');
	await until(async () => (await p.get(mute.sid)).status === 400, { what: 'the end of the session' });
	ok(true, 'a polling session that does not answer a ping ends');
});

await test('close', async () => {
	const p = poller(d, '/engine.io/'), { sid } = await p.open();
	const waits = p.get(sid);
	await sleep(20);
	is((await p.post(sid, '1')).status, 200, 'a polling client may end its session');
	deep([(await waits).status, (await waits).text], [200, '6'], 'the waiting request returns a noop');
	is((await p.get(sid)).status, 400, 'the session is unknown after its end');
	for (const request of ['4hello\x1e1', '1']) {	// its GET may come behind its POST: by another connection, worker or host
		const late = await p.open();
		is((await p.post(late.sid, request)).status, 200, `the close by ${JSON.stringify(request)} is accepted`);
		deep([(await p.get(late.sid)).text, (await p.get(late.sid)).status], ['6', 400], `a request after the close by ${JSON.stringify(request)} returns a noop, once`);
	}
	const w = engine();
	await w.next();
	w.send('1');
	ok(await ends(w), 'a client may end its session over a WebSocket');
});

await test('upgrade', async () => {
	const p = poller(d, '/engine.io/'), { sid } = await p.open();
	const w = engine(`&sid=${sid}`);
	await w.opened;
	w.send('2probe');
	is(await w.next(), '3probe', 'a probe is answered');
	is((await p.get(sid)).text, '6', 'a polling request returns a noop after the probe');
	w.send('5');
	w.send('4hello');
	is(await news(w), '4hello', 'the WebSocket carries the session after the upgrade');
	is((await p.get(sid)).status, 400, 'polling is refused after the upgrade');
	ok(await ends(engine(`&sid=${sid}`)), 'a second WebSocket for the session is refused');
	for (let i = 0; i < 20; i++) {
		const again = await p.open(), v = engine(`&sid=${again.sid}`);
		await v.opened;
		v.send('2probe');
		v.send('5');
		const { status } = await p.get(again.sid);
		if (status !== 400)
			is(status, 400, 'a WebSocket that upgraded without a wait wins over a later request');
		v.close();
	}
	w.send('4still');
	is(await news(w), '4still', 'other sessions do not disturb the upgraded one');
	w.close();
});

await test('connect', async () => {
	for (const [path, auth] of [['', ''], ['', '{"token":"123"}'], ['/custom,', ''], ['/custom,', '{"token":"abc"}']]) {
		const w = await joined(path, auth);
		const { sid, ...rest } = JSON.parse(w.connect.slice(2 + path.length));
		deep([w.connect.startsWith(`40${path}{`), typeof sid, rest], [true, 'string', {}], `40${path}${auth} is answered with only a sid`);
		is(w.auth, `42${path}["auth",${auth || '{}'}]`, `40${path}${auth}: the handler gets the auth payload`);
		w.close();
	}
	const w = openSocket(d, socketPath('/socket.io/'));
	await w.next();
	w.send('40/random');
	is(await news(w), '44/random,{"message":"Invalid namespace"}', 'an unknown namespace is refused');
	w.send('4abc');
	ok(await ends(w), 'a malformed packet ends the session');
	for (const bad of ['40"text"', '40[1]', '40{', '41']) {
		const v = openSocket(d, socketPath('/socket.io/'));
		await v.next();
		v.send(bad);
		ok(await ends(v), `${bad} ends the session`);
	}
});

await test('a session without a namespace', async () => {
	const w = openSocket(quick, socketPath('/socket.io/'));
	const pings = setInterval(() => w.readyState === 1 && w.send('3'), 100);
	ok(await ends(w), 'a session that joins no namespace is closed, though it answers pings');
	clearInterval(pings);
});

await test('disconnect', async () => {
	const w = await joined();
	w.send('40/custom');
	like(await news(w), /^40\/custom,/, 'a second namespace is joined');
	await news(w);
	w.send('41/custom');
	w.send('42["message","to the main one"]');
	is(await news(w), '42["message-back","to the main one"]', 'leaving one namespace keeps the first');
	w.send('41');
	w.send('40');
	like(await news(w), /^40\{"sid"/, 'the last namespace may be left and joined again');
});

await test('events', async () => {
	const w = await joined();
	w.send('42["message",1,"2",{"3":[true]}]');
	is(await news(w), '42["message-back",1,"2",{"3":[true]}]', 'arguments of all kinds come back');
	w.send('42456["message-with-ack",1,"2",{"3":[false]}]');
	is(await news(w), '43456[1,"2",{"3":[false]}]', 'an acknowledgement has arguments of all kinds');
	w.send('42789["message-with-ack"]');
	is(await news(w), '43789[]', 'an acknowledgement may have no arguments');
	const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
	for (const [sent, got] of [[`452-["message",${two}]`, `452-["message-back",${two}]`],
		[`452-789["message-with-ack",${two}]`, `462-789[${two}]`]]) {
		w.send(sent);
		w.send(Buffer.from([1, 2, 3]));
		w.send(Buffer.from([4, 5, 6]));
		deep([await news(w), [...await news(w)], [...await news(w)]], [got, [1, 2, 3], [4, 5, 6]], `${sent.slice(0, 30)} comes back with its attachments`);
	}
	for (const bad of ['4abc', '42{}', '42abc["message-with-ack",1]', '43["no id"]', '431{}', '45["x"]', '41{}', '44{}',
		'451-["message",{"_placeholder":true,"num":1}]']) {
		const v = await joined();
		v.send(bad);
		v.send(Buffer.from('x'));
		ok(await ends(v), `${bad} ends the session`);
	}
});

for (const [way, transports] of Object.entries({ websocket: ['websocket'], polling: ['polling'] })) await test(`binary with the client over ${way}`, async () => {
	const s = await ioConnect(d.url, { transports });
	const blob = Buffer.from([0, 255, 1, 254]), big = Buffer.alloc(100000, 7);
	s.emit('message', { deep: [blob] }, 'text', big);
	const [a, b, c] = await s.next('message-back');
	ok(blob.equals(a.deep[0]) && b === 'text' && big.equals(c), `${way}: attachments come back in place`);
	const back = await s.ask('message-with-ack', blob, 5);
	ok(blob.equals(back), `${way}: an acknowledgement has its attachment`);
	s.on('question', (x, answer) => answer({ you: x, bytes: blob }, 'second'));
	s.emit('ask-me', { n: 1 });
	const [first, second] = await s.next('answer');
	ok(first.you.n === 1 && blob.equals(first.bytes) && second === 'second', `${way}: the server's request is answered with attachments`);
	s.off('question');
	is((await s.ask('ask-me', 1)).error?.code, 'TIMEOUT', `${way}: an unanswered request of the server times out`);
	is(await s.ask('message-with-ack', 'after'), 'after', `${way}: the socket continues after a timeout`);
	s.disconnect();
});

await test('a socket that disconnects during a request of the server', async () => {
	const s = await ioConnect(d.url);
	s.on('question', () => s.disconnect());
	s.emit('ask-me', 1);
	await within(5000, 'the end', new Promise((settle) => s.once('disconnect', settle)));
	const t = await ioConnect(d.url);
	is(await t.ask('message-with-ack', 1), 1, 'a socket that disconnects during a request does not harm others');
	t.disconnect();
});

await test('polling from other origins', async () => {
	const ask = (origin, options = {}) => fetch(`${d.url}/socket.io/?EIO=4&transport=polling`, { ...options, headers: { origin, ...options.headers } });
	const good = await ask('http://good.example');
	deep([good.status, good.headers.get('access-control-allow-origin'), good.headers.get('access-control-allow-credentials')],
		[200, 'http://good.example', 'true'], 'a listed origin may poll with credentials');
	like(good.headers.get('vary'), /origin/i, 'Vary names the origin');
	const evil = await ask('http://evil.example');
	deep([evil.status, evil.headers.get('access-control-allow-origin')], [403, null], 'a foreign origin may not poll');
	const flight = await ask('http://good.example', { method: 'OPTIONS',
		headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' } });
	is(flight.status, 204, 'a preflight answers 204');
	like(flight.headers.get('access-control-allow-methods'), /POST/, 'a preflight lists the methods');
	like(flight.headers.get('access-control-allow-headers'), /authorization/i, 'a preflight lists the headers');
	is(flight.headers.get('access-control-allow-credentials'), 'true', 'a preflight allows credentials');
	const none = await ask('http://evil.example', { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });
	is(none.headers.get('access-control-allow-origin'), null, 'a preflight of a foreign origin is not allowed');
});

await test('the size of a request', async () => {
	const p = poller(d, '/engine.io/'), { sid } = await p.open();
	is((await p.post(sid, `4${'x'.repeat(999999)}`)).status, 200, 'a body of maxPayload is accepted');
	const { sid: other } = await p.open();
	is((await p.post(other, `4${'x'.repeat(1000000)}`)).status, 413, 'a body over maxPayload answers 413');
});

// Without WS_PROTOCOL_TEST.
const plain = await startDure({ env: { WS_ALLOW_UPGRADES: 'false' } });

await test('WS_PROTOCOL_TEST off', async () => {
	is((await handshake(plain, '/echo')).status, 404, '/echo answers 404 without WS_PROTOCOL_TEST');
	is((await handshake(plain, socketPath('/engine.io/'))).status, 404, '/engine.io answers 404 without WS_PROTOCOL_TEST');
	is((await fetch(`${plain.url}/engine.io/?EIO=4&transport=polling`)).status, 404, '/engine.io answers polling 404 without WS_PROTOCOL_TEST');
	const s = await ioConnect(plain.url);
	is((await s.ask('message-with-ack', 1)).error?.code, 'NOT_FOUND', 'the test events are unknown without WS_PROTOCOL_TEST');
	s.disconnect();
	const bad = await ioConnect(`${plain.url}/custom`, { wait: false });
	is((await new Promise((settle) => bad.once('connect_error', settle))).message, 'Invalid namespace', 'the test namespace is unknown without WS_PROTOCOL_TEST');
	const out = plain.cli('config', 'check');
	is(out.code, 0, 'config check accepts the configuration');
	const refused = runCli({ ...plain.env, NODE_ENV: 'production', CORS_ORIGINS: 'http://a.example',
		WS_PROTOCOL_TEST: 'true' }, 'config', 'check');
	ok(refused.code !== 0 && /WS_PROTOCOL_TEST/.test(refused.stdout + refused.stderr), 'config check refuses WS_PROTOCOL_TEST in production');
});

await test('WS_ALLOW_UPGRADES off', async () => {
	const p = poller(plain);
	const { sid, upgrades } = await p.open();
	deep(upgrades, [], 'WS_ALLOW_UPGRADES=false offers no upgrade');
	ok(await ends(openSocket(plain, socketPath('/socket.io/', `&sid=${sid}`))), 'WS_ALLOW_UPGRADES=false refuses an upgrade');
	is((await p.post(sid, '40')).status, 200, 'a session continues after a refused upgrade');
});

await done();
