#!/usr/bin/env t/lib/run
// 22-guard-limits.t -- rate limits across the workers of a host, their headers, trusted proxies, IPv6 prefixes, blocked addresses.
import http from 'node:http';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const limited = { RATE_LIMIT_ENABLED: 'true', LOG_ACCESS: 'true' };
const d = await startDure({ http: 2, env: { ...limited, RATE_LIMIT_MAX: '20', RATE_LIMIT_WINDOW: '1h',
	TRUSTED_PROXIES: '127.0.0.1,10.1.0.0/16,2001:db8:ffff::/48' } });
const web = client(d.url);
const from = (ip, path = '/api/analyze/status/none') => web.get(path, { headers: { 'x-forwarded-for': ip } });
const left = (r) => Number(r.headers.get('x-ratelimit-remaining'));

await test('headers', async () => {
	const r = await from('1.1.1.1'), now = Date.now() / 1000;
	is(r.status, 404, 'an answer, whatever it is,');
	is(r.headers.get('x-ratelimit-limit'), '20', 'tells the limit');
	is(left(r), 19, 'what is left');
	between(Number(r.headers.get('x-ratelimit-reset')), now, now + 182, 'and when all of it is there again, s since 1970');
	const cached = [];
	for (let i = 0; i < 12; i++)
		cached.push(await from('1.1.1.2', '/api/products/p/reviews'));
	deep(cached.map(left), [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8], 'a repeated answer has its own figures');
	is(new Set(cached.map((c) => c.headers.get('x-request-id'))).size, 12, 'and its own id');
	is((await web.get('/health')).headers.get('x-ratelimit-limit'), null, 'a route without a limit has none');
	for (let i = 0; i < 3; i++)
		is((await from('1.1.1.2', '/openapi.json')).headers.get('x-ratelimit-limit'), null, 'lent or not');
});

await test('counts shown in Redis', async () => {
	for (let i = 0; i < 3; i++)
		await from('1.1.2.1');
	await from('1.1.2.1', '/api/products/p/reviews');
	await web.post('/api/analyze', { productId: '' }, { headers: { 'x-forwarded-for': '1.1.2.1' } });
	const count = (key) => d.redis('GET', key);
	await until(async () => await count('ip_limit:1.1.2.1') === '5', { what: 'the requests of an address to be counted' });
	deep([await count('rate_limit:1.1.2.1:/api/analyze/status/{productId}'), await count('rate_limit:1.1.2.1:/api/products/{productId}/reviews'), await count('rate_limit:1.1.2.1:/api/analyze')],
		['3', '1', '1'], 'rate_limit:{address}:{endpoint} counts each route');
	between(await d.redis('TTL', 'rate_limit:1.1.2.1:/api/analyze'), 50, 60, 'for a minute');
	between(await d.redis('TTL', 'ip_limit:1.1.2.1'), 3590, 3600, 'ip_limit:{ip} for an hour');
	const token = sign({ sub: 'u 1' });
	await web.get('/api/analyze/status/none', { token, headers: { 'x-forwarded-for': '1.1.2.2' } });
	await until(async () => await count('rate_limit:u 1:/api/analyze/status/{productId}') === '1', { what: 'a user to be counted by id' });
	is(await count('rate_limit:1.1.2.2:/api/analyze/status/{productId}'), null, 'not by address');
});

await test('across workers and connections', async () => {
	const all = await Promise.all(Array.from({ length: 60 }, () => new Promise((settle, reject) => {
		const rq = http.get({ port: d.port, host: '127.0.0.1', path: '/api/analyze/status/none', agent: false,
			headers: { 'x-forwarded-for': '2.2.2.2' } }, (a) => { a.resume(); settle(a.statusCode); });
		rq.on('error', reject);
	})));
	is(all.filter((s) => s !== 429).length, 20, 'sixty connections get the limit together');
	const r = await from('2.2.2.2');
	is(r.status, 429, 'and no more');
	is(r.body.error.code, 'RATE_LIMITED', 'with its code');
	between(Number(r.headers.get('retry-after')), 170, 181, 'Retry-After says when the next is there');
	is(left(r), 0, 'nothing is left');
	is((await from('2.2.2.3')).status, 404, 'others are not touched');
	like((await web.get('/metrics')).text, /^rate_limited_total\{class="default"\} 41$/m, 'refusals are counted');
});

