#!/usr/bin/env t/lib/run
// 21-auth-flow.t -- accounts and their sessions, as clients see them: exact bodies, cookies, messages, lockout, API keys.
import crypto from 'node:crypto';
import pg from 'pg';
import { client, setCookies } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { secret } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { NODE_ENV: 'test', ARGON2_MEMORY_BYTES: '1048576', LOGIN_FAILURE_MS: '20' } });
const web = client(d.url);
const password = 'Right-horse1';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const register = (email, more = {}, options) =>
	web.post('/api/auth/register', { email, password, confirmPassword: password, ...more }, options);
const login = (email, pass = password, options) => web.post('/api/auth/login', { email, password: pass }, options);
const cookieOf = (r) => r.headers.get('set-cookie')?.match(/^refreshToken=([^;]*)/)?.[1];
const refresh = (token) => web.post('/api/auth/refresh', undefined, { headers: { cookie: `a=b; refreshToken=${token}` } });
const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const me = (token) => web.get('/api/auth/me', { token });
const failed = (r, status, code, name) => deep([r.status, r.body?.error?.code], [status, code], name);

await test('registration', async () => {
	const r = await register('  Kim.Chulsoo+Shop@Example.COM ');
	is(r.status, 201, 'registration answers 201');
	deep(Object.keys(r.body), ['success', 'data'], 'registration answers success and data');
	deep(Object.keys(r.body.data), ['user', 'message'], 'the data of a registration are user and message');
	deep(Object.keys(r.body.data.user), ['id', 'email', 'role', 'createdAt', 'isActive'], 'a registered user has id, email, role, createdAt and isActive');
	is(r.body.data.message, '회원가입이 완료되었습니다.', 'the message of a registration is in Korean');
	is(r.body.data.user.email, 'kim.chulsoo+shop@example.com', 'registration normalises the email address');
	deep([r.body.data.user.role, r.body.data.user.isActive], ['user', true], 'a registered user is active and has the role user');
	like(r.body.data.user.id, uuid, 'the id of a user is a UUID');
	like(r.body.data.user.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'createdAt is in ISO 8601');
	failed(await register('KIM.chulsoo+shop@example.com'), 409, 'EMAIL_ALREADY_EXISTS', 'a known address in another case answers 409');
	failed(await register('b@example.com', { role: 'admin' }), 403, 'FORBIDDEN', 'registration refuses the role admin');
	failed(await register('b@example.com', { role: 'seller' }), 403, 'FORBIDDEN', 'registration refuses the role seller');
	failed(await register('b@example.com', { confirmPassword: 'Other-horse1' }), 400, 'VALIDATION_FAILED', 'registration refuses a confirmPassword that differs');
	const both = (await register('b@example.com', { password: 'weak', confirmPassword: 'other' })).body.error.details;
	deep(both.map((e) => [e.field, e.reason]), [['password', '8자 이상 128자 이하여야 합니다'], ['confirmPassword', '서로 일치해야 합니다']], 'a weak password and a differing confirmation are two errors');
	const bad = await web.post('/api/auth/register', { email: 'nobody', password: 'short', role: 'king' });
	deep(bad.body.error.details.map((e) => e.field), ['email', 'password', 'confirmPassword', 'role'], 'registration lists every faulty field');
	for (const weak of ['alllower1!', 'ALLUPPER1!', 'NoDigits!!', 'NoMarks123', 'Sh0rt!', 'Aa1!' + 'x'.repeat(125)])
		failed(await register('b@example.com', { password: weak, confirmPassword: weak }), 400, 'VALIDATION_FAILED', `registration refuses the weak password ${weak.slice(0, 12)}`);
	for (const email of ['a@b', 'a b@c.kr', '@c.kr', 'a..b@c.kr', 'a@-c.kr', 'a@c..kr', 'a@c.1', `${'a'.repeat(65)}@c.kr`, '한글@c.kr'])
		failed(await register(email), 400, 'VALIDATION_FAILED', `registration refuses the malformed address ${email.slice(0, 12)}`);
	is((await register('long@example.com', { password: 'Aa1!' + '가'.repeat(124), confirmPassword: 'Aa1!' + '가'.repeat(124) })).status, 201,
		'registration accepts a password of 128 multibyte characters');
	is((await login('long@example.com', 'Aa1!' + '가'.repeat(124))).status, 200, 'login accepts a password of 128 multibyte characters');
	const [row] = await d.psql("SELECT password_hash FROM users WHERE email LIKE 'kim%'");
	like(row.password_hash, /^\$argon2id\$v=19\$m=1024,t=2,p=1\$/, 'a password is stored as an Argon2id hash');
});

