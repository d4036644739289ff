#!/usr/bin/env t/lib/run
// 20-http-bulk.t -- the streaming import of reviews: lines and arrays, bad items, limits, a slow sender, a client that disconnects, and
// the memory that an import takes.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { client, raw } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, diag, done, is, like, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const LIMIT = 64 << 20;
const d = await startDure({ http: 1, proxied: true });
const web = client(d.url);
const ndjson = { 'content-type': 'application/x-ndjson' }, array = { 'content-type': 'application/json' };
const path = (product) => `/api/products/${product}/reviews`;
const take = (product, data, headers = ndjson, more = {}) => web.post(path(product), data, { headers, ms: 120000, ...more });
const count = async (product) =>
	(await d.psql('SELECT count(*)::int AS n FROM raw_reviews WHERE product_id = $1', [product]))[0].n;
const lines = (n, from = 0) => Array.from({ length: n }, (_, i) => JSON.stringify({ id: `r${from + i}`, text: `좋아요 ${from + i}` })).join('\n');
const worker = () => d.pids().find((p) => /http 1/.test(p.title)).pid;
const rss = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${worker()}/status`, 'utf8'))[1]) * 1024;
const before = worker();

await test('lines', async () => {
	const r = await take('lines', lines(1000) + '\n');
	is(r.status, 200, 'the import accepts NDJSON');
	deep(r.body, { accepted: 1000, duplicates: 0, rejected: [] }, 'the import accepts all 1000 lines');
	is(await count('lines'), 1000, 'the import stores every accepted line');
	deep((await take('lines', lines(1200))).body, { accepted: 200, duplicates: 1000, rejected: [] }, 'a repeated import accepts the new reviews only');
	const bad = await take('lines', '{"id":"x1","text":"ok"}\r\n\nnot json\n{"id":"x2"}\n{"id":"x3","text":"ok"}');
	deep([bad.body.accepted, bad.body.rejected.map((r) => r.line)], [2, [3, 4]], 'the import names the bad lines and accepts the others');
	deep(bad.body.rejected.map((r) => r.reason), ['JSON 형식이 올바르지 않습니다.', 'text: 필수 항목입니다'], 'the reason for a rejected line is in Korean by default');
	const english = await take('lines', '17\n{"id":"x2"}', { ...ndjson, 'accept-language': 'en' });
	deep(english.body.rejected.map((r) => r.reason), ['must be a JSON object', 'text: is required'], 'the reason for a rejected line is in English when asked for');
	const long = await take('lines', `{"id":"y1","text":"${'x'.repeat(70000)}"}\n{"id":"y2","text":"short"}\n`);
	deep([long.body.accepted, long.body.rejected.map((r) => r.line)], [1, [1]], 'the import rejects a line over the bound and accepts the next');
	is((await take('lines', '')).body.accepted, 0, 'an empty body imports no review');
});

await test('an array', async () => {
	const items = Array.from({ length: 500 }, (_, i) => ({ id: `a${i}`, text: `text ] } , \\" ${i}`, rating: 1 + i % 5 }));
	deep((await take('array', JSON.stringify(items), array)).body, { accepted: 500, duplicates: 0, rejected: [] }, 'the import accepts a JSON array');
	deep((await take('array', JSON.stringify(items, null, 2), array)).body.duplicates, 500, 'the import reads an indented JSON array');
	const broken = await take('array', '[{"id":"b1","text":"x"},{"id":"b2"', array);
	deep([broken.status, broken.body.error.code], [400, 'MALFORMED_JSON'], 'the import refuses an array without an end');
	const mixed = await take('array', '[{"id":"c1","text":"x"},17,{"text":3}]', array);
	deep([mixed.body.accepted, mixed.body.rejected.map((r) => r.line)], [1, [2, 3]], 'the import names the bad elements of an array and accepts the others');
});

await test('media types', async () => {
	is((await take('m', 'x', { 'content-type': 'text/csv' })).status, 415, 'the import answers 415 to another media type');
	is((await take('m', '{"text":"x"}', { 'content-type': 'application/jsonl; charset=utf-8' })).status, 200, 'the import accepts other names of NDJSON');
});

// Send `total` bytes of lines with backpressure; answers { status, body, sent }.
function stream(product, total, { chunked = false, expect = false } = {}) {
	return new Promise((settle, fail) => {
		const headers = { ...ndjson, ...(chunked ? {} : { 'content-length': total }), ...(expect ? { expect: '100-continue' } : {}) };
		const req = http.request(d.url + path(product), { method: 'POST', headers, agent: false });
		const state = { sent: 0, answered: false, continued: false };
		const unit = Buffer.from(('{"text":"' + 'x'.repeat(1000) + '"}\n').repeat(64));
		const pump = () => {
			while (state.sent < total && !state.answered) {
				const part = unit.subarray(0, Math.min(unit.length, total - state.sent));
				state.sent += part.length;
				if (!req.write(part))
					return req.once('drain', pump);
			}
			req.end();
		};
		req.on('response', (res) => {
			state.answered = true;
			let text = '';
			res.on('data', (c) => { text += c; });
			res.on('end', () => { settle({ ...state, status: res.statusCode, body: JSON.parse(text) }); req.destroy(); });
		});
		req.on('error', (e) => state.answered || fail(e));
		req.on('continue', () => { state.continued = true; pump(); });
		if (expect)
			req.flushHeaders();
		else
			pump();
	});
}

