#!/usr/bin/env t/lib/run
// 20-http-early.t -- a client without access is refused before its body is read, and no client exceeds its share: connections, incomplete
// bodies, imports, buffered bytes, time, and answers that are not read.
import fs from 'node:fs';
import net from 'node:net';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, slower, until } from './lib/until.mjs';

const d = await startDure({ http: 1, env: { ANALYZER: 'off', TRUSTED_PROXIES: '127.0.0.1', HTTP_CLIENT_BODIES_MAX: '4', HTTP_CLIENT_STREAMS_MAX: '2',
	HTTP_CLIENT_BODY_BYTES: '100000', HTTP_SWALLOW_BYTES: '5000', HTTP_HEAD_TIMEOUT_S: '2', HTTP_BODY_RATE_MIN: '1000', HTTP_ANSWER_RATE_MIN: '5000', RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_MAX: '20' } });
const web = client(d.url);

function connect(text, { localAddress = '127.0.0.1', port = d.port } = {}) {
	const s = net.connect({ port, host: '127.0.0.1', localAddress }, () => text && s.write(text));
	s.got = '';
	s.over = false;
	s.on('data', (c) => { s.got += c.toString('latin1'); });
	s.on('error', () => {});
	s.on('end', () => { s.over = true; });
	s.on('close', () => { s.over = true; });
	s.answers = () => [...s.got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1]));
	return s;
}
const head = (path, ip, fields) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-For: ${ip}\r\n${fields}\r\n`;
const closed = (path, n, ip) => head(path, ip, `Content-Length: ${n}\r\n`);
const chunked = (path, ip) => head(path, ip, 'Transfer-Encoding: chunked\r\n');
const answered = (s, n = 1) => until(() => s.answers().length >= n, { what: `answer ${n}`, ms: 5000 });
const refusals = async (budget) => Number((await (await fetch(`${d.url}/metrics`)).text()).match(new RegExp(`^http_client_refusals_total\\{budget="${budget}"\\} (\\d+)`, 'm'))?.[1] ?? 0);
const text = (n) => JSON.stringify({ productId: 'p1' }).padEnd(n);

await test('a large body without authentication', async () => {
	const s = connect(closed('/api/v1/api-keys', 900000, '10.1.0.1'));
	await answered(s);
	deep(s.answers(), [401], 'a large body without authentication is answered 401 on the head alone');
	like(s.got, /^Connection: close\r$/mi, 'the refusal closes the connection');
	const bearer = connect(head('/api/v1/api-keys', '10.1.0.2', 'Authorization: Bearer none\r\nContent-Length: 900000\r\n'));
	await answered(bearer);
	deep(bearer.answers(), [401], 'a large body with a bad token is answered 401 on the head alone');
	const c = connect(chunked('/api/v1/api-keys', '10.1.0.3') + '1770\r\n' + 'x'.repeat(6000));
	await answered(c);
	deep(c.answers(), [401], 'chunks over HTTP_SWALLOW_BYTES without authentication are answered 401');
	await until(() => c.over && s.over && bearer.over, { what: 'the ends' });
});

await test('a small body without authentication', async () => {
	const s = connect(closed('/api/v1/api-keys', 900, '10.1.0.4'));
	await sleep(100);
	s.write('x'.repeat(400));
	await sleep(100);
	s.write('x'.repeat(500));
	await answered(s);
	deep(s.answers(), [401], 'a small body without authentication is answered 401 after its end');
	s.write('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n');
	await answered(s, 2);
	deep(s.answers(), [401, 200], 'the connection of a small refused body is kept');
	s.write(chunked('/api/v1/api-keys', '10.1.0.4') + '3\r\nabc\r\n');
	await sleep(100);
	s.write('0\r\n\r\nGET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n');
	await answered(s, 4);
	deep(s.answers().slice(2), [401, 200], 'the connection of a small refused body in chunks is kept');
	s.destroy();
});

await test('the rate limit', async () => {
	for (let i = 0; i < 20; i++)
		await web.get('/api/analyze/status/none', { headers: { 'x-forwarded-for': '10.1.1.1' } });
	const s = connect(closed('/api/analyze', 900000, '10.1.1.1'));
	await answered(s);
	deep(s.answers(), [429], 'a client over its rate limit is answered 429 on the head');
	like(s.got, /^Retry-After: \d+\r$/mi, 'a 429 has Retry-After');
	const csrf = connect(closed('/api/analyze', 900000, '10.1.1.2'));
	await sleep(200);
	deep(csrf.answers(), [], 'the body of a client within its rate limit is awaited');
	csrf.destroy();
	s.destroy();
});

await test('an admitted request', async () => {
	const body = text(3000), s = connect(closed('/api/analyze', body.length, '10.1.2.1'));
	for (let at = 0; at < body.length; at += 1000) {
		await sleep(100);
		s.write(body.slice(at, at + 1000));
	}
	await answered(s);
	deep(s.answers(), [200], 'an admitted body may arrive in parts');
	like(s.got, /^X-RateLimit-Remaining: 19\r$/mi, 'a request in parts counts once towards the rate limit');
	s.write(chunked('/api/analyze', '10.1.2.1') + '2\r\n{}\r\n');
	await sleep(50);
	s.write('0\r\n\r\n');
	await answered(s, 2);
	is(s.answers()[1], 400, 'an invalid body is answered 400 after its end');
	const big = connect(chunked('/api/analyze', '10.1.2.2'));
	await sleep(50);
	const pour = setInterval(() => big.write(`4000\r\n${' '.repeat(16384)}\r\n`), 5);
	await answered(big);
	clearInterval(pour);
	ok([413, 429].includes(big.answers()[0]), `an endless body is refused (${big.answers()})`);
	await until(() => big.over, { what: 'its end' });
	const gone = connect(closed('/api/analyze', 3000, '10.1.2.3'));
	await sleep(100);
	gone.resetAndDestroy();
	is((await web.get('/api/v1/health/live')).status, 200, 'a client that resets its connection in a body does not harm others');
	s.destroy();
});

await test('incomplete bodies', async () => {
	const four = Array.from({ length: 4 }, () => connect(closed('/api/analyze', 900, '10.1.3.1')));
	await sleep(300);
	const fifth = connect(closed('/api/analyze', 900, '10.1.3.1'));
	await answered(fifth);
	deep([fifth.answers(), await refusals('bodies')], [[429], 1], "a client's fifth incomplete body is refused and counted");
	const whole = connect(closed('/api/analyze', 20, '10.1.3.1') + '{"productId": "p2" }');	// in one write, as not every client does
	await answered(whole);
	deep(whole.answers(), [200], 'a body that arrives with its head is not limited');
	const other = connect(closed('/api/analyze', text(900).length, '10.1.3.2'));
	await sleep(50);
	other.write(text(900));
	await answered(other);
	deep(other.answers(), [200], "another client's body is not limited");
	four.forEach((s) => s.destroy());
	await until(async () => {
		const s = connect(closed('/api/analyze', text(900).length, '10.1.3.1'));
		await sleep(50);
		s.write(text(900));
		await answered(s);
		s.destroy();
		return s.answers()[0] === 200;
	}, { what: 'room again' });
	ok(true, 'a client may send again when its bodies have ended');
	other.destroy();
});

await test('bytes', async () => {
	const two = [0, 1].map(() => connect(closed('/api/analyze', 90000, '10.1.4.1')));
	await sleep(100);
	two[0].write(text(80000));
	await sleep(300);
	two[1].write('x'.repeat(80000));
	await answered(two[1]);
	two[0].write(' '.repeat(10000));
	await answered(two[0]);
	deep(two.map((s) => s.answers()).flat(), [200, 429], 'two bodies of one client may not exceed HTTP_CLIENT_BODY_BYTES together');
	ok(await refusals('bytes') >= 1, 'a refusal over HTTP_CLIENT_BODY_BYTES is counted');
	two.forEach((s) => s.destroy());
});

await test('imports', async () => {
	const line = `${JSON.stringify({ id: 'r1', text: 'good' })}\n`;
	const open = () => connect(head('/api/products/p1/reviews', '10.1.5.1', `Content-Length: ${line.length * 2}\r\n`).replace('json', 'x-ndjson') + line);
	const two = [open(), open()];
	await sleep(300);
	const third = open();
	await answered(third);
	deep([third.answers(), await refusals('streams')], [[429], 1], "a client's third import is refused and counted");
	two.forEach((s) => s.write(line));
	await Promise.all(two.map((s) => answered(s)));
	deep(two.map((s) => s.answers()[0]), [200, 200], 'the first two imports are finished');
	[...two, third].forEach((s) => s.destroy());
});

await test('slow senders', async () => {
	const began = Date.now(), drip = connect('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n'), body = connect(closed('/api/analyze', 100000, '10.1.6.1'));
	const timer = setInterval(() => { drip.write('X: y\r\n'); body.write('x'); }, 100);
	await until(() => drip.over, { what: 'the end of the slow head', ms: 8000 });
	between(Date.now() - began, 1900, 6000 * slower, 'a head that takes longer than HTTP_HEAD_TIMEOUT_S closes the connection');
	await until(() => body.over, { what: 'the end of the slow body', ms: 15000 });
	between(Date.now() - began, 4900, 14000 * slower, 'a body slower than HTTP_BODY_RATE_MIN closes the connection');
	clearInterval(timer);
	deep([await refusals('slow_head'), await refusals('slow_body')], [1, 1], 'the slow head and the slow body are counted');
	is((await web.get('/api/v1/health/live')).status, 200, 'slow senders do not harm other clients');
});

await test('slow imports', async () => {
	const line = `${JSON.stringify({ id: 'r1', text: 'good' })}\n`;
	const open = () => connect(head('/api/products/p1/reviews', '10.1.7.1', 'Content-Length: 10000000\r\n').replace('json', 'x-ndjson') + line);
	const slow = open(), steady = open(), began = Date.now();
	const timer = setInterval(() => { slow.write(' '); steady.write(' '.repeat(5000)); }, 100);
	await until(() => slow.over, { what: 'the end of the slow import', ms: 15000 });
	clearInterval(timer);
	between(Date.now() - began, 4900, 14000 * slower, 'an import slower than HTTP_BODY_RATE_MIN closes the connection');
	deep([steady.over, await refusals('slow_import')], [false, 1], 'a slow import is counted, and an import that keeps the rate continues');
	steady.destroy();
});

await test('slow readers', async () => {
	const get = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n', length = Number((await fetch(`${d.url}/openapi.json`)).headers.get('content-length'));
	const ask = () => connect(get.repeat(Math.ceil(40e6 / length)));
	const stalled = ask(), slow = ask(), steady = ask(), began = Date.now();
	const taken = new Map([[stalled, 0], [slow, 20], [steady, 40000]]);
	for (const s of taken.keys())
		s.removeAllListeners('data').pause();
	// What the system holds of answers to clients whose own buffers are full, by the lines of /proc/net/tcp: local address, peer, state, queues.
	const unsent = () => fs.readFileSync('/proc/net/tcp', 'latin1').split('\n').map((line) => line.trim().split(/\s+/))
		.filter((f) => f[1]?.endsWith(`:${d.port.toString(16).toUpperCase().padStart(4, '0')}`) && f[3] === '01').map((f) => parseInt(f[4], 16));
	await until(() => Math.max(...unsent()) > 50000, { what: 'the buffers to be full' });
	await sleep(500);
	between(Math.max(...unsent()), 50000, 400000, 'the kernel holds at most HTTP_UNSENT_BYTES and one write of an unread answer');
	const timer = setInterval(() => taken.forEach((n, s) => { if (n > 0) s.read(Math.min(n, s.readableLength)); }), 100);
	await until(async () => await refusals('slow_answer') === 2, { what: 'both that read slowly to be counted', ms: 20000 });
	between(Date.now() - began, 4900, 18000 * slower, 'an answer read slower than HTTP_ANSWER_RATE_MIN is counted');
	clearInterval(timer);
	[...taken.keys()].forEach((s) => s.on('data', () => {}).resume());
	await until(() => stalled.over && slow.over, { what: 'their ends' });
	await sleep(100);
	ok(!steady.over, "a slow reader's connection is closed, and one that keeps the rate continues");
	steady.destroy();
});

await test('connections', async () => {
	const e = await startDure({ share: d, http: 1, env: { ANALYZER: 'off', HTTP_CONNECTIONS_MAX: '40', TRUSTED_PROXIES: '127.0.0.8' } });
	const many = Array.from({ length: 60 }, () => connect('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n', { port: e.port, localAddress: '127.0.0.9' }));
	await until(() => many.every((s) => s.over || s.got), { what: 'answers and refusals' });
	deep([many.filter((s) => s.got).length, many.filter((s) => s.over).length], [20, 40], 'one address may open half of HTTP_CONNECTIONS_MAX');
	is((await client(e.url).get('/api/v1/health/live')).status, 200, 'another address is served beside a full one');
	const upgrade = 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
	const worker = e.pids().find((p) => /^dure: http/.test(p.title)).pid;
	process.kill(worker, 'SIGSTOP');	// the requests are there when it accepts
	const [own, others] = ['127.0.0.9', '127.0.0.10'].map((localAddress) => connect(upgrade, { port: e.port, localAddress }));
	await until(() => own.bytesWritten > 0 && others.bytesWritten > 0, { what: 'the requests' });
	process.kill(worker, 'SIGCONT');
	await until(() => own.over && others.got, { what: 'the end of the WebSocket' });
	deep([own.answers(), others.answers()], [[], [101]], 'a WebSocket counts towards the connections of its address');
	others.destroy();
	const proxy = Array.from({ length: 15 }, () => connect('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n', { port: e.port, localAddress: '127.0.0.8' }));
	await until(() => proxy.every((s) => s.got), { what: 'the proxy' });
	many.forEach((s) => s.destroy());
	await until(async () => {
		const s = connect('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n', { port: e.port, localAddress: '127.0.0.9' });
		await until(() => s.got || s.over);
		s.destroy();
		return s.got !== '';
	}, { what: 'room again' });
	ok(true, 'an address may connect again when its connections are closed');
	proxy.forEach((s) => s.destroy());
	await e.stop();
});

await test('more than one worker', async () => {
	const e = await startDure({ share: d, http: 2, env: { ANALYZER: 'off', TRUSTED_PROXIES: '127.0.0.1', HTTP_CLIENT_BODIES_MAX: '6', HTTP_CLIENT_BODY_BYTES: '65536' } });
	const all = Array.from({ length: 40 }, () => connect(closed('/api/analyze', 900, '10.1.8.1'), { port: e.port }));
	await until(() => all.filter((s) => s.answers()[0] === 429).length >= 34, { what: 'the refusals' });
	await sleep(100);
	between(all.filter((s) => !s.over && s.got === '').length, 1, 6, 'two workers together grant a client HTTP_CLIENT_BODIES_MAX incomplete bodies');
	all.forEach((s) => s.destroy());
	const body = text(60000), s = connect(closed('/api/analyze', body.length, '10.1.8.2'), { port: e.port });
	await sleep(50);
	s.write(body);
	await answered(s);
	deep(s.answers(), [200], 'two workers grant a client at least one body of any size');
	s.destroy();
	await e.stop();
});

await done();