await test('login', async () => {
	const r = await login('Kim.Chulsoo+shop@example.com');
	is(r.status, 200, 'login answers 200');
	deep(Object.keys(r.body), ['success', 'data', 'message'], 'login answers success, data and message');
	deep(Object.keys(r.body.data), ['user', 'accessToken', 'tokenType', 'expiresIn'], 'the data of a login are user, access token, its type and lifetime');
	deep(Object.keys(r.body.data.user), ['id', 'email', 'role'], 'the user of a login has id, email and role');
	deep([r.body.message, r.body.data.tokenType, r.body.data.expiresIn], ['로그인 성공', 'Bearer', 900], 'login answers its message, the type Bearer and 900 seconds');
	const cookie = setCookies(r)[0].split(/;\s*/);
	deep(cookie.slice(1).sort(), ['HttpOnly', 'Max-Age=604800', 'Path=/api', 'SameSite=Strict'], 'the refresh cookie is HttpOnly, strict and limited to /api');
	const c = claims(r.body.data.accessToken);
	deep(Object.keys(c).sort(), ['exp', 'iat', 'jti', 'kid', 'role', 'sid', 'sub', 'tier'], 'an access token has the documented claims');
	deep([c.sub, c.role, c.tier, c.exp - c.iat], [r.body.data.user.id, 'user', 'free', 900], 'an access token names user, role, tier and 900 seconds');
	const stored = await d.redis('GET', `user_session:${c.sub}:${c.sid}`);
	ok(stored && !cookieOf(r).includes(stored), 'Redis holds a hash of the refresh token');
	ok(await d.redis('TTL', `user_session:${c.sub}:${c.sid}`) > 604600, 'the session in Redis expires after seven days');
	is(await until(() => d.redis('GET', `user_online:${c.sub}`), { what: 'the user to be online' }), 'true', 'user_online:{userId} is true from the login');
	ok(await d.redis('TTL', `user_online:${c.sub}`) > 3500, 'user_online:{userId} expires after an hour');
	const en = await login('kim.chulsoo+shop@example.com', password, { language: 'en' });
	is(en.body.message, 'Logged in.', 'the message of a login is in English when asked for');
	const m = await me(r.body.data.accessToken);
	deep([m.status, Object.keys(m.body.data.user)], [200, ['id', 'email', 'role', 'createdAt', 'isActive']], 'GET /api/auth/me answers the user of the token');
	failed(await web.get('/api/auth/me'), 401, 'UNAUTHORIZED', 'GET /api/auth/me answers 401 without a token');
});

await test('refresh', async () => {
	const first = await login('kim.chulsoo+shop@example.com'), old = cookieOf(first);
	const second = await refresh(old);
	is(second.status, 200, 'refresh answers 200');
	deep([second.body.message, Object.keys(second.body.data)], ['토큰 갱신 성공', ['user', 'accessToken', 'tokenType', 'expiresIn']], 'refresh answers as login does');
	isnt(cookieOf(second), old, 'refresh replaces the refresh token');
	const tab = await refresh(old);
	deep([tab.status, cookieOf(tab)], [200, cookieOf(second)], 'a second refresh with the same token gets the same successor');
	is(claims(tab.body.data.accessToken).sid, claims(first.body.data.accessToken).sid, 'both access tokens belong to one session');
	is((await refresh(cookieOf(second))).status, 200, 'the successor refreshes');
	failed(await refresh(old), 401, 'REFRESH_TOKEN_INVALID', 'a refresh token of two turns ago answers 401');
	failed(await refresh(cookieOf(tab)), 401, 'REFRESH_TOKEN_INVALID', 'the reuse of a refresh token revokes its successors');
	failed(await me(second.body.data.accessToken), 401, 'TOKEN_REVOKED', 'the reuse of a refresh token revokes the access tokens of the session');
	like(d.log(), /suspicious_activity.*refresh token used twice/, 'the reuse of a refresh token is logged as suspicious activity');
	for (const bad of ['', 'x', old.slice(0, -1) + (old.endsWith('A') ? 'B' : 'A'), old.replace(/\.1\./, '.2.'), 'a.b.1.c'])
		failed(await refresh(bad), 401, 'REFRESH_TOKEN_INVALID', `refresh refuses the malformed token ${bad.slice(0, 8)}…`);
	failed(await web.post('/api/auth/refresh'), 401, 'REFRESH_TOKEN_INVALID', 'refresh answers 401 without the cookie');
});

