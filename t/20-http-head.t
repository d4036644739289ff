#!/usr/bin/env t/lib/run
// 20-http-head.t -- the length of a request's head, bounded by HTTP_CONNECTION_BYTES: a longer one is answered 431, whatever its
// length, and no request goes unanswered.
import { startDure } from './lib/dure.mjs';
import { client, raw } from './lib/client.mjs';
import { deep, done, is, like, ok } from './lib/tap.mjs';

const small = await startDure({ env: { ANALYZER: 'off' } });
const large = await startDure({ share: small, env: { ANALYZER: 'off', HTTP_CONNECTION_BYTES: '65536' } });
const ask = (d, lines, target = '/api/v1/health/live') => raw(d.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n\r\n`, { quietMs: 10000 });
const filler = (bytes) => `X-Filler: ${'f'.repeat(bytes)}`, cookie = (bytes) => `Cookie: a=${'c'.repeat(bytes)}`;

for (const [d, size, lines, status] of [
	[small, 16384, filler(13000), 200], [small, 16384, cookie(6000), 200], [small, 16384, filler(20000), 431],
	[large, 65536, filler(60000), 200], [large, 65536, cookie(30000), 200], [large, 65536, filler(70000), 431],
])
	like(await ask(d, lines), new RegExp(`^HTTP/1\\.1 ${status} `), `a header of ${lines.length} bytes (${lines.slice(0, 8)}) is answered ${status} under a bound of ${size}`);

for (const [what, lines] of [['header', filler], ['cookie', cookie]]) {
	const heard = new Set();
	for (let n = what === 'header' ? 14000 : 6500; n < (what === 'header' ? 16500 : 8500); n += 100)
		heard.add((await ask(small, lines(n))).slice(9, 12));
	deep([...heard], ['200', '431'], `a growing ${what} is answered 200 and, over the bound, 431`);
}
const many = await ask(small, Array.from({ length: 200 }, (_, i) => `X-${i}: ${i}`).join('\r\n'));
like(many, /^HTTP\/1\.1 431 /, '200 headers are answered 431');
like(many, /"code":"HEADERS_TOO_LARGE"/, 'a 431 has the code HEADERS_TOO_LARGE');
is((await client(small.url).get('/api/v1/health/live')).status, 200, 'the next request is answered after a 431');
ok((await client(small.url).get('/metrics')).text.includes('http_requests_total'), '/metrics is served after a 431');
await done();
