#!/usr/bin/env t/lib/run
// 20-http-answers.t -- what every answer of the HTTP worker has in common: routing, ids, languages, headers, CORS, caching,
// compression, and the documents that describe it.
import http from 'node:http';
import zlib from 'node:zlib';
import { client, raw } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';

const d = await startDure({ env: { CORS_ORIGINS: 'http://front.test, https://other.test', LOG_ACCESS: 'true' } });
const web = client(d.url);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// The answer as it is on the wire, not decoded by fetch.
const plain = (path, headers = {}, method = 'GET') => new Promise((settle, fail) => {
	http.request(d.url + path, { method, headers, agent: false }, (res) => {
		const parts = [];
		res.on('data', (c) => parts.push(c));
		res.on('end', () => settle({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
	}).on('error', fail).end();
});

const failed = (r, status, code, name) => {
	is(r.status, status, `${name}: ${status}`);
	is(r.body?.error?.code, code, `${name}: ${code}`);
	is(r.body?.success, false, `${name}: success is false`);
	is(r.body?.requestId, r.headers.get('x-request-id'), `${name}: the request id is in body and header`);
};

await test('health', async () => {
	const live = await web.get('/api/v1/health/live');
	is(live.status, 200, 'live');
	deep(Object.keys(live.body), ['status', 'timestamp'], 'live says status and time');
	like(live.body.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'in ISO 8601 with milliseconds');
	const ready = await web.get('/api/v1/health/ready');
	is(ready.body.status, 'ok', 'ready');
	is(ready.body.info.database.status, 'up', 'the database is up');
	is(ready.body.info.redis.status, 'up', 'Redis is up');
	ok(['up', 'down'].includes(ready.body.info.kafka.status), 'Kafka is reported');
	const all = await web.get('/health');
	is(all.status, 200, 'everything at once');
	ok(all.body.processes.some((p) => p.kind === 'http' && p.state === 'ready' && p.pid > 0), 'the process table has this worker');
	ok(all.body.uptime > 0 && all.body.versions.dure && all.body.versions.postgresql, 'versions and uptime');
});

await test('routing', async () => {
	failed(await web.get('/nowhere'), 404, 'ROUTE_NOT_FOUND', 'an unknown path');
	failed(await web.get('/api/v3/analyze'), 404, 'ROUTE_NOT_FOUND', 'an unknown version');
	const wrong = await web.put('/api/analyze', {});
	failed(wrong, 405, 'METHOD_NOT_ALLOWED', 'a wrong method');
	is(wrong.headers.get('allow'), 'POST, OPTIONS', 'Allow lists the methods');
	failed(await web.get('/api/analyze/status/unknown'), 404, 'NOT_FOUND', 'an unknown product');
	failed(await web.get('/api/v1/analyze/status/unknown'), 404, 'NOT_FOUND', 'the same under /api/v1');
	is((await web.get('/api/v1/health/live/')).status, 200, 'a slash at the end is ignored');
	const batch = await web.del('/api/analyze/cache/batch', { productIds: ['a', 'b'] });
	is(batch.body?.data?.products, 2, 'batch wins over {productId}, and a DELETE may have a body');
	is((await web.del('/api/analyze/cache/stats')).body?.data?.products, 1, 'a product may be called as a fixed segment of another method');
});

await test('HEAD and OPTIONS', async () => {
	const head = await plain('/openapi.json', {}, 'HEAD'), get = await plain('/openapi.json');
	is(head.status, 200, 'HEAD answers');
	is(head.body.length, 0, 'without a body');
	is(head.headers['content-length'], get.headers['content-length'], 'with the length of GET');
	is(head.headers.etag, get.headers.etag, 'and its ETag');
	const options = await web.options('/api/analyze');
	is(options.status, 204, 'OPTIONS');
	is(options.headers.get('allow'), 'POST, OPTIONS', 'lists the methods');
	failed(await web.options('/nowhere'), 404, 'ROUTE_NOT_FOUND', 'OPTIONS of an unknown path');
});

await test('request ids', async () => {
	like((await web.get('/health')).headers.get('x-request-id'), uuid, 'one is made');
	const mine = await web.get('/nowhere', { headers: { 'x-request-id': 'my.id_1-2' } });
	is(mine.headers.get('x-request-id'), 'my.id_1-2', "the caller's is taken");
	is(mine.body.requestId, 'my.id_1-2', 'in the body too');
	for (const bad of ['a b', 'x'.repeat(129), 'ü'])
		like((await plain('/health', { 'x-request-id': Buffer.from(bad).toString('latin1') })).headers['x-request-id'], uuid,
			`not ${bad.slice(0, 9)}`);
	const ids = new Set();
	for (let i = 0; i < 600; i++)
		ids.add((await web.get('/api/v1/health/live')).headers.get('x-request-id'));
	is(ids.size, 600, 'no two are the same');
	ok(d.log().includes('"requestId":"my.id_1-2"'), 'the access log has it');
});

await test('languages and shapes', async () => {
	like((await web.get('/nowhere')).body.error.message, /경로/, 'Korean by default');
	like((await web.get('/nowhere', { language: 'en-US,en;q=0.9,ko;q=0.1' })).body.error.message, /route/, 'English on request');
	const problem = await web.post('/api/analyze', {}, { headers: { accept: 'application/problem+json' }, language: 'en' });
	is(problem.headers.get('content-type'), 'application/problem+json; charset=utf-8', 'RFC 9457 on request');
	is(problem.body.status, 400, 'with the status');
	is(problem.body.code, 'VALIDATION_FAILED', 'the code');
	deep(problem.body.errors.map((e) => e.field), ['productId'], 'and the faults');
});

await test('headers of every answer', async () => {
	for (const [path, method] of [['/', 'GET'], ['/nowhere', 'GET'], ['/api/analyze', 'PUT'], ['/health', 'HEAD'], ['/metrics', 'GET']]) {
		const r = await plain(path, {}, method), h = r.headers;
		deep([h['content-security-policy'], h['x-frame-options'], h['x-content-type-options'], h['referrer-policy'], h['permissions-policy']],
			["default-src 'self'", 'DENY', 'nosniff', 'strict-origin-when-cross-origin', 'geolocation=(), microphone=(), camera=()'],
			`security headers of ${method} ${path}`);
		is(h['strict-transport-security'], undefined, 'no HSTS outside production');
	}
});

await test('CORS', async () => {
	const from = (origin, headers = {}) => ({ headers: { origin, ...headers } });
	const allowed = await web.get('/health', from('https://other.test'));
	is(allowed.headers.get('access-control-allow-origin'), 'https://other.test', 'a listed origin');
	is(allowed.headers.get('access-control-allow-credentials'), 'true', 'with credentials');
	like(allowed.headers.get('access-control-expose-headers'), /X-Request-Id/, 'may read the request id');
	like(allowed.headers.get('vary'), /Origin/, 'Vary says so');
	for (const origin of ['https://other.tes', 'https://other.test.evil', 'http://other.test', 'null', 'https://other.test,'])
		is((await plain('/health', { origin })).headers['access-control-allow-origin'], undefined, `not ${origin}`);
	is((await web.get('/nowhere', from('http://front.test'))).headers.get('access-control-allow-origin'), 'http://front.test',
		'failures are readable too');
	const preflight = await web.options('/api/analyze', from('http://front.test', { 'access-control-request-method': 'POST' }));
	is(preflight.status, 204, 'a preflight');
	is(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS', 'the methods of the path');
	like(preflight.headers.get('access-control-allow-headers'), /Authorization.*Idempotency-Key/, 'the headers');
	const evil = await web.options('/api/analyze', from('http://evil.test', { 'access-control-request-method': 'POST' }));
	is(evil.headers.get('access-control-allow-methods'), null, 'nothing for a foreign origin');
});

await test('ETag and compression', async () => {
	const first = await plain('/openapi.json');
	like(first.headers.etag, /^W\/"[0-9a-f]+"$/, 'a cacheable read has an ETag');
	const again = await plain('/openapi.json', { 'if-none-match': `"x", ${first.headers.etag}` });
	is(again.status, 304, 'If-None-Match');
	is(again.body.length, 0, 'without a body');
	is(again.headers.etag, first.headers.etag, 'with the ETag');
	is((await plain('/openapi.json', { 'if-none-match': 'W/"0"' })).status, 200, 'another ETag');
	const packed = await plain('/openapi.json', { 'accept-encoding': 'br, gzip;q=0.8' });
	is(packed.headers['content-encoding'], 'gzip', 'gzip when asked for');
	ok(zlib.gunzipSync(packed.body).equals(first.body), 'it unpacks to the same');
	ok(packed.body.length < first.body.length / 2, 'and is smaller');
	is((await plain('/openapi.json', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined, 'not when refused');
	is((await plain('/api/v1/health/live', { 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined, 'not when too small');
	const mixed = await Promise.all(Array.from({ length: 200 }, (_, i) => plain('/openapi.json',
		{ 'x-request-id': `mix-${i}`, ...(i % 3 ? {} : { 'accept-encoding': 'gzip' }), ...(i % 7 ? {} : { origin: 'http://front.test' }) })));
	deep(mixed.filter((r, i) => r.headers['x-request-id'] !== `mix-${i}`), [], 'a repeated answer has the id of its own request');
	ok(mixed.every((r) => (r.headers['content-encoding'] ? zlib.gunzipSync(r.body) : r.body).equals(first.body)), 'and its body');
	deep(mixed.map((r) => r.headers['access-control-allow-origin'] ?? ''), mixed.map((_, i) => (i % 7 ? '' : 'http://front.test')),
		'and its own CORS headers');
	is((await plain('/nowhere')).headers['cache-control'], 'no-store', 'nothing else may be stored');
});

await test('the page', async () => {
	const page = await plain('/', { 'accept-encoding': 'gzip' });
	is(page.headers['content-type'], 'text/html; charset=utf-8', 'is HTML');
	is(page.headers['content-encoding'], 'gzip', 'compressed');
	const html = zlib.gunzipSync(page.body).toString();
	for (const [, file] of html.matchAll(/(?:src|href)="(\/[\w.-]+)"/g))
		is((await plain(file)).status, 200, `${file} is there`);
	is((await plain('/app.js')).headers['content-type'], 'text/javascript; charset=utf-8', 'scripts have their type');
	is((await plain('/../etc/passwd')).status, 404, 'nothing else is');
});

await test('/openapi.json', async () => {
	const { body: doc } = await web.get('/openapi.json');
	is(doc.openapi, '3.1.0', 'OpenAPI 3.1');
	const operations = Object.entries(doc.paths).flatMap(([path, item]) =>
		Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
	ok(operations.length >= 20, `${operations.length} operations`);
	const bad = operations.filter(({ path, operation }) => {
		const names = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
		const given = operation.parameters.filter((p) => p.in === 'path').map((p) => p.name).sort();
		return names.join() !== given.join() || !operation.summary || !operation.responses.default ||
			operation.parameters.some((p) => !p.schema?.type);
	});
	deep(bad.map((b) => `${b.method} ${b.path}`), [], 'each describes its parameters and answers');
	const analyze = doc.paths['/api/analyze'].post.requestBody.content['application/json'].schema;
	deep(analyze.required, ['productId'], 'a body says what it requires');
	is(doc.paths['/api/kafka/search'].post.requestBody.content['application/json'].schema.properties.options.properties.limit.maximum, 100,
		'inner members and their bounds');
	const refs = JSON.stringify(doc).match(/"#\/[^"]+"/g).map((r) => r.slice(3, -1).split('/'));
	deep(refs.filter((r) => r.reduce((at, k) => at?.[k], doc) === undefined), [], 'every reference leads somewhere');
	is((await web.post('/api/kafka/search', { query: 'x', options: { limit: 101 } })).status, 400, 'and the bound is the real one');
});

await test('/metrics', async () => {
	await web.get('/nowhere');
	const { text, headers } = await web.get('/metrics');
	like(headers.get('content-type'), /^text\/plain; version=0\.0\.4/, 'Prometheus text');
	like(text, /^http_requests_total\{method="GET",route="\/api\/v1\/health\/live",status="200"\} \d{3,}$/m, 'counts by route');
	like(text, /^http_requests_total\{method="",route="",status="404"\} [1-9]/m, 'unknown routes share one label');
	like(text, /^http_request_duration_seconds_bucket\{method="GET",route="\/health",status="2xx",le="\+Inf"\} [1-9]/m, 'times');
	like(text, /^backend_up\{store="postgres"\} 1$/m, 'backend_up');
	like(text, /^nodejs_memory_usage_bytes\{type="rss"\} \d{7,}$/m, 'the old names');
	like(text, /^active_connections [1-9]/m, 'connections');
	const lines = text.split('\n').filter((l) => l && !l.startsWith('#'));
	deep(lines.filter((l) => !/^[a-z_:][\w:]*(\{.*\})? -?[\d.e+-]+$/i.test(l)), [], 'every line is well-formed');
	is(new Set(lines.map((l) => l.replace(/ \S+$/, ''))).size, lines.length, 'no series twice');
});

await test('forwarding headers', async () => {
	is((await web.del('/api/analyze/cache/stats')).status, 200, 'he changes things too');
	is((await web.get('/api/analyze/cache/stats')).status, 200, 'a developer at this machine is an administrator');
	failed(await web.get('/api/analyze/cache/stats', { headers: { 'x-forwarded-for': '1.2.3.4' } }), 401, 'UNAUTHORIZED',
		'but not behind a proxy');
	for (const name of ['forwarded', 'via', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-real-ip', 'cf-connecting-ip', 'cf-ray', 'true-client-ip'])
		failed(await web.get('/api/analyze/cache/stats', { headers: { [name]: 'x' } }), 401, 'UNAUTHORIZED', `nor behind one that says only ${name}`);
	isnt(await raw(d.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), '', 'and the server is well');
});

await done();