await test('whose address', async () => {
	const counted = async (xff, expected, name) => is(left(await from(xff)), expected, name);
	await counted('3.3.3.3', 19, 'the address that a trusted proxy tells');
	await counted('9.9.9.9, 3.3.3.3', 18, 'the last one, whatever its client claims');
	await counted('3.3.3.3, 10.1.2.3', 17, 'further trusted proxies are skipped, by prefix');
	await counted('3.3.3.3, 2001:db8:ffff:1::5', 16, 'IPv6 ones too');
	await counted('3.3.3.3, 10.2.0.1', 19, 'one outside the prefix is the client');
	await counted('3.3.3.3,10.1.0.1 , ::ffff:10.1.0.2', 15, 'a mapped address is its IPv4 one');
	await counted('2001:db8:1:2:3:4:5:6', 19, 'an IPv6 client');
	await counted('2001:db8:1:2:ffff::1', 18, 'is its /64');
	await counted('2001:db8:1:3::1', 19, 'not the next one');
	const broken = await from('garbage');
	is(left(broken), left(await from('1.2.3.4, garbage')) + 1, 'what is no address is the proxy itself');
});

await test('an untrusted peer speaks for itself', async () => {
	const e = await startDure({ share: d, env: { ...limited, RATE_LIMIT_MAX: '5' } });
	const seen = [];
	for (let i = 0; i < 6; i++)
		seen.push((await client(e.url).get('/api/analyze/status/none', { headers: { 'x-forwarded-for': `4.4.4.${i}` } })).status);
	deep(seen, [404, 404, 404, 404, 404, 429], 'its forwarding headers are nothing');
	await e.stop();
});

await test('blocked addresses', async () => {
	await d.redis('SET', 'ip_block:5.5.5.5', 'test', 'EX', '60');
	const r = await until(async () => {
		const answer = await from('5.5.5.5', '/api/v1/health/live');
		return answer.status === 403 && answer;
	}, { ms: 5000, what: 'the block' });
	is(r.body.error.code, 'IP_BLOCKED', 'a blocked address is told so, on every route');
	between(Number(r.headers.get('retry-after')), 50, 60, 'and for how long');
	is((await from('5.5.5.6', '/api/v1/health/live')).status, 200, 'others come in');
	const e = await startDure({ share: d, env: { ...limited, TRUSTED_PROXIES: '127.0.0.1' } });
	const there = () => client(e.url).get('/api/v1/health/live', { headers: { 'x-forwarded-for': '5.5.5.5' } });
	await until(async () => (await there()).status === 403, { what: 'a process that starts later' });
	ok(true, 'a process that starts later knows');
	await d.redis('DEL', 'ip_block:5.5.5.5');
	await until(async () => (await there()).status === 200 && (await from('5.5.5.5', '/api/v1/health/live')).status === 200,
		{ ms: 5000, what: 'the end of the block' });
	ok(true, 'and comes in again when its key is deleted');
	is(await d.redis('ZSCORE', 'ip_blocks', '5.5.5.5'), null, 'which takes it off the list');
	await d.redis('SET', 'ip_block:2001:db8:9:9::1', 'by hand');
	const v6 = () => from('2001:db8:9:9::77', '/api/v1/health/live');
	await until(async () => (await v6()).status === 403, { ms: 5000, what: 'a block without an end' });
	d.kill9(/^dure: cron/);
	await d.redis('SET', 'ip_block:5.5.5.7', 'while nobody watches', 'EX', '60');
	await until(async () => (await from('5.5.5.7', '/api/v1/health/live')).status === 403, { what: 'a block set while nobody watched' });
	is((await v6()).status, 403, 'a block without an end lasts');
	await d.redis('DEL', 'ip_block:2001:db8:9:9::1');
	await until(async () => (await v6()).status === 200, { ms: 5000, what: 'its end' });
	await d.redis('PUBLISH', 'ip_block', '1:2001:db8:7:7::/64');
	await until(async () => (await from('2001:db8:7:7::99', '/api/v1/health/live')).status === 403, { what: 'the IPv6 block' });
	isnt((await from('2001:db8:7:8::99', '/api/v1/health/live')).status, 403, 'an IPv6 client is blocked by its /64');
	await until(async () => (await from('2001:db8:7:7::99', '/api/v1/health/live')).status === 200, { what: 'its end' });
	await e.stop();
});

await test('switched off', async () => {
	const e = await startDure({ share: d, env: { RATE_LIMIT_MAX: '2' } });
	await e.redis('PUBLISH', 'ip_block', '60:127.0.0.1');
	const seen = [];
	for (let i = 0; i < 5; i++)
		seen.push(await client(e.url).get('/api/analyze/status/none'));
	deep(seen.map((r) => r.status), [404, 404, 404, 404, 404], 'nothing is limited or blocked');
	is(seen[0].headers.get('x-ratelimit-limit'), null, 'or told');
});

await done();