await test('late reuse of a refresh token', async () => {
	const r = await login('kim.chulsoo+shop@example.com'), c = claims(r.body.data.accessToken);
	const next = await refresh(cookieOf(r));
	await d.redis('HINCRBY', `user_session_info:${c.sub}:${c.sid}`, 'turned', -10001);
	failed(await refresh(cookieOf(r)), 401, 'REFRESH_TOKEN_INVALID', 'a replaced refresh token answers 401 after ten seconds');
	failed(await refresh(cookieOf(next)), 401, 'REFRESH_TOKEN_INVALID', 'the late reuse revokes the successor');
});

await test('logout', async () => {
	const r = await login('kim.chulsoo+shop@example.com'), token = r.body.data.accessToken, c = claims(token);
	const other = (await login('kim.chulsoo+shop@example.com')).body.data.accessToken;
	const out = await web.post('/api/auth/logout', undefined, { token });
	deep(out.body, { success: true, message: '로그아웃되었습니다.' }, 'logout answers success and its message');
	like(out.headers.get('set-cookie'), /^refreshToken=; Max-Age=0; Path=\/api/, 'logout clears the refresh cookie');
	for (let i = 0; i < 10; i++)
		failed(await me(token), 401, 'TOKEN_REVOKED', 'the access token answers TOKEN_REVOKED on every worker after logout');
	ok(await d.redis('TTL', `token_blacklist:${c.jti}`) > 700, 'the access token is blacklisted for its remaining lifetime');
	is(await d.redis('EXISTS', `user_session:${c.sub}:${c.sid}`), 0, 'logout deletes the session from Redis');
	failed(await refresh(cookieOf(r)), 401, 'REFRESH_TOKEN_INVALID', 'logout invalidates the refresh token');
	is((await me(other)).status, 200, 'logout leaves other sessions of the user valid');
	failed(await web.post('/api/auth/logout'), 401, 'UNAUTHORIZED', 'logout answers 401 without a token');
});

await test('sessions', async () => {
	await register('s@example.com');
	const a = await login('s@example.com', password, { headers: { 'user-agent': 'browser A' } });
	const b = await login('s@example.com'), c = await login('s@example.com');
	const token = a.body.data.accessToken;
	const list = (await web.get('/api/auth/sessions', { token })).body;
	deep(Object.keys(list), ['success', 'data', 'nextCursor'], 'the list of sessions answers success, data and nextCursor');
	deep(Object.keys(list.data[0]).sort(), ['createdAt', 'current', 'expiresAt', 'id', 'ip', 'lastUsedAt', 'userAgent'], 'a session in the list has the documented members');
	is(list.data.length, 3, "the list has the user's three sessions");
	deep(list.data.filter((s) => s.current).map((s) => [s.id, s.userAgent]), [[claims(token).sid, 'browser A']], 'the list marks the session of the caller');
	const del = await web.del(`/api/auth/sessions/${claims(b.body.data.accessToken).sid}`, undefined, { token });
	is(del.status, 200, 'a user ends another session of their own');
	await until(async () => (await me(b.body.data.accessToken)).status === 401, { what: 'its token to be refused' });
	failed(await refresh(cookieOf(b)), 401, 'REFRESH_TOKEN_INVALID', 'the refresh token of an ended session answers 401');
	failed(await web.del(`/api/auth/sessions/${claims(b.body.data.accessToken).sid}`, undefined, { token }), 404, 'NOT_FOUND', 'a session that has ended answers 404');
	const foreign = claims((await login('kim.chulsoo+shop@example.com')).body.data.accessToken).sid;
	failed(await web.del(`/api/auth/sessions/${foreign}`, undefined, { token }), 404, 'NOT_FOUND', 'the session of another user answers 404');
	is((await web.post('/api/auth/logout-all', undefined, { token })).status, 200, 'logout-all answers 200');
	await until(async () => (await me(c.body.data.accessToken)).status === 401, { what: 'the other token to be refused' });
	failed(await me(token), 401, 'TOKEN_REVOKED', "logout-all revokes the caller's own token");
	failed(await refresh(cookieOf(c)), 401, 'REFRESH_TOKEN_INVALID', 'logout-all invalidates the refresh tokens');
	await until(async () => await d.redis('EXISTS', `user_online:${claims(token).sub}`) === 0, { what: 'who logged out everywhere to be offline' });
	is((await me((await login('s@example.com')).body.data.accessToken)).status, 200, 'a new login is valid at once after logout-all');
});

