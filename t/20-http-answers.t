#!/usr/bin/env t/lib/run
// 20-http-answers.t -- what every answer of the HTTP worker has in common: routing, request ids, languages, headers, CORS, caching and
// compression, and the documents that describe the API.
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
	is(r.status, status, `${name} is answered ${status}`);
	is(r.body?.error?.code, code, `${name} has the code ${code}`);
	is(r.body?.success, false, `${name} has success false`);
	is(r.body?.requestId, r.headers.get('x-request-id'), `${name} has the request id in body and header`);
};

await test('health', async () => {
	const live = await web.get('/api/v1/health/live');
	is(live.status, 200, 'the liveness probe answers 200');
	deep(Object.keys(live.body), ['status', 'timestamp'], 'the liveness probe reports status and timestamp');
	like(live.body.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'the timestamp is in ISO 8601 with milliseconds');
	const ready = await web.get('/api/v1/health/ready');
	is(ready.body.status, 'ok', 'the readiness probe reports ok');
	is(ready.body.info.database.status, 'up', 'the readiness probe reports the database as up');
	is(ready.body.info.redis.status, 'up', 'the readiness probe reports Redis as up');
	ok(['up', 'down'].includes(ready.body.info.kafka.status), 'the readiness probe reports Kafka as up or down');
	const all = await web.get('/health');
	is(all.status, 200, 'GET /health answers 200');
	ok(all.body.processes.some((p) => p.kind === 'http' && p.state === 'ready' && p.pid > 0), 'GET /health lists this worker in the process table');
	ok(all.body.uptime > 0 && all.body.versions.dure && all.body.versions.postgresql, 'GET /health reports uptime and versions');
});

await test('routing', async () => {
	failed(await web.get('/nowhere'), 404, 'ROUTE_NOT_FOUND', 'an unknown path');
	failed(await web.get('/api/v3/analyze'), 404, 'ROUTE_NOT_FOUND', 'an unknown API version');
	const wrong = await web.put('/api/analyze', {});
	failed(wrong, 405, 'METHOD_NOT_ALLOWED', 'a wrong method');
	is(wrong.headers.get('allow'), 'POST, OPTIONS', 'the Allow header of a 405 lists the methods');
	failed(await web.get('/api/analyze/status/unknown'), 404, 'NOT_FOUND', 'an unknown product');
	failed(await web.get('/api/v1/analyze/status/unknown'), 404, 'NOT_FOUND', 'an unknown product under /api/v1');
	is((await web.get('/api/v1/health/live/')).status, 200, 'the router ignores a trailing slash');
	const batch = await web.del('/api/analyze/cache/batch', { productIds: ['a', 'b'] });
	is(batch.body?.data?.products, 2, 'the fixed segment batch wins over {productId}, and a DELETE may have a body');
	is((await web.del('/api/analyze/cache/stats')).body?.data?.products, 1, 'a product may be named like the fixed segment of another method');
});

await test('HEAD and OPTIONS', async () => {
	const head = await plain('/openapi.json', {}, 'HEAD'), get = await plain('/openapi.json');
	is(head.status, 200, 'HEAD answers 200');
	is(head.body.length, 0, 'the answer to HEAD has no body');
	is(head.headers['content-length'], get.headers['content-length'], 'the answer to HEAD has the Content-Length of GET');
	is(head.headers.etag, get.headers.etag, 'the answer to HEAD has the ETag of GET');
	const options = await web.options('/api/analyze');
	is(options.status, 204, 'OPTIONS answers 204');
	is(options.headers.get('allow'), 'POST, OPTIONS', 'OPTIONS lists the methods in Allow');
	failed(await web.options('/nowhere'), 404, 'ROUTE_NOT_FOUND', 'OPTIONS of an unknown path');
});

await test('request ids', async () => {
	like((await web.get('/health')).headers.get('x-request-id'), uuid, 'a request without an id gets a UUID');
	const mine = await web.get('/nowhere', { headers: { 'x-request-id': 'my.id_1-2' } });
	is(mine.headers.get('x-request-id'), 'my.id_1-2', 'the request id of the client is echoed in the header');
	is(mine.body.requestId, 'my.id_1-2', 'the request id of the client is echoed in the body');
	for (const bad of ['a b', 'x'.repeat(129), 'ü'])
		like((await plain('/health', { 'x-request-id': Buffer.from(bad).toString('latin1') })).headers['x-request-id'], uuid,
			`the malformed request id ${bad.slice(0, 9)} is replaced`);
	const ids = new Set();
	for (let i = 0; i < 600; i++)
		ids.add((await web.get('/api/v1/health/live')).headers.get('x-request-id'));
	is(ids.size, 600, '600 requests have 600 different ids');
	ok(d.log().includes('"requestId":"my.id_1-2"'), 'the access log has the request id');
});

