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
	is(r.status, 404, 'an answer with a rate limit may have any status');
	is(r.headers.get('x-ratelimit-limit'), '20', 'X-RateLimit-Limit is the limit');
	is(left(r), 19, 'X-RateLimit-Remaining is the rest of the limit');
	between(Number(r.headers.get('x-ratelimit-reset')), now, now + 182, 'X-RateLimit-Reset is the Unix time at which the limit is whole again');
	const cached = [];
	for (let i = 0; i < 12; i++)
		cached.push(await from('1.1.1.2', '/api/products/p/reviews'));
	deep(cached.map(left), [19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8], 'cached answers have rate-limit headers of their own');
	is(new Set(cached.map((c) => c.headers.get('x-request-id'))).size, 12, 'cached answers have request ids of their own');
	is((await web.get('/health')).headers.get('x-ratelimit-limit'), null, 'a route without a limit has no X-RateLimit-Limit');
	for (let i = 0; i < 3; i++)
		is((await from('1.1.1.2', '/openapi.json')).headers.get('x-ratelimit-limit'), null, 'a cacheable route without a limit has no X-RateLimit-Limit');
});

await test('counts in Redis', async () => {
	for (let i = 0; i < 3; i++)
		await from('1.1.2.1');
	await from('1.1.2.1', '/api/products/p/reviews');
	await web.post('/api/analyze', { productId: '' }, { headers: { 'x-forwarded-for': '1.1.2.1' } });
	const count = (key) => d.redis('GET', key);
	await until(async () => await count('ip_limit:1.1.2.1') === '5', { what: 'the requests of an address to be counted' });
	deep([await count('rate_limit:1.1.2.1:/api/analyze/status/{productId}'), await count('rate_limit:1.1.2.1:/api/products/{productId}/reviews'), await count('rate_limit:1.1.2.1:/api/analyze')],
		['3', '1', '1'], 'rate_limit:{address}:{endpoint} counts each route');
	between(await d.redis('TTL', 'rate_limit:1.1.2.1:/api/analyze'), 50, 60, 'rate_limit:{address}:{endpoint} expires after a minute');
	between(await d.redis('TTL', 'ip_limit:1.1.2.1'), 3590, 3600, 'ip_limit:{ip} expires after an hour');
	const token = sign({ sub: 'u 1' });
	await web.get('/api/analyze/status/none', { token, headers: { 'x-forwarded-for': '1.1.2.2' } });
	await until(async () => await count('rate_limit:u 1:/api/analyze/status/{productId}') === '1', { what: 'a user to be counted by id' });
	is(await count('rate_limit:1.1.2.2:/api/analyze/status/{productId}'), null, 'the requests of a user are not counted by address');
});

await test('across workers and connections', async () => {
	const all = await Promise.all(Array.from({ length: 60 }, () => new Promise((settle, reject) => {
		const rq = http.get({ port: d.port, host: '127.0.0.1', path: '/api/analyze/status/none', agent: false,
			headers: { 'x-forwarded-for': '2.2.2.2' } }, (a) => { a.resume(); settle(a.statusCode); });
		rq.on('error', reject);
	})));
	is(all.filter((s) => s !== 429).length, 20, 'sixty connections at two workers share one limit');
	const r = await from('2.2.2.2');
	is(r.status, 429, 'a request over the limit answers 429');
	is(r.body.error.code, 'RATE_LIMITED', 'a 429 has the code RATE_LIMITED');
	between(Number(r.headers.get('retry-after')), 170, 181, 'Retry-After is the time until the next request is allowed');
	is(left(r), 0, 'X-RateLimit-Remaining of a 429 is 0');
	is((await from('2.2.2.3')).status, 404, 'another address is not limited');
	like((await web.get('/metrics')).text, /^rate_limited_total\{class="default"\} 41$/m, 'rate_limited_total counts the refusals');
});

await test("the client's address", async () => {
	const counted = async (xff, expected, name) => is(left(await from(xff)), expected, name);
	await counted('3.3.3.3', 19, 'the address that a trusted proxy reports is the client');
	await counted('9.9.9.9, 3.3.3.3', 18, 'the last address counts, whatever the client claims');
	await counted('3.3.3.3, 10.1.2.3', 17, 'trusted proxies are skipped by prefix');
	await counted('3.3.3.3, 2001:db8:ffff:1::5', 16, 'trusted IPv6 proxies are skipped by prefix');
	await counted('3.3.3.3, 10.2.0.1', 19, 'an address outside the trusted prefix is the client');
	await counted('3.3.3.3,10.1.0.1 , ::ffff:10.1.0.2', 15, 'an IPv4-mapped address is its IPv4 address');
	await counted('2001:db8:1:2:3:4:5:6', 19, 'an IPv6 client has a limit');
	await counted('2001:db8:1:2:ffff::1', 18, 'IPv6 addresses of one /64 share a limit');
	await counted('2001:db8:1:3::1', 19, 'IPv6 addresses of another /64 have a limit of their own');
	const broken = await from('garbage');
	is(left(broken), left(await from('1.2.3.4, garbage')) + 1, "a malformed address counts as the proxy's own");
});

