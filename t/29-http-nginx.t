#!/usr/bin/env t/lib/run
// 29-http-nginx.t -- etc/nginx/dure.conf as it is shipped, in a real nginx with a certificate: TLS and HTTP/2, headers once each, limits, compression,
// bodies, files, the log line, and Socket.IO by every way through TLS.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import zlib from 'node:zlib';
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { read } from './lib/house.mjs';
import { lacksNginx, nginxHas, startNginx } from './lib/nginx.mjs';
import { atEnd, deep, done, is, like, ok, skip, skipAll, test, unlike } from './lib/tap.mjs';
import { until, within } from './lib/until.mjs';

const why = lacksNginx();
if (why)
	skipAll(why);
const d = await startDure({ http: 1, ws: 2, env: { TRUSTED_PROXIES: '127.0.0.1' } });
const n = await startNginx([d]);
const agent = new https.Agent({ ca: n.ca, servername: 'localhost', keepAlive: true });
atEnd(() => agent.destroy());

// { status, headers, raw: [[name, value]], bytes, text }, over HTTP/1.1 and TLS; `from` another address of the loopback.
const get = (at, { method = 'GET', body, headers = {}, from } = {}) => new Promise((settle, fail) => {
	const rq = https.request(n.secure + at, { agent, method, headers, localAddress: from }, (r) => {
		const parts = [];
		r.on('data', (c) => parts.push(c)).on('end', () => {
			const raw = Array.from({ length: r.rawHeaders.length / 2 }, (_, i) => [r.rawHeaders[2 * i].toLowerCase(), r.rawHeaders[2 * i + 1]]);
			settle({ status: r.statusCode, headers: r.headers, raw, bytes: Buffer.concat(parts), text: Buffer.concat(parts).toString() });
		});
	}).on('error', fail);
	rq.end(body);
});
const line = (uri) => n.log().split('\n').findLast((l) => l.includes(` ${uri} `));
const secured = ['strict-transport-security', 'x-frame-options', 'x-content-type-options', 'referrer-policy', 'permissions-policy', 'content-security-policy'];
const counts = (r) => secured.map((h) => r.raw.filter(([name]) => name === h).length);