await test('languages and shapes', async () => {
	like((await web.get('/nowhere')).body.error.message, /경로/, 'the message is in Korean by default');
	like((await web.get('/nowhere', { language: 'en-US,en;q=0.9,ko;q=0.1' })).body.error.message, /route/, 'Accept-Language selects English');
	const problem = await web.post('/api/analyze', {}, { headers: { accept: 'application/problem+json' }, language: 'en' });
	is(problem.headers.get('content-type'), 'application/problem+json; charset=utf-8', 'Accept selects the problem details of RFC 9457');
	is(problem.body.status, 400, 'the problem details have the status');
	is(problem.body.code, 'VALIDATION_FAILED', 'the problem details have the code');
	deep(problem.body.errors.map((e) => e.field), ['productId'], 'the problem details list the faulty fields');
});

await test('headers of every answer', async () => {
	for (const [path, method] of [['/', 'GET'], ['/nowhere', 'GET'], ['/api/analyze', 'PUT'], ['/health', 'HEAD'], ['/metrics', 'GET']]) {
		const r = await plain(path, {}, method), h = r.headers;
		deep([h['content-security-policy'], h['x-frame-options'], h['x-content-type-options'], h['referrer-policy'], h['permissions-policy']],
			["default-src 'self'", 'DENY', 'nosniff', 'strict-origin-when-cross-origin', 'geolocation=(), microphone=(), camera=()'],
			`${method} ${path} has every security header`);
		is(h['strict-transport-security'], undefined, `${method} ${path} has no HSTS header outside production`);
		is(h['cross-origin-opener-policy'], /^text\/html/.test(h['content-type']) ? 'same-origin' : undefined, `${method} ${path} has an opener policy if it is a page`);
	}
});

