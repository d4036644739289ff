#!/usr/bin/env t/lib/run
// 20-http-connections.t -- connections: keep-alive, pipelining, too many, slow ones, half closed, upgraded, and closed when the
// server stops.
import crypto from 'node:crypto';
import net from 'node:net';
import { client, raw } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const MAX = 64;
const d = await startDure({ http: 1, env: { HTTP_CONNECTIONS_MAX: String(MAX), HTTP_CLIENT_CONNECTIONS_MAX: String(MAX), HTTP_IDLE_TIMEOUT_S: '2' } });
const web = client(d.url);
const get = (path, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

function connect(onData = () => {}) {
	const s = net.connect(d.port, '127.0.0.1');
	s.got = '';
	s.on('data', (c) => { s.got += c.toString('latin1'); onData(s); });
	s.on('error', () => {});
	s.gone = new Promise((settle) => s.on('close', () => settle(Date.now())));
	return s;
}

const answers = (text) => (text.match(/HTTP\/1\.1 \d{3} /g) ?? []).length;

await test('one connection, many requests', async () => {
	const s = connect();
	for (let i = 1; i <= 20; i++) {
		s.write(get(i % 2 ? '/api/v1/health/live' : '/api/analyze/status/none'));
		await until(() => answers(s.got) === i, { what: `answer ${i}` });
	}
	is(answers(s.got), 20, 'one connection serves twenty requests in turn, with and without a wait for the database');
	s.got = '';
	const paths = Array.from({ length: 60 }, (_, i) => (i % 3 ? `/api/analyze/status/p${i}` : `/nowhere/${i}`));
	s.write(paths.map((p, i) => get(p, `X-Request-Id: id${i}\r\n`)).join(''));
	await until(() => answers(s.got) === 60, { what: '60 pipelined answers' });
	deep([...s.got.matchAll(/^X-Request-Id: (\S+)/gm)].map((m) => m[1]), paths.map((_, i) => `id${i}`), 'sixty pipelined requests are answered in order');
	s.got = '';
	s.write('POST /api/kafka/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"q\r\n');
	for (const part of ['9;x', '="', 'y";z\r', '\nuery":"a"\r\n1;w\r\n}\r\n0;v\r\nX-Trailer: y\r\n\r\n' + get('/api/v1/health/live')]) {
		await sleep(100);
		s.write(part);
	}
	await until(() => answers(s.got) === 2, { what: 'a chunked request and the next' });
	like(s.got, /^HTTP\/1\.1 202/, 'a body in chunks is reassembled');
	s.destroy();
});

await test('the end of a connection', async () => {
	like(await raw(d.port, get('/api/v1/health/live', 'Connection: close\r\n')), /Connection: close/i, 'the server closes a connection when asked to');
	like(await raw(d.port, 'GET /api/v1/health/live HTTP/1.0\r\n\r\n'), /200 OK/, 'the server answers HTTP/1.0');
	const s = connect();
	s.end(get('/api/v1/health/live'));
	await s.gone;
	like(s.got, /^HTTP\/1\.1 200/, 'a client that half closes gets its answer');
	const began = Date.now(), silent = connect();
	silent.write(get('/api/v1/health/live'));
	between(await silent.gone - began, 1500, 6000, 'a silent connection is closed after HTTP_IDLE_TIMEOUT_S');
});

await test('slow input', async () => {
	const began = Date.now(), s = connect();
	const timer = setInterval(() => s.write('x'), 300);
	s.write('GET / HTTP/1.1\r\nX-Slow: ');
	setTimeout(() => clearInterval(timer), 15000).unref();
	await web.get('/api/v1/health/live');
	const idle = connect();
	const drip = setInterval(() => idle.write('\r\n'), 300);
	between(await idle.gone - began, 0, 10000, 'a connection that sends only empty lines is closed');
	clearInterval(drip);
	clearInterval(timer);
	s.destroy();
});

await test('too many', async () => {
	const all = Array.from({ length: MAX + 20 }, () => connect());
	all.forEach((s) => s.write(get('/api/v1/health/live')));
	await until(() => all.filter((s) => s.got).length >= MAX - 8, { what: 'the connections that fit' });
	ok(all.filter((s) => s.got).length <= MAX, 'the server serves no more than HTTP_CONNECTIONS_MAX connections at once');
	all.slice(0, MAX).forEach((s) => s.destroy());
	await until(() => all.slice(MAX).every((s) => s.got), { what: 'the others, once there is room' });
	ok(true, 'waiting connections are served when others close');
	all.forEach((s) => s.destroy());
	await until(async () => (await web.get('/api/v1/health/live')).status === 200);
});

await test('upgrades', async () => {
	const key = 'dGhlIHNhbXBsZSBub25jZQ==';
	const shake = (headers, path = '/ws') => raw(d.port,
		get(path, `Connection: Upgrade\r\nUpgrade: websocket\r\n${headers}`), { quietMs: 500 });
	const good = await shake(`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`);
	like(good, /^HTTP\/1\.1 101 /, 'a WebSocket handshake answers 101');
	like(good, /^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r$/mi, 'a WebSocket handshake returns the accept key of RFC 6455');
	ok(!/^Sec-WebSocket-Extensions/mi.test(good), 'the server accepts no extension that was not offered');
	const old = await shake(`Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: ${key}\r\n`);
	like(old, /^HTTP\/1\.1 426 /, 'another WebSocket version answers 426');
	like(old, /^Sec-WebSocket-Version: 13\r$/mi, 'a 426 names the supported WebSocket version');
	for (const bad of ['', 'Sec-WebSocket-Key: short\r\n', `Sec-WebSocket-Key: ${'!'.repeat(22)}==\r\n`])
		like(await shake(`Sec-WebSocket-Version: 13\r\n${bad}`), /^HTTP\/1\.1 400 /, `a bad WebSocket key answers 400: ${bad.trim() || 'none'}`);
	like(await raw(d.port, get('/ws')), /^HTTP\/1\.1 426 /, 'GET /ws without an upgrade answers 426');
	like(await shake(`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`, '/health'), /^HTTP\/1\.1 200 /, 'an upgrade on another path is ignored');
	// A frame sent together with the handshake must reach the socket's new owner: a masked ping is answered by a pong.
	const mask = crypto.randomBytes(4), data = Buffer.from('hi').map((b, i) => b ^ mask[i]);
	const early = await raw(d.port, Buffer.concat([
		Buffer.from(get('/ws', `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`)),
		Buffer.from([0x89, 0x82]), mask, data]), { quietMs: 800 });
	like(early, /\x8a\x02hi/, 'a frame sent together with the handshake reaches the fanout process');
	// On connections of their own: one that was kept is closed by the server about now.
	const poll = await raw(d.port, get('/socket.io/?EIO=4&transport=polling', 'Connection: close\r\n'));
	like(poll, /\r\n\r\n0\{"sid":"1/, 'long polling is relayed, and the session id names its owner');
	like(poll, /^x-content-type-options: nosniff\r$/mi, 'relayed answers have the usual security headers');
	like(await raw(d.port, get('/socket.io/?EIO=4&transport=polling&sid=1none', 'Connection: close\r\n')), /^HTTP\/1\.1 400 /, 'a refusal of the fanout process is relayed');
});

await test('stopping', async () => {
	const idle = connect(), busy = connect();
	idle.write(get('/api/v1/health/live'));
	await until(() => answers(idle.got) === 1);
	const body = Buffer.from(Array.from({ length: 200 }, (_, i) => JSON.stringify({ id: `z${i}`, text: `마지막 ${i}` })).join('\n'));
	busy.write(`POST /api/products/last/reviews HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length}\r\n\r\n`);
	busy.write(body.subarray(0, 1000));
	await sleep(200);
	const stopped = d.stop();
	await sleep(500);
	busy.write(body.subarray(1000));
	await until(() => answers(busy.got) === 1, { what: 'the answer of the request under way' });
	like(busy.got, /"accepted":200/, 'a request under way is finished when the server stops');
	like(busy.got, /^Connection: close/mi, 'the connection of the last request is closed');
	const end = await stopped;
	is(end.code, 0, 'the server exits with status 0');
	between(end.ms, 0, 10000, 'the server stops within 10 s');
	deep(end.left, [], 'the server leaves no process');
});

await done();
