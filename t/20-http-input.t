#!/usr/bin/env t/lib/run
// 20-http-input.t -- bad input: each kind is refused with its own status and code, nothing is stored, and the worker that
// refused it keeps serving.
import { client, raw } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const d = await startDure({ http: 1 });
const web = client(d.url);
const json = { 'content-type': 'application/json' };
const worker = () => d.pids().find((p) => /http 1/.test(p.title)).pid;
const before = worker();
const post = (data, headers = json) => web.post('/api/analyze', data, { headers });
const deepJson = (n) => '{"productId":' + '['.repeat(n) + ']'.repeat(n) + '}';

const cases = [
	['truncated JSON', () => post('{"productId": '), 400, 'MALFORMED_JSON'],
	['two JSON values', () => post('{"productId":"a"} {}'), 400, 'MALFORMED_JSON'],
	['a trailing comma', () => post('{"productId":"a",}'), 400, 'MALFORMED_JSON'],
	['a control character in a string', () => post('{"productId":"a\nb"}'), 400, 'MALFORMED_JSON'],
	['a NUL in a string', () => post('{"productId":"a\\u0000b"}'), 400, 'MALFORMED_JSON'],
	['half a surrogate pair', () => post('{"productId":"\\ud800"}'), 400, 'MALFORMED_JSON'],
	['NaN', () => post('{"productId":NaN}'), 400, 'MALFORMED_JSON'],
	['nested 65 deep', () => post(deepJson(65)), 400, 'JSON_TOO_DEEP'],
	['nested 400,000 deep', () => post(deepJson(400000)), 400, 'JSON_TOO_DEEP'],
	['bad UTF-8 in the body', () => post(Buffer.from('7b2270726f647563744964223a22ff227d', 'hex')), 400, 'INVALID_UTF8'],
	['an overlong UTF-8 form', () => post(Buffer.from('7b2270726f647563744964223a22c0af227d', 'hex')), 400, 'INVALID_UTF8'],
	['bad UTF-8 in the path', () => web.get('/api/analyze/status/%ff'), 400, 'INVALID_UTF8'],
	['bad UTF-8 in the query', () => web.get('/api/search?q=%ff'), 400, 'INVALID_UTF8'],
	['a broken escape', () => web.get('/api/analyze/status/%zz'), 400, 'BAD_REQUEST'],
	['an encoded NUL', () => web.get('/api/analyze/status/%00'), 400, 'BAD_REQUEST'],
	['an array instead of an object', () => post('[]'), 400, 'VALIDATION_FAILED'],
	['a string instead of an object', () => post('"x"'), 400, 'VALIDATION_FAILED'],
	['no body', () => post(''), 400, 'VALIDATION_FAILED'],
	['a number as productId', () => post('{"productId":5}'), 400, 'VALIDATION_FAILED'],
	['null as productId', () => post('{"productId":null}'), 400, 'VALIDATION_FAILED'],
	['an empty productId', () => post('{"productId":""}'), 400, 'VALIDATION_FAILED'],
	['a productId too long', () => post({ productId: 'x'.repeat(256) }), 400, 'VALIDATION_FAILED'],
	['a url of another scheme', () => post({ productId: 'x', url: 'javascript:alert(1)' }), 400, 'VALIDATION_FAILED'],
	['an unreadable limit', () => web.get('/api/products/p/reviews?limit=many'), 400, 'VALIDATION_FAILED'],
	['a limit out of range', () => web.get('/api/products/p/reviews?limit=0'), 400, 'VALIDATION_FAILED'],
	['options that are no object', () => web.post('/api/kafka/search', { query: 'x', options: 3 }), 400, 'VALIDATION_FAILED'],
	['a form', () => post('productId=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
	['a compressed body', () => post('x', { ...json, 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
	['a body over 1 MiB', () => post(' '.repeat(1 << 20) + '{}'), 413, 'BODY_TOO_LARGE'],
	['a body of 20 MiB', () => post(Buffer.alloc(20 << 20, 32)), 413, 'BODY_TOO_LARGE'],
	['a body over 1 MiB for an unknown path', () => web.post('/nowhere', Buffer.alloc(2 << 20, 32)), 404, 'ROUTE_NOT_FOUND'],
	['an address too long', () => web.get('/' + 'a'.repeat(9000)), 414, 'URI_TOO_LONG'],
	['an unknown method', () => web.post('/health', {}), 405, 'METHOD_NOT_ALLOWED'],
];

for (const [name, send, status, code] of cases) {
	await test(name, async () => {
		const r = await send();
		deep([r.status, r.body?.success, r.body?.error?.code], [status, false, code], `${name} is answered ${status} ${code}`);
		ok(r.body?.error?.message && r.body.requestId === r.headers.get('x-request-id'), `${name} has a message and the request id`);
	});
}

await test('every fault is listed', async () => {
	const r = await web.post('/api/analyze', { productId: 5, url: 'ftp://x', keywords: ['a', 7] }, { language: 'en' });
	deep(r.body.error.details.map((e) => e.field), ['productId', 'url', 'keywords[1]'], 'a validation error lists every faulty field');
	ok(r.body.error.details.every((e) => e.reason.length > 5), 'a validation error has a reason for every field');
	like((await post('{"productId"}')).body.error.message, /13/, 'malformed JSON is reported with its position');
	is((await post({ productId: 'ok-1', unknown: { a: [1] } })).status, 200, 'unknown members are ignored');
});

// Requests that no library would send.
await test('on the wire', async () => {
	const line = async (text) => (await raw(d.port, text, { quietMs: 1500 })).split('\r\n')[0];
	const start = 'POST /api/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
	like(await line(start + 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), / 400 /, 'Content-Length beside Transfer-Encoding is answered 400');
	like(await line(start + 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'), / 400 /, 'two different lengths are answered 400');
	like(await line(start + 'Content-Length: -1\r\n\r\n'), / 4\d\d /, 'a negative length is refused');
	like(await line(start + 'Content-Length: 99999999999999999999\r\n\r\n'), / 4\d\d /, 'a length beyond 64 bits is refused');
	like(await line('GET /health HTTP/1.1\r\n\r\n'), / 400 /, 'a request without Host is answered 400');
	like(await line('GET /health HTTP/9.9\r\nHost: x\r\n\r\n'), / 505 /, 'an unknown HTTP version is answered 505');
	like(await line('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'), /^(HTTP\/1\.\d 4\d\d .*)?$/, 'a TLS hello is refused or closed');
	like(await line(`GET /health HTTP/1.1\r\nHost: x\r\n${'X-Y: z\r\n'.repeat(20000)}\r\n`), /^(HTTP\/1\.1 4\d\d .*)?$/, 'endless headers are refused or close the connection');
	for (let i = 0; i < 200; i++) {
		const junk = Buffer.from(Array.from({ length: 1 + i * 3 }, () => Math.random() * 256));
		await raw(d.port, Buffer.concat([Buffer.from('GET /'), junk, Buffer.from('\r\n\r\n')]), { quietMs: 5 });
	}
	is((await web.get('/api/v1/health/live')).status, 200, 'the server answers after 200 requests of random bytes');
});

await test('after the bad input', async () => {
	is(worker(), before, 'the worker is the same process after bad input');
	deep(await d.psql("SELECT count(*)::int AS n FROM analysis_requests WHERE product_id <> 'ok-1'"), [{ n: 0 }], 'no refused request is stored');
	deep(await d.psql('SELECT count(*)::int AS n FROM raw_reviews'), [{ n: 0 }], 'no review is stored');
	ok(!/"level":"error"/.test(d.log()), 'bad input is not logged as an error', d.log().split('\n').find((l) => /"level":"error"/.test(l)));
});

await done();
