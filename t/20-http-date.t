#!/usr/bin/env t/lib/run
// 20-http-date.t -- every answer has a Date (RFC 9110 6.6.1), also one that is sent before the whole request has arrived.
import { startDure } from './lib/dure.mjs';
import { raw } from './lib/client.mjs';
import { between, done, is, like } from './lib/tap.mjs';

const d = await startDure({ env: { ANALYZER: 'off' } });
const post = (lines, body = '') => `POST /api/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n${lines}\r\n\r\n${body}`;

for (const [what, status, bytes] of [
	['an answer', 200, 'GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
	['a failure', 404, 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
	['a refusal of a body that was read', 400, post('Content-Length: 1', '{')],
	['a refusal of an announced length', 413, post('Content-Length: 99999999')],
	['a refusal in the middle of a body', 413, post('Transfer-Encoding: chunked', `200000\r\n${' '.repeat(0x200000)}\r\n`)],
	['a refusal of a malformed request', 400, 'GET /\r\n\r\n'],
]) {
	const began = Math.floor(Date.now() / 1000) * 1000, [head] = (await raw(d.port, bytes, { quietMs: 10000 })).split('\r\n\r\n');
	const dates = [...head.matchAll(/^date: (.*)$/gim)].map((m) => m[1].trim());
	like(head, new RegExp(`^HTTP/1\\.[01] ${status} `), `${what} has the status ${status}`);
	is(dates.length, 1, `${what} has one Date`);
	like(dates[0] ?? '', /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/, `the Date of ${what} has the form of RFC 9110`);
	between(Date.parse(dates[0]), began, Date.now(), `the Date of ${what} is the present time`);
}
await done();