await test('limits', async () => {
	await take('warm', lines(2000));
	const start = rss();
	let peak = start;
	const watch = setInterval(() => { peak = Math.max(peak, rss()); }, 20);
	const whole = await stream('whole', LIMIT);
	clearInterval(watch);
	is(whole.status, 200, 'the import accepts 64 MiB');
	is(whole.body.accepted, 1, 'lines with the same text are one review');
	diag(`memory of the worker: ${(start / 1e6).toFixed(0)} MB, at most ${(peak / 1e6).toFixed(0)} MB while it took 67 MB`);
	between(peak - start, -1e9, 40e6, 'an import of 64 MiB takes less than 40 MB of memory');
	const known = await stream('known', LIMIT + 1);
	deep([known.status, known.body.error.code], [413, 'BODY_TOO_LARGE'], 'the import answers 413 to an announced length over the limit');
	like(await raw(d.port, `POST ${path('known')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`),
		/^HTTP\/1\.1 413 /, 'the import answers 413 before any of the body is sent');
	const unknown = await stream('unknown', LIMIT + (8 << 20), { chunked: true });
	deep([unknown.status, unknown.body.error.code], [413, 'BODY_TOO_LARGE'], 'the import answers 413 to more than the limit in chunks');
	const polite = await stream('polite', LIMIT + 1, { expect: true });
	deep([polite.status, polite.sent, polite.continued], [413, 0, false], 'a client that sends Expect gets 413 without sending the body');
	is((await stream('asked', 1 << 20, { expect: true })).status, 200, 'a client that sends Expect gets 100 Continue within the limit');
});

await test('a slow sender', async () => {
	const socket = net.connect(d.port, '127.0.0.1');
	let got = '';
	socket.on('data', (c) => { got += c; });
	const item = '{"id":"s1","text":"천천히"}\n', bytes = Buffer.from(item);
	socket.write(`POST ${path('slow')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${bytes.length}\r\n\r\n`);
	for (const b of bytes) {
		socket.write(Buffer.from([b]));
		await sleep(5);
	}
	await until(() => got.includes('\r\n\r\n{'), { what: 'an answer to the slow sender' });
	like(got, /^HTTP\/1\.1 200 .*"accepted":1/s, 'an import sent byte by byte is accepted');
	socket.destroy();
	const half = net.connect(d.port, '127.0.0.1');
	half.write(`POST ${path('half')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n${lines(100)}\n`);
	await sleep(300);
	half.destroy();
	is((await take('after', lines(3))).body.accepted, 3, 'an import that breaks off does not harm the next one');
});

// Far more than the worker holds unread, in chunks so small that one read brings many: it must stop reading in the midst of them.
await test('chunks while the database is silent', async () => {
	d.pgProxy.freeze();
	const all = [1, 2, 3, 4].map((i) => new Promise((settle, fail) => {
		const req = http.request(d.url + path(`chunks${i}`), { method: 'POST', headers: { ...ndjson, 'transfer-encoding': 'chunked' }, agent: false });
		req.on('response', (res) => res.resume().on('end', () => settle(res.statusCode)));
		req.on('error', fail);
		req.cork();
		for (let n = 0; n < 20000; n++)
			req.write(`{"id":"c${n}","text":"조각 ${n}"}\n`);
		req.uncork();
		req.end();
	}));
	await sleep(500);
	d.pgProxy.heal();
	deep(await Promise.all(all), [200, 200, 200, 200], 'imports in many small chunks are accepted after a database stall');
	is(await count('chunks1'), 20000, 'every line sent during a database stall is stored');
	is(worker(), before, 'the worker survives a database stall');
});

await test('many at once', async () => {
	const all = await Promise.all(Array.from({ length: 8 }, (_, i) => take(`many${i % 4}`, lines(3000, 0))));
	deep(all.map((r) => r.status), Array(8).fill(200), 'eight concurrent imports, two for each product, succeed');
	for (let i = 0; i < 4; i++)
		is(all[i].body.accepted + all[i + 4].body.accepted, 3000, `product ${i}: concurrent imports accept each review once`);
});

await test('lists', async () => {
	const seen = new Set();
	let cursor = null, pages = 0;
	do {
		const r = await web.get(`${path('lines')}?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
		r.body.data.forEach((v) => seen.add(v.id));
		cursor = r.body.nextCursor;
	} while (cursor && ++pages < 50);
	is(seen.size, await count('lines'), 'the pages of the list have every review once');
	for (const list of ['emotion-cards', 'keywords', 'price-history'])
		deep((await web.get(`/api/products/lines/${list}`)).body, { success: true, data: [], nextCursor: null }, `${list}: the list of a product without entries is empty`);
	like(await raw(d.port, `GET ${path('lines')}?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 200/, 'the server answers after the imports');
	is(worker(), before, 'the worker is the same process after all imports');
});

await done();
