#!/usr/bin/env t/lib/run
// 22-guard-auth.t -- protection of logins: limits across hosts, blocked credential stuffing, the double-submit token, records and alerts.
import http from 'node:http';
import { client, setCookies } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { atEnd, between, deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const told = [];
const slack = http.createServer((rq, answer) => {
	let text = '';
	rq.on('data', (c) => { text += c; });
	rq.on('end', () => { told.push(...JSON.parse(text).attachments); answer.end('ok'); });
});
await new Promise((settle) => slack.listen(0, '127.0.0.1', settle));
atEnd(() => { slack.closeAllConnections(); slack.close(); });

const quick = { ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0', TRUSTED_PROXIES: '127.0.0.1', ANALYZER: 'off' };
const d = await startDure({ env: { ...quick, RATE_LIMIT_ENABLED: 'true', CSRF_ENABLED: 'true', LOGIN_IP_FAILURES_MAX: '8', LOGIN_ATTEMPTS_MAX: '1000',
	SLACK_WEBHOOK_URL: `http://127.0.0.1:${slack.address().port}/` } });
const other = await startDure({ share: d, env: { ...quick, RATE_LIMIT_ENABLED: 'true', LOGIN_IP_FAILURES_MAX: '8', LOGIN_ATTEMPTS_MAX: '1000' } });
const web = client(d.url), there = client(other.url);
const account = { email: 'Kim@Example.com', password: 'Correct-horse-1' };
const from = (ip, headers = {}) => ({ headers: { 'x-forwarded-for': ip, ...headers } });
const login = (ip, password = account.password, email = account.email, at = web) => at.post('/api/auth/login', { email, password }, from(ip));
const logs = (type) => d.psql('SELECT * FROM security_logs WHERE event_type = $1 ORDER BY id', [type]);

is((await web.post('/api/auth/register', { ...account, confirmPassword: account.password }, from('10.9.0.1'))).status, 201, 'an account is registered');

await test('five a minute, over all hosts', async () => {
	const seen = [];
	for (let i = 0; i < 7; i++)
		seen.push(await login('10.0.0.1', account.password, account.email, i % 2 ? there : web));
	deep(seen.map((r) => r.status), [200, 200, 200, 200, 200, 429, 429], 'two hosts share the login limit of an address');
	deep(seen.slice(0, 5).map((r) => r.headers.get('x-ratelimit-remaining')), ['4', '3', '2', '1', '0'], 'both hosts report the remaining logins');
	between(Number(seen[5].headers.get('retry-after')), 50, 60, 'Retry-After is the rest of the minute');
	is((await login('10.0.0.2')).status, 200, 'another address is not limited');
	is((await web.post('/api/auth/register', { email: 'x' }, from('10.0.0.1'))).status, 400, 'another login route is not limited');
	is(await d.redis('GET', 'rate_limit:10.0.0.1:/api/auth/login'), '7', 'rate_limit:{address}:{path} counts the requests');
	is(await d.redis('GET', 'ip_limit_auth:10.0.0.1'), '8', 'ip_limit_auth:{ip} counts the requests to all login routes');
	await until(async () => await d.redis('GET', 'ip_limit:10.0.0.1') === '8', { what: 'all requests of the address to be told under ip_limit:{ip}' });
	between(await d.redis('TTL', 'ip_limit:10.0.0.1'), 3500, 3600, 'ip_limit:{ip} expires after an hour');
});

await test('the headers of the login limit', async () => {
	const e = await startDure({ share: d, http: 2, env: { ...quick, RATE_LIMIT_ENABLED: 'true', RATE_AUTH_MAX: '2', RATE_AUTH_WINDOW: '4s', LOGIN_ATTEMPTS_MAX: '1000' } });
	const at = client(e.url), seen = [];
	for (let i = 0; i < 6; i++)
		seen.push({ r: await login('10.0.7.1', 'Wrong-horse-1', 'x@example.com', at), now: Date.now() });
	deep(seen.map((s) => s.r.status), [401, 401, 429, 429, 429, 429], 'the login limit admits two attempts in four seconds');
	const due = seen.slice(2).map(({ r, now }) => [Number(r.headers.get('retry-after')) * 1000 + now, Number(r.headers.get('x-ratelimit-reset')) * 1000]);
	for (const [retry, reset] of due)
		between(retry - reset, -1000, 1000, 'Retry-After and X-RateLimit-Reset name the same second');
	between(Math.max(...due.flat()) - Math.min(...due.flat()), 0, 1999, 'every worker names the same second');
	const early = await at.post('/api/auth/login', { email: 'x@example.com', password: 'Wrong-horse-1' }, from('10.0.7.1'));
	is(early.status, 429, 'a login before the reset is refused');
	await sleep(Math.max(...due.map(([, reset]) => reset)) - Date.now());
	is((await login('10.0.7.1', 'Wrong-horse-1', 'x@example.com', at)).status, 401, 'a login after the reset is checked');
	await d.redis('SET', 'lockout:z@example.com', 'locked', 'EX', '300');
	const locked = await login('10.0.7.2', 'Wrong-horse-1', 'z@example.com', at);
	deep([locked.status, locked.body.error.code], [429, 'ACCOUNT_LOCKED'], 'a locked account answers ACCOUNT_LOCKED');
	between(Number(locked.headers.get('x-ratelimit-reset')) - Date.now() / 1000 - Number(locked.headers.get('retry-after')), -1, 2, 'both headers of a lockout name the same second');
	await e.stop();
});

await test('guessing tokens and keys is limited', async () => {
	const bad = await web.get('/api/auth/me', from('10.0.0.9', { authorization: 'Bearer nonsense' }));
	is(bad.status, 401, 'a malformed token answers 401');
	is(bad.headers.get('x-ratelimit-remaining'), '999', "a malformed token counts towards the address's limit");
	is((await web.get('/api/auth/me', from('10.0.0.9', { 'x-api-key': 'nonsense' }))).headers.get('x-ratelimit-remaining'), '998', "a malformed API key counts towards the address's limit");
});

await test('users are limited by id and tier', async () => {
	const { body: { data } } = await login('10.0.0.3');
	const me = (ip, token = data.accessToken) => web.get('/api/auth/me', from(ip, { authorization: `Bearer ${token}` }));
	deep([(await me('10.1.0.1')).headers.get('x-ratelimit-remaining'), (await me('10.1.0.2')).headers.get('x-ratelimit-remaining')], ['999', '998'],
		'a user has one limit at all addresses');
	await d.psql("UPDATE users SET tier = 'pro'");
	const pro = (await login('10.0.0.4')).body.data.accessToken;
	is((await me('10.1.0.1', pro)).headers.get('x-ratelimit-limit'), '20000', 'the tier multiplies the limit');
});

await test('an API key has one limit on all hosts', async () => {
	const { body: { data } } = await login('10.0.0.8');
	const { body: { data: { key, id } } } = await web.post('/api/v1/api-keys', { name: 'shared', tier: 'free' }, from('10.0.0.8', { authorization: `Bearer ${data.accessToken}` }));
	const ask = (at, path = '/api/analyze/status/none') => at.get(path, from('10.2.0.1', { 'x-api-key': key }));
	is((await ask(web)).headers.get('x-ratelimit-limit'), '1000', 'an API key has the limit of its tier');
	is((await ask(web)).headers.get('x-ratelimit-remaining'), '998', 'an API key has a count of its own');
	await until(async () => (await d.redis('GET', `rate_limit:${id}:default`)) === '2', { what: 'the count' });
	await d.redis('INCRBY', `rate_limit:${id}:default`, 997);
	await ask(there);
	await until(async () => (await ask(there)).status === 429, { what: 'the other host to know' });
	ok(true, 'the second host refuses an API key that is used up');
	await until(async () => (await ask(web)).status === 429, { ms: 10000, what: 'this host to know' });
	ok(true, 'the first host refuses an API key that is used up');
	const refused = await ask(web);
	between(Number(refused.headers.get('retry-after')), 880, 905, "Retry-After is the rest of the API key's window");
});

await test('stuffing from one address', async () => {
	await d.redis('DEL', 'ip_limit_auth:10.5.5.5');
	let last;
	for (let i = 0; i < 12; i++) {
		await d.redis('DEL', 'rate_limit:10.5.5.5:/api/auth/login');
		last = await login('10.5.5.5', 'Wrong-horse-1', `victim${i}@example.com`, i % 2 ? web : there);
		if (last.status === 403)
			break;
	}
	await until(async () => (await web.get('/api/v1/health/live', from('10.5.5.5'))).status === 403, { what: 'the block' });
	ok(true, 'many failed logins block the address on every route');
	await until(async () => (await there.get('/api/v1/health/live', from('10.5.5.5'))).status === 403, { what: 'the block on the other host' });
	ok(true, 'the block holds on the other host');
	between(await d.redis('TTL', 'ip_block:10.5.5.5'), 3500, 3600, 'ip_block:{ip} expires as configured');
	is((await login('10.5.5.6')).status, 200, 'another address logs in beside a blocked one');
	await until(async () => (await logs('suspicious_activity')).length >= 1, { what: 'the record' });
	const [event] = await logs('suspicious_activity');
	deep([event.ip_address, event.level, event.details.reason], ['10.5.5.5', 'error', 'many failed logins'], 'the blocked address is in the security log');
	await until(() => told.some((a) => /suspicious_activity/.test(a.title)) && told.some((a) => /failed_login/.test(a.title)), { what: 'the alerts' });
	like(told.find((a) => /suspicious_activity/.test(a.title)).text, /ip: 10\.5\.5\.5/, 'the alert names the blocked address');
});

await test('records', async () => {
	await login('10.0.0.7', 'Wrong-horse-9');
	await until(async () => (await logs('failed_login')).some((l) => l.ip_address === '10.0.0.7'), { what: 'the record' });
	const event = (await logs('failed_login')).find((l) => l.ip_address === '10.0.0.7');
	is(event.details.email, 'kim@example.com', 'the security log of a failed login names the account');
	like(event.details.requestId, /^[0-9a-f-]{36}$/, 'the security log of a failed login names the request');
	for (const type of ['registered', 'login'])
		ok((await logs(type)).length > 0, `${type} is in the security log`);
	ok(!d.log().includes('Wrong-horse') && !JSON.stringify(await d.psql('SELECT * FROM security_logs')).includes('Wrong-horse'), 'no password is in the log or the security log');
	is((await d.psql("SELECT tableoid::regclass::text AS t FROM security_logs LIMIT 1"))[0].t,
		`security_logs_${new Date().toISOString().slice(0, 7).replace('-', '')}`, 'security_logs has a partition for the month');
});

await test('the double-submit token', async () => {
	const logged = await login('10.0.1.1');
	const cookies = () => Object.fromEntries(setCookies(logged).map((c) => c.split(';')[0].split('=')));
	const set = setCookies(logged).find((c) => c.startsWith('csrf-token='));
	ok(/SameSite=Strict/.test(set) && !/HttpOnly/.test(set), 'a login sets a csrf-token cookie that scripts can read');
	const jar = cookies(), cookie = `refreshToken=${jar.refreshToken}; csrf-token=${jar['csrf-token']}`;
	const refresh = (headers) => web.post('/api/auth/refresh', undefined, from('10.0.1.1', headers));
	const refused = await refresh({ cookie });
	is(refused.status, 403, 'a refresh without X-CSRF-Token is refused');
	is(refused.body.error.code, 'CSRF_FAILED', 'the refusal has the code CSRF_FAILED');
	is((await refresh({ cookie, 'x-csrf-token': 'x'.repeat(48) })).status, 403, 'a refresh with another X-CSRF-Token is refused');
	is((await refresh({ cookie: `refreshToken=${jar.refreshToken}` })).status, 403, 'a refresh without the csrf-token cookie is refused');
	like(setCookies(await refresh({ cookie: `refreshToken=${jar.refreshToken}` })).join(), /csrf-token=[0-9a-f]{48}/, 'a refused refresh without the cookie sets one');
	const good = await refresh({ cookie, 'x-csrf-token': jar['csrf-token'] });
	is(good.status, 200, 'a refresh with cookie and header succeeds');
	like(setCookies(good).join(), new RegExp(`csrf-token=${jar['csrf-token']}`), 'a refresh keeps the csrf-token for other tabs');
	is((await refresh({ cookie: `refreshToken=${jar.refreshToken}`, 'sec-fetch-site': 'same-origin' })).status, 200, 'a same-origin refresh needs no X-CSRF-Token');
	is((await refresh({})).status, 401, 'a refresh without a session needs no X-CSRF-Token and answers 401');
	is((await web.post('/api/auth/logout', undefined, from('10.0.1.1', { cookie, authorization: `Bearer ${good.body.data.accessToken}` }))).status, 200,
		'a request with a bearer token needs no X-CSRF-Token');
});

await test('security events during an outage of PostgreSQL', async () => {
	const e = await startDure({ share: d, proxied: true, env: quick }), web2 = client(e.url);
	const { body: { data } } = await login('10.7.0.1', account.password, account.email, web2);
	e.pgProxy.cut();
	is((await web2.post('/api/auth/logout', undefined, from('10.7.0.2', { authorization: `Bearer ${data.accessToken}` }))).status, 200,
		'a logout succeeds without PostgreSQL');
	is((await logs('logout')).filter((l) => l.ip_address === '10.7.0.2').length, 0, 'the security event waits while PostgreSQL is down');
	e.pgProxy.heal();
	await until(async () => (await logs('logout')).some((l) => l.ip_address === '10.7.0.2'), { ms: 20000, what: 'the record' });
	ok(true, 'the security event is stored when PostgreSQL is back');
	await until(async () => (await login('10.7.0.3', 'Wrong-horse-3', account.email, web2)).status === 401, { what: 'logins' });
	await e.stop();
	ok((await logs('failed_login')).some((l) => l.ip_address === '10.7.0.3'), 'security events still queued are stored when the server stops');
});

await done();