await test('TLS', async () => {
	const plain = await fetch(`http://127.0.0.1:${n.redirect}/live.html?a=1`, { redirect: 'manual' });
	deep([plain.status, plain.headers.get('location')], [301, 'https://127.0.0.1/live.html?a=1'], 'port 80 sends everybody to 443');
	const version = (options) => new Promise((settle) => {
		const s = tls.connect({ port: n.tls, host: '127.0.0.1', servername: 'localhost', ca: n.ca, ...options }, () => { settle(s.getProtocol()); s.end(); })
			.on('error', (e) => settle(e.code));
	});
	is(await version({}), 'TLSv1.3', 'TLS 1.3');
	is(await version({ maxVersion: 'TLSv1.2' }), 'TLSv1.2', 'and 1.2');
	like(await version({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), /^(ERR_|ECONN|EPROTO)/, 'and nothing older');
	const session = http2.connect(n.secure, { ca: n.ca, servername: 'localhost' });
	const answer = await within(5000, 'HTTP/2', new Promise((settle, fail) => {
		session.on('error', fail);
		session.request({ ':path': '/api/v1/health/live' }).on('response', (h) => settle(h)).on('error', fail).end();
	}));
	deep([session.alpnProtocol, answer[':status']], ['h2', 200], 'HTTP/2 is spoken');
	session.close();
	if (!nginxHas('http_v3_module'))
		return skip('this nginx has no HTTP/3', 'HTTP/3 is offered');
	is((await get('/api/v1/health/live')).headers['alt-svc'], `h3=":${n.tls}"; ma=86400`, 'HTTP/3 is offered');
	if (!/HTTP3/.test(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout))
		return skip('this curl has no HTTP/3', 'HTTP/3 is spoken');
	is(spawnSync('curl', ['-sk', '--http3-only', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', `${n.secure}/api/v1/health/live`], { encoding: 'utf8' }).stdout,
		'3 200', 'HTTP/3 is spoken');
});

await test('the headers', async () => {
	fs.mkdirSync(path.join(n.dir, 'www/static'));
	fs.writeFileSync(path.join(n.dir, 'www/static/app.1f2e.js'), `// ${'x'.repeat(5000)}\n`);
	const own = await get('/static/app.1f2e.js', { headers: { 'accept-encoding': 'gzip' } }), live = await get('/live.html'), none = await get('/static/none.js');
	deep([own.status, live.status, none.status], [200, 200, 404], 'a file, a page of Dure, and no file');
	for (const [name, r] of Object.entries({ own, live, none }))
		deep(counts(r), secured.map(() => 1), `each security header once (${name})`);
	is(own.headers['strict-transport-security'], 'max-age=31536000; includeSubDomains', 'HSTS for a year');
	is(own.headers['cache-control'], 'public, max-age=2592000, immutable', 'a file is kept for 30 days');
	unlike(none.headers['cache-control'], /immutable/, 'but not that there is none');
	is(own.headers['content-encoding'], 'gzip', 'it is compressed');
	is(zlib.gunzipSync(own.bytes).length, 5004, 'and whole');
	unlike(own.headers.server, /\d/, "nginx keeps its version to itself");
});

await test('the log', async () => {
	await get('/api/products?limit=1&token=secret');
	await until(() => line('/api/products'), { what: 'the line' });
	like(line('/api/products'), /^127\.0\.0\.1 - - \[.*\] "GET \/api\/products HTTP\/1\.1" \d+ \d+ ".*" [0-9a-f]{32} rt=[\d.]+ uct=[\d.]+ uht=[\d.]+ urt=[\d.]+$/, 'has the times');
	unlike(n.log(), /secret/, 'and no query');
	for (const at of ['/health', '/api/v1/health', '/api/v1/health/live', '/api/v1/health/ready'])
		is((await get(at)).status, 200, `${at} answers`);
	await get('/live.html');
	await until(() => line('/live.html'), { what: 'the line of a page' });
	unlike(n.log(), /health/, 'and no health check is logged');
});

await test('bodies', async () => {
	const post = (at, bytes) => get(at, { method: 'POST', body: Buffer.alloc(bytes, 32), headers: { 'content-type': 'application/json' } });
	const large = await post('/api/analyze', 9 << 20);
	like(large.text, /"code":/, 'up to 10 MB go through, and Dure says what it thinks of them');
	const huge = await post('/api/analyze', 11 << 20);
	deep([huge.status, /nginx/.test(huge.text)], [413, true], 'more is refused by nginx');
});

await test('Socket.IO through TLS', async () => {
	for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
		const s = await within(15000, `${transports}`, ioConnect(n.secure, { transports, ca: n.ca }));
		is((await s.ask('ping', { timestamp: 5 })).timestamp, 5, `${transports.join(', then ')}: asks and is answered`);
		for (let i = 0; i < 60; i++)
			await s.ask('ping', { timestamp: i });
		ok(s.connected, `${transports.join(', then ')}: at any pace`);
		s.disconnect();
	}
});

await test('the limits', async () => {
	const flood = (count, at, options) => Promise.all(Array.from({ length: count }, (_, i) => get(at, options(i))));
	const refusals = (all) => all.filter((r) => r.status === 429 && /nginx/.test(r.text));
	const login = (i) => ({ from: '127.0.0.2', method: 'POST', body: `{"email":"nobody${i}@example.com","password":"Wrong-1-guess"}`, headers: { 'content-type': 'application/json' } });
	const logins = refusals(await flood(20, '/api/auth/login', login));
	is(logins.length, 14, 'one login and a burst of five pass, then five a minute');
	is(refusals(await flood(5, '/api/v1/auth/login', login)).length, 5, 'by the other name of the route too');
	deep([logins[0].headers['retry-after'], ...counts(logins[0])], ['1', 1, 1, 1, 1, 1, 1], 'a refusal says when to come again, and has the headers');
	const began = Date.now(), passed = 60 - refusals(await flood(60, '/api/auth/csrf', () => ({ from: '127.0.0.3' }))).length;
	ok(passed >= 21 && passed <= 22 + (Date.now() - began) / 100, `a request and a burst of twenty pass, then ten a second (${passed} of 60)`);
	is(refusals(await flood(60, '/api/v1/health/live', () => ({}))).length, 0, 'health checks have no limit');
	like(read('etc/nginx/dure.conf'), /zone=api_limit:\d+m rate=10r\/s;\n.*zone=auth_limit:\d+m rate=5r\/m;/, 'as the file says');
});

await test('Dure is away', async () => {
	await d.stop();
	const r = await get('/live.html');
	deep([r.status, r.headers['retry-after'], ...counts(r)], [502, '1', 1, 1, 1, 1, 1, 1], 'nginx says so, with the headers');
});

await done();