await test('an untrusted peer', async () => {
	const e = await startDure({ share: d, env: { ...limited, RATE_LIMIT_MAX: '5' } });
	const seen = [];
	for (let i = 0; i < 6; i++)
		seen.push((await client(e.url).get('/api/analyze/status/none', { headers: { 'x-forwarded-for': `4.4.4.${i}` } })).status);
	deep(seen, [404, 404, 404, 404, 404, 429], 'the forwarding headers of an untrusted peer are ignored');
	await e.stop();
});

await test('blocked addresses', async () => {
	await d.redis('SET', 'ip_block:5.5.5.5', 'test', 'EX', '60');
	const r = await until(async () => {
		const answer = await from('5.5.5.5', '/api/v1/health/live');
		return answer.status === 403 && answer;
	}, { ms: 5000, what: 'the block' });
	is(r.body.error.code, 'IP_BLOCKED', 'a blocked address answers IP_BLOCKED on every route');
	between(Number(r.headers.get('retry-after')), 50, 60, 'Retry-After is the rest of the block');
	is((await from('5.5.5.6', '/api/v1/health/live')).status, 200, 'another address is not blocked');
	const e = await startDure({ share: d, env: { ...limited, TRUSTED_PROXIES: '127.0.0.1' } });
	const there = () => client(e.url).get('/api/v1/health/live', { headers: { 'x-forwarded-for': '5.5.5.5' } });
	await until(async () => (await there()).status === 403, { what: 'a process that starts later' });
	ok(true, 'a process that starts later knows the block');
	await d.redis('DEL', 'ip_block:5.5.5.5');
	await until(async () => (await there()).status === 200 && (await from('5.5.5.5', '/api/v1/health/live')).status === 200,
		{ ms: 5000, what: 'the end of the block' });
	ok(true, 'an address is unblocked when its key is deleted');
	is(await d.redis('ZSCORE', 'ip_blocks', '5.5.5.5'), null, 'a deleted block is removed from ip_blocks');
	await d.redis('SET', 'ip_block:2001:db8:9:9::1', 'by hand');
	const v6 = () => from('2001:db8:9:9::77', '/api/v1/health/live');
	await until(async () => (await v6()).status === 403, { ms: 5000, what: 'a block without an end' });
	d.kill9(/^dure: cron/);
	await d.redis('SET', 'ip_block:5.5.5.7', 'while nobody watches', 'EX', '60');
	await until(async () => (await from('5.5.5.7', '/api/v1/health/live')).status === 403, { what: 'a block set while nobody watched' });
	is((await v6()).status, 403, 'a block without an expiry remains when cron restarts');
	await d.redis('DEL', 'ip_block:2001:db8:9:9::1');
	await until(async () => (await v6()).status === 200, { ms: 5000, what: 'its end' });
	await d.redis('PUBLISH', 'ip_block', '1:2001:db8:7:7::/64');
	await until(async () => (await from('2001:db8:7:7::99', '/api/v1/health/live')).status === 403, { what: 'the IPv6 block' });
	isnt((await from('2001:db8:7:8::99', '/api/v1/health/live')).status, 403, 'an IPv6 block covers one /64');
	await until(async () => (await from('2001:db8:7:7::99', '/api/v1/health/live')).status === 200, { what: 'its end' });
	await e.stop();
});

await test('RATE_LIMIT_ENABLED off', async () => {
	const e = await startDure({ share: d, env: { RATE_LIMIT_MAX: '2' } });
	await e.redis('PUBLISH', 'ip_block', '60:127.0.0.1');
	const seen = [];
	for (let i = 0; i < 5; i++)
		seen.push(await client(e.url).get('/api/analyze/status/none'));
	deep(seen.map((r) => r.status), [404, 404, 404, 404, 404], 'no request is limited or blocked when RATE_LIMIT_ENABLED is off');
	is(seen[0].headers.get('x-ratelimit-limit'), null, 'no rate-limit header is sent when RATE_LIMIT_ENABLED is off');
});

await done();