await test('password', async () => {
	await register('p@example.com');
	const a = await login('p@example.com'), b = await login('p@example.com'), token = a.body.data.accessToken;
	const change = (currentPassword, newPassword) => web.post('/api/auth/password', { currentPassword, newPassword }, { token });
	failed(await change('Wrong-horse1', 'Newer-horse2'), 401, 'INVALID_CREDENTIALS', 'a password change refuses a wrong current password');
	failed(await change(password, 'weak'), 400, 'VALIDATION_FAILED', 'a password change refuses a weak new password');
	is((await change(password, 'Newer-horse2')).status, 200, 'a password change answers 200');
	is((await me(token)).status, 200, "a password change leaves the caller's session valid");
	await until(async () => (await me(b.body.data.accessToken)).status === 401, { what: 'the other session to end' });
	failed(await refresh(cookieOf(b)), 401, 'REFRESH_TOKEN_INVALID', 'a password change invalidates the refresh tokens of other sessions');
	failed(await login('p@example.com'), 401, 'INVALID_CREDENTIALS', 'login refuses the old password');
	is((await login('p@example.com', 'Newer-horse2')).status, 200, 'login accepts the new password');
});

await test('imported bcrypt hashes', async () => {
	// crypt(3) of "U*U" and of the pass phrase below, cost 5 and 4
	await d.psql(`INSERT INTO users (email, password_hash) VALUES ('old@example.com', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')`);
	failed(await login('old@example.com', 'U*V'), 401, 'INVALID_CREDENTIALS', 'login refuses a wrong password against a bcrypt hash');
	is((await login('old@example.com', 'U*U')).status, 200, 'login accepts the right password against a bcrypt hash');
	like((await d.psql("SELECT password_hash AS h FROM users WHERE email = 'old@example.com'"))[0].h, /^\$argon2id\$/, 'login replaces a bcrypt hash by Argon2id');
	is((await login('old@example.com', 'U*U')).status, 200, 'login accepts the password against the new hash');
});

await test('lockout', async () => {
	await register('l@example.com');
	for (const email of ['l@example.com', 'nobody@example.com']) {
		for (let i = 1; i <= 5; i++)
			failed(await login(email, 'Wrong-horse1'), 401, 'INVALID_CREDENTIALS', `${email}: failure ${i} answers 401`);
		const r = await login(email, password);
		failed(r, 429, 'ACCOUNT_LOCKED', `${email}: the sixth attempt answers ACCOUNT_LOCKED, even with the right password`);
		const wait = Number(r.headers.get('retry-after'));
		ok(wait > 840 && wait <= 900, `${email}: Retry-After gives the rest of 15 minutes`);
		ok(await d.redis('TTL', `lockout:${email}`) > 840, `${email}: lockout:{email} is in Redis for 15 minutes`);
		is(await d.redis('GET', `login_attempts:${email}`), '5', `${email}: login_attempts:{email} counts five failures`);
	}
	await d.redis('DEL', 'lockout:l@example.com', 'login_attempts:l@example.com');
	is((await login('l@example.com')).status, 200, 'login succeeds when the lockout is removed');
	is(await d.redis('EXISTS', 'login_attempts:l@example.com'), 0, 'a successful login clears the failed attempts');
	const many = await Promise.all(Array.from({ length: 40 }, () => login('storm@example.com', 'Wrong-horse1')));
	is(many.filter((r) => r.status === 401).length, 5, 'five of 40 concurrent wrong logins are checked');
	is(many.filter((r) => r.status === 429).length, 35, 'the other 35 concurrent wrong logins are locked out');
	const good = await Promise.all(Array.from({ length: 20 }, () => login('l@example.com')));
	ok(good.every((r) => r.status === 200), '20 concurrent right logins succeed');
});

