#!/usr/bin/env t/lib/run
// 23-identity-holes.t -- weaknesses in authentication that were once open: a test for each.
import fs from 'node:fs';
import http from 'node:http';
import crypto from 'node:crypto';
import pg from 'pg';
import { client, raw, setCookies } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const quick = { ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0', ANALYZER: 'off' };
const d = await startDure({ env: { ...quick, TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_ENABLED: 'true', RATE_AUTH_MAX: '1000', RATE_AUTH_IP_MAX: '100000',
	LOGIN_ATTEMPTS_MAX: '1000', LOGIN_IP_FAILURES_MAX: '5', RATE_LIMIT_MAX: '50', RATE_LIMIT_WINDOW: '1h', SPOOL_MAX_BYTES: '1048576' } });
const web = client(d.url), password = 'Right-horse1';
let addresses = 0;
const from = (ip = `10.3.${++addresses >> 8}.${addresses & 255}`, headers = {}) => ({ headers: { 'x-forwarded-for': ip, ...headers } });
const register = (email) => web.post('/api/auth/register', { email, password, confirmPassword: password }, from());
const login = (email, pass = password, options = from()) => web.post('/api/auth/login', { email, password: pass }, options);
const bearer = (token) => from(undefined, { authorization: `Bearer ${token}` });

const db = new pg.Client({ connectionString: d.databaseUrl });
await db.connect();
const waits = () => until(async () => (await d.psql("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")).length > 0,
	{ what: 'a statement to wait for the lock' });

await test('one spelling for each address', async () => {
	await register('spelt@example.com');
	for (let i = 0; i < 6; i++)
		await login('spelt@example.com', 'Wrong-horse1', from('::ffff:10.9.0.1'));
	await until(async () => (await web.get('/health', from('::ffff:10.9.0.1'))).status === 403, { what: 'the block' });
	is((await web.get('/health', from('10.9.0.1'))).status, 403, 'a block of an IPv4-mapped address holds for the IPv4 address');
	is((await web.get('/health', from('::ffff:10.9.0.2'))).status, 200, 'a block of an IPv4-mapped address does not hold for others');
	is(await d.redis('EXISTS', 'ip_block:10.9.0.1'), 1, "the block's key has the IPv4 address");
});

await test('a password change during a login', async () => {
	// The hash is outdated, so the login renews it: it must not bring back the old password.
	await d.psql("INSERT INTO users (email, password_hash) VALUES ('race@example.com', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')");
	await register('donor@example.com');
	await db.query('BEGIN');
	await db.query("UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE email = 'donor@example.com') WHERE email = 'race@example.com'");
	const under = login('race@example.com', 'U*U');
	await waits();
	await db.query('COMMIT');
	is((await under).status, 401, 'a login with the old password fails when the password changes meanwhile');
	is((await login('race@example.com', 'U*U')).status, 401, 'the old password stays invalid after the login renewed its hash');
	is((await login('race@example.com')).status, 200, 'the new password is valid');
	await db.query('BEGIN');
	await db.query("UPDATE users SET password_hash = '!' || password_hash WHERE email = 'race@example.com'");
	const late = login('race@example.com');
	await waits();
	await db.query('COMMIT');
	is((await late).status, 401, 'a login that was right fails when the hash changes meanwhile');
	const [{ id }] = await d.psql("SELECT id FROM users WHERE email = 'race@example.com'");
	await until(async () => await d.redis('ZCARD', `user_sessions:${id}`) === 1, { what: 'its session to go' });
	ok(true, 'a failed login leaves no session');
	const many = await d.psql("UPDATE users SET password_hash = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' WHERE email = 'race@example.com'").then(
		() => Promise.all(Array.from({ length: 12 }, () => login('race@example.com', 'U*U'))));
	deep([...new Set(many.map((r) => r.status))], [200], 'twelve concurrent logins that renew a hash all succeed');
});

await test('an account lock during a login', async () => {
	await register('locked@example.com');
	await db.query('BEGIN');
	await db.query("UPDATE users SET is_active = false WHERE email = 'locked@example.com'");
	const under = login('locked@example.com');
	await waits();
	await db.query('COMMIT');
	deep([(await under).status, (await under).body.error?.code], [403, 'ACCOUNT_DISABLED'], 'a login to an account locked meanwhile answers ACCOUNT_DISABLED');
	ok(!/refreshToken=[^;]/.test(setCookies(await under).join()), 'a login to an account locked meanwhile sets no refresh cookie');
});

await test('the tier of an API key', async () => {
	await register('pro@example.com');
	d.cli('user', 'tier', 'pro@example.com', 'pro');
	const { body: { data } } = await login('pro@example.com');
	const { key } = (await web.post('/api/v1/api-keys', { name: 'k', tier: 'pro' }, bearer(data.accessToken))).body.data;
	const limit = async () => Number((await web.get('/api/auth/me', from(undefined, { 'x-api-key': key }))).headers.get('x-ratelimit-limit'));
	is(await limit(), 50 * 20, 'an API key of tier pro has twenty times the limit');
	is(d.cli('user', 'tier', 'pro@example.com', 'free').code, 0, "dure user tier sets the owner's tier to free");
	await until(async () => await limit() === 50, { what: 'the key to be so too' });
	ok(true, 'an API key has no higher tier than its owner');
});

await test('guessing API keys', async () => {
	const guess = (i) => web.get('/api/v1/health/live', from('10.8.0.1')).then(() =>
		web.get('/api/auth/me', from('10.8.0.1', { 'x-api-key': crypto.createHash('sha256').update(String(i)).digest('base64url') })));
	const info = async () => Number((await d.redis('INFO', 'commandstats')).match(/cmdstat_get:calls=(\d+)/)?.[1] ?? 0);
	for (let i = 0; i < 60; i++)
		await guess(i);
	const before = await info();
	for (let i = 60; i < 120; i++)
		is((await guess(i)).status, 429, 'guesses over the limit answer 429');
	ok(await info() - before < 30, 'guesses over the limit are not looked up in Redis');
});

await test('the count of attempts', async () => {
	await d.redis('DEL', 'login_attempts:drop@example.com');
	d.env.OFFLOAD_QUEUE = '1';
	d.env.ARGON2_MEMORY_BYTES = '33554432';
	await d.stop();
	await d.start();
	const all = await Promise.all(Array.from({ length: 12 }, () => login('drop@example.com', 'Wrong-horse1')));
	ok(all.some((r) => r.status === 503), 'some logins are refused by the full hashing queue');
	ok(Number(await d.redis('GET', 'login_attempts:drop@example.com')) >= 0, 'the count of attempts is not negative');
	await d.redis('DEL', 'login_attempts:drop@example.com');
	await Promise.all(Array.from({ length: 12 }, async () => { const r = login('drop@example.com', 'Wrong-horse1'); await d.redis('DEL', 'login_attempts:drop@example.com'); return r; }));
	const left = await d.redis('GET', 'login_attempts:drop@example.com'), ttl = await d.redis('TTL', 'login_attempts:drop@example.com');
	ok(left === null || (Number(left) >= 0 && ttl !== -1), `the count of attempts expires when its key is deleted meanwhile (${left}, ${ttl} s)`);
	d.env.OFFLOAD_QUEUE = '64';
	d.env.ARGON2_MEMORY_BYTES = '65536';
	await d.stop();
	await d.start();
});

await test('a hash of excessive cost', async () => {
	await d.psql("INSERT INTO users (email, password_hash) VALUES ('dear@example.com', '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')");
	is((await login('dear@example.com')).status, 401, 'a hash of excessive cost is not computed');
	is((await login('donor@example.com')).status, 200, 'other logins go on beside a hash of excessive cost');
});

await test('the bound on spooled answers', async () => {
	await register('disk@example.com');
	const { body: { data } } = await login('disk@example.com');
	const add = (n) => d.psql(`INSERT INTO search_sessions (message_id, user_id, query, payload) SELECT gen_random_uuid()::text, $1, 'q', jsonb_build_object('x', repeat('x', 1000))
		FROM generate_series(1, ${n}) i`, [data.user.id]);
	await add(100);
	is((await web.get('/api/v1/privacy/export', bearer(data.accessToken))).status, 200, 'an export within SPOOL_MAX_BYTES succeeds');
	await add(1200);
	const r = await web.get('/api/v1/privacy/export', bearer(data.accessToken));
	deep([r.status, r.headers.get('retry-after') !== null], [503, true], 'an export over SPOOL_MAX_BYTES answers 503 with Retry-After');
	await d.psql('DELETE FROM search_sessions');
	await add(600);
	for (let i = 0; i < 4; i++)
		is((await web.get('/api/v1/privacy/export', bearer(data.accessToken))).status, 200, 'an export that was sent frees its share of SPOOL_MAX_BYTES');
	const worker = d.pids().find((p) => /dure: http/.test(p.title)).pid;
	await until(() => !fs.readdirSync(`/proc/${worker}/fd`).some((n) => { try { return /^\/tmp\/.*deleted/.test(fs.readlinkSync(`/proc/${worker}/fd/${n}`)); } catch { return false; } }),
		{ what: 'the files to be closed' });
	ok(true, 'no spool file stays open');
});

await test("another site's page in a developer's browser", async () => {
	const e = await startDure({ share: d, env: quick });
	const ask = (headers, host = `127.0.0.1:${e.port}`) => new Promise((settle, reject) => {
		http.get({ port: e.port, host: '127.0.0.1', path: '/api/websocket/stats', headers: { host, ...headers } }, (a) => { a.resume(); settle(a.statusCode); }).on('error', reject);
	});
	is(await ask({}), 200, 'a client at the loopback address is an admin in development');
	is(await ask({ origin: `http://127.0.0.1:${e.port}`, 'sec-fetch-site': 'same-origin' }), 200, 'a page of the server itself is an admin in development');
	is(await ask({}, `localhost:${e.port}`), 200, 'the name localhost is admitted');
	isnt(await ask({ origin: 'https://evil.example' }), 200, 'a page of another origin is not admitted');
	isnt(await ask({ 'sec-fetch-site': 'cross-site' }), 200, 'a cross-site request without Origin is not admitted');
	isnt(await ask({ origin: `http://127.0.0.1:${e.port + 1}`, 'sec-fetch-site': 'same-site' }), 200, 'a page of another server on this host is not admitted');
	isnt(await ask({ origin: `http://evil.example:${e.port}`, 'sec-fetch-site': 'same-origin' }, `evil.example:${e.port}`), 200, 'a host name that resolves to this host (DNS rebinding) is not admitted');
});

await test('Redis without the list of revoked tokens', async () => {
	await register('leaves@example.com');
	const { accessToken } = (await login('leaves@example.com')).body.data;
	const me = async () => (await web.get('/api/auth/me', bearer(accessToken))).status;
	is(await me(), 200, 'a token is valid before the logout');
	is((await web.post('/api/auth/logout', undefined, bearer(accessToken))).status, 200, 'logout succeeds');
	is(await me(), 401, 'a token is revoked by the logout');
	const worker = d.pids().find((p) => /dure: http/.test(p.title)).pid;
	await d.redisServer.stop();
	await d.redisServer.start();
	await until(async () => await d.redis('ZCARD', 'auth:revocations') > 0, { ms: 20000, what: 'the list to be there again' });
	is((await d.redis('KEYS', 'token_blacklist:*')).length, 1, 'the blacklist entry is restored after Redis lost its data');
	is((await command(d, 'reload')).code, 0, 'a reload succeeds after Redis lost its data');
	await until(() => d.pids().every((p) => p.pid !== worker), { ms: 30000, what: 'the process that knew to end' });
	// On a connection of its own: the one that was kept ended with its worker, unseen while the command was waited for.
	like(await raw(d.port, `GET /api/auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${accessToken}\r\n\r\n`), /^HTTP\/1\.1 401 /, 'a revoked token stays revoked for processes that start after Redis lost its data');
});

await db.end();
await done();
