#!/usr/bin/env t/lib/run
// 20-http-date.t -- every answer says when it was made (RFC 9110 6.6.1), also one that is sent before the whole request is there.
import { startDure } from './lib/dure.mjs';
import { raw } from './lib/client.mjs';
import { between, done, is, like } from './lib/tap.mjs';

const d = await startDure({ env: { ANALYZER: 'off' } });
const post = (lines, body = '') => `POST /api/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n${lines}\r\n\r\n${body}`;

for (const [what, status, bytes] of [
	['an answer', 200, 'GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
	['a failure', 404, 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
	['a refusal of what was read', 400, post('Content-Length: 1', '{')],
	['a refusal of what is announced', 413, post('Content-Length: 99999999')],
	['a refusal in the middle', 413, post('Transfer-Encoding: chunked', `200000\r\n${' '.repeat(0x200000)}\r\n`)],
	['a request that is none', 400, 'GET /\r\n\r\n'],
]) {
	const began = Math.floor(Date.now() / 1000) * 1000, [head] = (await raw(d.port, bytes, { quietMs: 10000 })).split('\r\n\r\n');
	const dates = [...head.matchAll(/^date: (.*)$/gim)].map((m) => m[1].trim());
	like(head, new RegExp(`^HTTP/1\\.[01] ${status} `), what);
	is(dates.length, 1, 'has one date');
	like(dates[0] ?? '', /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/, 'in the one form');
	between(Date.parse(dates[0]), began, Date.now(), 'which is now');
}
await done();
