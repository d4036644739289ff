#!/usr/bin/env t/lib/run
// 20-http-framing.t -- the framing rules of RFC 9112 on the wire: each violation is answered at once with 400, 501 or 505 and a close,
// whatever part of the request it arrives in, and nothing that follows it is served.
import net from 'node:net';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure({ http: 1, env: { ANALYZER: 'off' } });
const web = client(d.url);
const live = 'GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n', slow = 'GET /api/analyze/status/none HTTP/1.1\r\nHost: x\r\n\r\n';
const post = 'POST /api/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

// Send the parts with a pause between them; what came back, and whether the server closed by itself.
async function talk(parts, { pauseMs = 30 } = {}) {
	const s = net.connect(d.port, '127.0.0.1');
	let got = '', closed = false;
	s.on('data', (c) => { got += c.toString('latin1'); });
	s.on('error', () => {});
	s.on('close', () => { closed = true; });
	s.on('end', () => { closed = true; });
	for (const part of [parts].flat()) {
		s.write(Buffer.from(part, 'latin1'));
		await sleep(pauseMs);
	}
	await until(() => closed || /HTTP\/1\.1 [45]\d\d/.test(got), { what: 'an answer or a close', ms: 5000 }).catch(() => {});
	await until(() => closed, { what: 'the close', ms: 3000 }).catch(() => {});
	s.destroy();
	return { got, closed, statuses: [...got.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1])) };
}

for (const [what, bytes, status] of [
	['a space before the colon', `${post}Content-Length : 40\r\n\r\n${smuggled}`, 400],
	['a tab before the colon', `${post}Content-Length\t: 40\r\n\r\n${smuggled}`, 400],
	['a folded line', `${live}X: a\r\n b\r\n\r\n`, 400],
	['an empty name', `${live}: a\r\n\r\n`, 400],
	['a bracket in a name', `${live}X-Invalid[]: a\r\n\r\n`, 400],
	['NUL in a value', `${live}X: a\0b\r\n\r\n`, 400],
	['DEL in a value', `${live}X: a\x7fb\r\n\r\n`, 400],
	['CR in a value', `${live}X: a\rb\r\n\r\n`, 400],
	['CR for the empty line', `${live}\r${smuggled}`, 400],
	['LF for CR LF', `${live.replaceAll('\r\n', '\n')}\n`, 400],
	['garbage before the request line', `\x01\x02${live}\r\n`, 400],
	['a line of garbage with NUL', 'abc\0def\r\n\r\n', 400],
	['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
	['xchunked', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
	['identity', `${post}Transfer-Encoding: identity\r\n\r\n`, 501],
	['gzip, chunked', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
	['Content-Length and chunked', `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`, 400],
	['the same length twice', `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, 400],
	['two hosts', `${live}Host: y\r\n\r\n`, 400],
	['a chunk without a size', `${post}Transfer-Encoding: chunked\r\n\r\n;x\r\n`, 400],
	['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n', 505],
])
	await test(what, async () => {
		const whole = await talk(bytes);
		deep([whole.statuses, whole.closed], [[status], true], `${what} is answered ${status} and closes the connection`, whole.got);
		like(whole.got, /"success":false,"error":\{"code":"/, `${what} is answered with the JSON error body`);
		const parts = await talk([...bytes].reduce((all, c, i) => { (i % 7 ? all[all.length - 1] += c : all.push(c)); return all; }, []), { pauseMs: 2 });
		deep(parts.statuses, [status], `${what} in parts of seven bytes is answered ${status}`, parts.got);
	});

await test('a violation behind other requests', async () => {
	const both = await talk(`${live}\r\n${live}X : y\r\n\r\n${smuggled}`);
	deep([both.statuses, both.closed], [[200, 400], true], 'a good request is answered before the violation behind it', both.got);
	const waits = await talk(slow + `${live}X : y\r\n\r\n`);
	deep([waits.statuses, waits.closed], [[404, 400], true], 'a good request that waits for the database is answered before the violation', waits.got);
	const later = await talk([`${live}\r\n`, `${live}X : y\r\n\r\n`]);
	deep([later.statuses, later.closed], [[200, 400], true], 'a violation on a kept connection is answered and closes it');
});

await test('an upgrade to an unknown protocol', async () => {
	const r = await talk(`${live}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n${live}X : y\r\n\r\n${smuggled}`);
	deep([r.statuses, r.closed], [[200], true], 'an upgrade to an unknown protocol closes the connection, and what follows is not read');
});

await test('permitted forms', async () => {
	const kept = await talk([`\r\n${live}\r\n`, `${post}Transfer-Encoding: Chunked\r\n\r\n2;a="b"\r\n{}\r\n0\r\nX: y\r\n\r\n`, `${live}Connection: close\r\n\r\n`]);
	deep(kept.statuses, [200, 400, 200], 'an empty line before a request, chunk extensions and trailers are permitted', kept.got);
	like(kept.got, /VALIDATION_FAILED/, 'the request in chunks is refused for its content only');
	like((await talk(`GET /api/analyze/status/가 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`.replace('가', '\xea\xb0\x80'))).got, /^HTTP\/1\.1 404 .*\r\n/, 'raw UTF-8 in the target is permitted');
});

ok(!(await web.get('/metrics')).text.includes('/smuggled'), 'no smuggled request is served');
is((await web.get('/api/v1/health/live')).status, 200, 'the worker answers after the violations');
await done();