await test('CORS', async () => {
	const from = (origin, headers = {}) => ({ headers: { origin, ...headers } });
	const allowed = await web.get('/health', from('https://other.test'));
	is(allowed.headers.get('access-control-allow-origin'), 'https://other.test', 'a listed origin is allowed');
	is(allowed.headers.get('access-control-allow-credentials'), 'true', 'a listed origin may send credentials');
	like(allowed.headers.get('access-control-expose-headers'), /X-Request-Id/, 'a listed origin may read the request id');
	like(allowed.headers.get('vary'), /Origin/, 'Vary names Origin');
	for (const origin of ['https://other.tes', 'https://other.test.evil', 'http://other.test', 'null', 'https://other.test,'])
		is((await plain('/health', { origin })).headers['access-control-allow-origin'], undefined, `the origin ${origin} is not allowed`);
	is((await web.get('/nowhere', from('http://front.test'))).headers.get('access-control-allow-origin'), 'http://front.test',
		'a listed origin may read failures');
	const preflight = await web.options('/api/analyze', from('http://front.test', { 'access-control-request-method': 'POST' }));
	is(preflight.status, 204, 'a preflight request answers 204');
	is(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS', 'a preflight lists the methods of the path');
	like(preflight.headers.get('access-control-allow-headers'), /Authorization.*Idempotency-Key/, 'a preflight lists the permitted headers');
	const evil = await web.options('/api/analyze', from('http://evil.test', { 'access-control-request-method': 'POST' }));
	is(evil.headers.get('access-control-allow-methods'), null, 'a preflight of a foreign origin lists no methods');
});

await test('ETag and compression', async () => {
	const first = await plain('/openapi.json');
	like(first.headers.etag, /^W\/"[0-9a-f]+"$/, 'a cacheable answer has an ETag');
	const again = await plain('/openapi.json', { 'if-none-match': `"x", ${first.headers.etag}` });
	is(again.status, 304, 'a matching If-None-Match answers 304');
	is(again.body.length, 0, 'a 304 has no body');
	is(again.headers.etag, first.headers.etag, 'a 304 has the ETag');
	is((await plain('/openapi.json', { 'if-none-match': 'W/"0"' })).status, 200, 'If-None-Match with another ETag answers 200');
	const packed = await plain('/openapi.json', { 'accept-encoding': 'br, gzip;q=0.8' });
	is(packed.headers['content-encoding'], 'gzip', 'an answer is compressed with gzip when the client accepts it');
	ok(zlib.gunzipSync(packed.body).equals(first.body), 'the compressed answer decompresses to the plain one');
	ok(packed.body.length < first.body.length / 2, 'the compressed answer is less than half the size');
	is((await plain('/openapi.json', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'], undefined, 'an answer is not compressed when the client refuses gzip');
	is((await plain('/api/v1/health/live', { 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined, 'a small answer is not compressed');
	const mixed = await Promise.all(Array.from({ length: 200 }, (_, i) => plain('/openapi.json',
		{ 'x-request-id': `mix-${i}`, ...(i % 3 ? {} : { 'accept-encoding': 'gzip' }), ...(i % 7 ? {} : { origin: 'http://front.test' }) })));
	deep(mixed.filter((r, i) => r.headers['x-request-id'] !== `mix-${i}`), [], 'a cached answer has the request id of its own request');
	ok(mixed.every((r) => (r.headers['content-encoding'] ? zlib.gunzipSync(r.body) : r.body).equals(first.body)), 'a cached answer has the same body, compressed or not');
	deep(mixed.map((r) => r.headers['access-control-allow-origin'] ?? ''), mixed.map((_, i) => (i % 7 ? '' : 'http://front.test')),
		'a cached answer has the CORS headers of its own request');
	is((await plain('/nowhere')).headers['cache-control'], 'no-store', 'any other answer is no-store');
});

await test('the page', async () => {
	const page = await plain('/', { 'accept-encoding': 'gzip' });
	is(page.headers['content-type'], 'text/html; charset=utf-8', 'the page is served as HTML');
	is(page.headers['content-encoding'], 'gzip', 'the page is compressed');
	const html = zlib.gunzipSync(page.body).toString();
	for (const [, file] of html.matchAll(/(?:src|href)="(\/[\w.-]+)"/g))
		is((await plain(file)).status, 200, `${file} of the page is served`);
	is((await plain('/app.js')).headers['content-type'], 'text/javascript; charset=utf-8', 'a script has its content type');
	is((await plain('/../etc/passwd')).status, 404, "a path outside the page's files answers 404");
});

await test('/openapi.json', async () => {
	const { body: doc } = await web.get('/openapi.json');
	is(doc.openapi, '3.1.0', '/openapi.json is an OpenAPI 3.1 document');
	const operations = Object.entries(doc.paths).flatMap(([path, item]) =>
		Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
	ok(operations.length >= 20, `/openapi.json has ${operations.length} operations`);
	const bad = operations.filter(({ path, operation }) => {
		const names = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
		const given = operation.parameters.filter((p) => p.in === 'path').map((p) => p.name).sort();
		return names.join() !== given.join() || !operation.summary || !operation.responses.default ||
			operation.parameters.some((p) => !p.schema?.type);
	});
	deep(bad.map((b) => `${b.method} ${b.path}`), [], 'every operation describes its parameters and answers');
	const analyze = doc.paths['/api/analyze'].post.requestBody.content['application/json'].schema;
	deep(analyze.required, ['productId'], 'the schema of a body lists the required members');
	is(doc.paths['/api/kafka/search'].post.requestBody.content['application/json'].schema.properties.options.properties.limit.maximum, 100,
		'the schema of a body has inner members with their bounds');
	const refs = JSON.stringify(doc).match(/"#\/[^"]+"/g).map((r) => r.slice(3, -1).split('/'));
	deep(refs.filter((r) => r.reduce((at, k) => at?.[k], doc) === undefined), [], 'every reference in /openapi.json resolves');
	is((await web.post('/api/kafka/search', { query: 'x', options: { limit: 101 } })).status, 400, 'a value over the documented bound answers 400');
});

await test('/metrics', async () => {
	await web.get('/nowhere');
	const { text, headers } = await web.get('/metrics');
	like(headers.get('content-type'), /^text\/plain; version=0\.0\.4/, '/metrics answers in the Prometheus text format');
	like(text, /^http_requests_total\{method="GET",route="\/api\/v1\/health\/live",status="200"\} \d{3,}$/m, 'http_requests_total counts by route');
	like(text, /^http_requests_total\{method="",route="",status="404"\} [1-9]/m, 'unknown routes share one label');
	like(text, /^http_request_duration_seconds_bucket\{method="GET",route="\/health",status="2xx",le="\+Inf"\} [1-9]/m, 'http_request_duration_seconds is a histogram by route');
	like(text, /^backend_up\{store="postgres"\} 1$/m, 'backend_up reports PostgreSQL');
	like(text, /^nodejs_memory_usage_bytes\{type="rss"\} \d{7,}$/m, 'metrics under their former names are served');
	like(text, /^active_connections [1-9]/m, 'active_connections is reported');
	const lines = text.split('\n').filter((l) => l && !l.startsWith('#'));
	deep(lines.filter((l) => !/^[a-z_:][\w:]*(\{.*\})? -?[\d.e+-]+$/i.test(l)), [], 'every line of /metrics is well-formed');
	is(new Set(lines.map((l) => l.replace(/ \S+$/, ''))).size, lines.length, 'no series is reported twice');
});

await test('forwarding headers', async () => {
	is((await web.del('/api/analyze/cache/stats')).status, 200, 'a client at the loopback address may change the cache');
	is((await web.get('/api/analyze/cache/stats')).status, 200, "a client at the loopback address may read the cache's numbers");
	failed(await web.get('/api/analyze/cache/stats', { headers: { 'x-forwarded-for': '1.2.3.4' } }), 401, 'UNAUTHORIZED',
		'the loopback client of a proxy (X-Forwarded-For)');
	for (const name of ['forwarded', 'via', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port', 'x-real-ip', 'cf-connecting-ip', 'cf-ray', 'true-client-ip'])
		failed(await web.get('/api/analyze/cache/stats', { headers: { [name]: 'x' } }), 401, 'UNAUTHORIZED', `the loopback client of a proxy that sends ${name} only`);
	isnt(await raw(d.port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), '', 'the server answers after the refusals');
});

await done();