await test('API keys', async () => {
	await register('k@example.com');
	const token = (await login('k@example.com')).body.data.accessToken;
	const made = await web.post('/api/v1/api-keys', { name: 'batch' }, { token });
	is(made.status, 201, 'the creation of an API key answers 201');
	const { key, id } = made.body.data;
	is(Buffer.from(key, 'base64url').length, 32, 'an API key has 32 bytes');
	const by = (k) => web.get('/api/auth/me', { headers: { 'x-api-key': k } });
	is((await by(key)).body.data.user.email, 'k@example.com', 'an API key authenticates its owner');
	const listed = (await web.get('/api/v1/api-keys', { token })).body;
	deep(listed.data.map((k) => [k.id, k.name, k.tier, k.hint, 'key' in k]), [[id, 'batch', 'free', key.slice(-4), false]], 'the list of API keys has a hint instead of the key');
	const [row] = await d.psql('SELECT key_hash FROM api_keys');
	ok(!row.key_hash.includes(key), 'an API key is stored as a hash');
	for (let i = 0; i < 20; i++)
		await by(key);
	await until(async () => (await web.get('/api/v1/api-keys', { token })).body.data[0].requestCount === 21,
		{ ms: 30000, what: '21 uses to be counted' });
	ok((await web.get('/api/v1/api-keys', { token })).body.data[0].lastUsedAt, 'the list of API keys has the last use');
	failed(await web.get('/api/v1/api-keys', { headers: { 'x-api-key': key } }), 403, 'FORBIDDEN', 'an API key cannot list API keys');
	failed(await web.post('/api/v1/api-keys', { name: 'x', tier: 'pro' }, { token }), 403, 'FORBIDDEN', 'a user cannot create a key of a tier above their own');
	const turned = await web.post(`/api/v1/api-keys/${id}/rotate`, undefined, { token });
	isnt(turned.body.data.key, key, 'rotation replaces the API key');
	await until(async () => (await by(key)).status === 401, { what: 'the old key to end' });
	for (let i = 0; i < 6; i++)
		is((await by(turned.body.data.key)).status, 200, 'the rotated API key is valid');
	failed(await by('x'.repeat(43)), 401, 'API_KEY_INVALID', 'an unknown API key answers API_KEY_INVALID');
	await register('k2@example.com');
	const stranger = (await login('k2@example.com')).body.data.accessToken;
	failed(await web.del(`/api/v1/api-keys/${id}`, undefined, { token: stranger }), 404, 'NOT_FOUND', 'another user cannot delete an API key');
	failed(await web.post(`/api/v1/api-keys/${id}/rotate`, undefined, { token: stranger }), 404, 'NOT_FOUND', 'another user cannot rotate an API key');
	is((await web.del(`/api/v1/api-keys/${id}`, undefined, { token })).status, 200, 'its owner deletes an API key');
	await until(async () => (await by(turned.body.data.key)).status === 401, { what: 'the deleted key to end' });
});

await test("API keys with a former server's hash", async () => {
	await register('k3@example.com');
	const { accessToken: token, user } = (await login('k3@example.com')).body.data, key = 'sk_live_0123456789abcdef';
	const hex = crypto.createHash('sha256').update(key + secret).digest('hex'), by = (k) => web.get('/api/auth/me', { headers: { 'x-api-key': k } });
	const stored = async () => (await d.psql('SELECT key_hash FROM api_keys WHERE user_id = $1', [user.id])).map((r) => r.key_hash);
	await d.psql("INSERT INTO api_keys (user_id, name, key_hash, hint, tier) VALUES ($1, 'old', $2, 'cdef', 'free')", [user.id, hex]);
	failed(await by(hex), 401, 'API_KEY_INVALID', 'the stored hash of a key is not accepted as a key');
	deep((await Promise.all(Array.from({ length: 8 }, () => by(key)))).map((r) => r.body.data?.user.email), Array(8).fill('k3@example.com'), 'eight concurrent first uses of an imported key succeed');
	ok((await stored()).length === 1 && !(await stored()).includes(hex), 'the first use replaces the imported hash by the current one');
	const [{ id }] = (await web.get('/api/v1/api-keys', { token })).body.data;
	await web.del(`/api/v1/api-keys/${id}`, undefined, { token });
	await until(async () => (await by(key)).status === 401, { what: 'it to end, deleted' });
});
await test('row-level security', async () => {
	const c = new pg.Client({ connectionString: d.databaseUrl });
	await c.connect();
	const seen = async (user) => {
		await c.query('BEGIN');
		await c.query("SELECT set_config('dure.user', $1, true)", [user]);
		const { rows: [{ n }] } = await c.query('SELECT count(*)::int AS n FROM api_keys');
		await c.query('COMMIT');
		return n;
	};
	await register('r@example.com');
	const r = await login('r@example.com');
	await web.post('/api/v1/api-keys', { name: 'r' }, { token: r.body.data.accessToken });
	is(await seen(r.body.data.user.id), 1, 'a user sees their own API keys under row-level security');
	is(await seen('00000000-0000-4000-8000-000000000000'), 0, 'a user sees no API key of others, though the role owns the table');
	await c.end();
});
await done();
