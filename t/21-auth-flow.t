#!/usr/bin/env t/lib/run
// 21-auth-flow.t -- accounts and their sessions, as clients see them: exact bodies, cookies, messages, lockout, keys.
import pg from 'pg';
import { client, setCookies } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
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
	is(r.status, 201, '201');
	deep(Object.keys(r.body), ['success', 'data'], 'the envelope');
	deep(Object.keys(r.body.data), ['user', 'message'], 'user and message are in data');
	deep(Object.keys(r.body.data.user), ['id', 'email', 'role', 'createdAt', 'isActive'], 'the user');
	is(r.body.data.message, '회원가입이 완료되었습니다.', 'the message');
	is(r.body.data.user.email, 'kim.chulsoo+shop@example.com', 'the address is normal');
	deep([r.body.data.user.role, r.body.data.user.isActive], ['user', true], 'role and state');
	like(r.body.data.user.id, uuid, 'the id');
	like(r.body.data.user.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'the time');
	failed(await register('KIM.chulsoo+shop@example.com'), 409, 'EMAIL_ALREADY_EXISTS', 'a known address in another case');
	failed(await register('b@example.com', { role: 'admin' }), 403, 'FORBIDDEN', 'nobody makes himself an admin');
	failed(await register('b@example.com', { role: 'seller' }), 403, 'FORBIDDEN', 'nor a seller');
	failed(await register('b@example.com', { confirmPassword: 'Other-horse1' }), 400, 'VALIDATION_FAILED', 'two passwords');
	const both = (await register('b@example.com', { password: 'weak', confirmPassword: 'other' })).body.error.details;
	deep(both.map((e) => [e.field, e.reason]), [['password', '8자 이상 128자 이하여야 합니다'], ['confirmPassword', '서로 일치해야 합니다']], 'a weak password and another one beside it are two faults');
	const bad = await web.post('/api/auth/register', { email: 'nobody', password: 'short', role: 'king' });
	deep(bad.body.error.details.map((e) => e.field), ['email', 'password', 'confirmPassword', 'role'], 'every fault is listed');
	for (const weak of ['alllower1!', 'ALLUPPER1!', 'NoDigits!!', 'NoMarks123', 'Sh0rt!', 'Aa1!' + 'x'.repeat(125)])
		failed(await register('b@example.com', { password: weak, confirmPassword: weak }), 400, 'VALIDATION_FAILED', `not ${weak.slice(0, 12)}`);
	for (const email of ['a@b', 'a b@c.kr', '@c.kr', 'a..b@c.kr', 'a@-c.kr', 'a@c..kr', 'a@c.1', `${'a'.repeat(65)}@c.kr`, '한글@c.kr'])
		failed(await register(email), 400, 'VALIDATION_FAILED', `no address: ${email.slice(0, 12)}`);
	is((await register('long@example.com', { password: 'Aa1!' + '가'.repeat(124), confirmPassword: 'Aa1!' + '가'.repeat(124) })).status, 201,
		'128 characters of several bytes');
	is((await login('long@example.com', 'Aa1!' + '가'.repeat(124))).status, 200, 'log in');
	const [row] = await d.psql("SELECT password_hash FROM users WHERE email LIKE 'kim%'");
	like(row.password_hash, /^\$argon2id\$v=19\$m=1024,t=2,p=1\$/, 'stored as Argon2id');
});

await test('login', async () => {
	const r = await login('Kim.Chulsoo+shop@example.com');
	is(r.status, 200, '200');
	deep(Object.keys(r.body), ['success', 'data', 'message'], 'the envelope');
	deep(Object.keys(r.body.data), ['user', 'accessToken', 'tokenType', 'expiresIn'], 'data');
	deep(Object.keys(r.body.data.user), ['id', 'email', 'role'], 'the user');
	deep([r.body.message, r.body.data.tokenType, r.body.data.expiresIn], ['로그인 성공', 'Bearer', 900], 'the values');
	const cookie = setCookies(r)[0].split(/;\s*/);
	deep(cookie.slice(1).sort(), ['HttpOnly', 'Max-Age=604800', 'Path=/api', 'SameSite=Strict'], 'the cookie');
	const c = claims(r.body.data.accessToken);
	deep(Object.keys(c).sort(), ['exp', 'iat', 'jti', 'kid', 'role', 'sid', 'sub', 'tier'], 'the claims');
	deep([c.sub, c.role, c.tier, c.exp - c.iat], [r.body.data.user.id, 'user', 'free', 900], 'and their values');
	const stored = await d.redis('GET', `user_session:${c.sub}:${c.sid}`);
	ok(stored && !cookieOf(r).includes(stored), 'Redis holds a hash of the refresh token');
	ok(await d.redis('TTL', `user_session:${c.sub}:${c.sid}`) > 604600, 'for seven days');
	is(await until(() => d.redis('GET', `user_online:${c.sub}`), { what: 'the user to be online' }), 'true', 'user_online:{userId} is true from the login');
	ok(await d.redis('TTL', `user_online:${c.sub}`) > 3500, 'for an hour');
	const en = await login('kim.chulsoo+shop@example.com', password, { language: 'en' });
	is(en.body.message, 'Logged in.', 'in English');
	const m = await me(r.body.data.accessToken);
	deep([m.status, Object.keys(m.body.data.user)], [200, ['id', 'email', 'role', 'createdAt', 'isActive']], 'me');
	failed(await web.get('/api/auth/me'), 401, 'UNAUTHORIZED', 'me without a token');
});

await test('refresh', async () => {
	const first = await login('kim.chulsoo+shop@example.com'), old = cookieOf(first);
	const second = await refresh(old);
	is(second.status, 200, 'refreshed');
	deep([second.body.message, Object.keys(second.body.data)], ['토큰 갱신 성공', ['user', 'accessToken', 'tokenType', 'expiresIn']], 'as login');
	isnt(cookieOf(second), old, 'the token is another');
	const tab = await refresh(old);
	deep([tab.status, cookieOf(tab)], [200, cookieOf(second)], 'a second tab gets the same new one');
	is(claims(tab.body.data.accessToken).sid, claims(first.body.data.accessToken).sid, 'of the same session');
	is((await refresh(cookieOf(second))).status, 200, 'which is good');
	failed(await refresh(old), 401, 'REFRESH_TOKEN_INVALID', 'a token of two turns ago');
	failed(await refresh(cookieOf(tab)), 401, 'REFRESH_TOKEN_INVALID', 'ends the family');
	failed(await me(second.body.data.accessToken), 401, 'TOKEN_REVOKED', 'and its access tokens');
	like(d.log(), /suspicious_activity.*refresh token used twice/, 'and is noted');
	for (const bad of ['', 'x', old.slice(0, -1) + (old.endsWith('A') ? 'B' : 'A'), old.replace(/\.1\./, '.2.'), 'a.b.1.c'])
		failed(await refresh(bad), 401, 'REFRESH_TOKEN_INVALID', `not ${bad.slice(0, 8)}…`);
	failed(await web.post('/api/auth/refresh'), 401, 'REFRESH_TOKEN_INVALID', 'no cookie');
});

await test('late reuse', async () => {
	const r = await login('kim.chulsoo+shop@example.com'), c = claims(r.body.data.accessToken);
	const next = await refresh(cookieOf(r));
	await d.redis('HINCRBY', `user_session_info:${c.sub}:${c.sid}`, 'turned', -10001);
	failed(await refresh(cookieOf(r)), 401, 'REFRESH_TOKEN_INVALID', 'the old token after ten seconds');
	failed(await refresh(cookieOf(next)), 401, 'REFRESH_TOKEN_INVALID', 'took the new one with it');
});

await test('logout', async () => {
	const r = await login('kim.chulsoo+shop@example.com'), token = r.body.data.accessToken, c = claims(token);
	const other = (await login('kim.chulsoo+shop@example.com')).body.data.accessToken;
	const out = await web.post('/api/auth/logout', undefined, { token });
	deep(out.body, { success: true, message: '로그아웃되었습니다.' }, 'the answer, exactly');
	like(out.headers.get('set-cookie'), /^refreshToken=; Max-Age=0; Path=\/api/, 'the cookie goes');
	for (let i = 0; i < 10; i++)
		failed(await me(token), 401, 'TOKEN_REVOKED', 'no worker takes the token any more');
	ok(await d.redis('TTL', `token_blacklist:${c.jti}`) > 700, 'it is blacklisted for its remaining life');
	is(await d.redis('EXISTS', `user_session:${c.sub}:${c.sid}`), 0, 'the session is gone');
	failed(await refresh(cookieOf(r)), 401, 'REFRESH_TOKEN_INVALID', 'so is its refresh token');
	is((await me(other)).status, 200, 'another session lives on');
	failed(await web.post('/api/auth/logout'), 401, 'UNAUTHORIZED', 'without a token');
});

await test('sessions', async () => {
	await register('s@example.com');
	const a = await login('s@example.com', password, { headers: { 'user-agent': 'browser A' } });
	const b = await login('s@example.com'), c = await login('s@example.com');
	const token = a.body.data.accessToken;
	const list = (await web.get('/api/auth/sessions', { token })).body;
	deep(Object.keys(list), ['success', 'data', 'nextCursor'], 'a list');
	deep(Object.keys(list.data[0]).sort(), ['createdAt', 'current', 'expiresAt', 'id', 'ip', 'lastUsedAt', 'userAgent'], 'of sessions');
	is(list.data.length, 3, 'three');
	deep(list.data.filter((s) => s.current).map((s) => [s.id, s.userAgent]), [[claims(token).sid, 'browser A']], 'one is this one');
	const del = await web.del(`/api/auth/sessions/${claims(b.body.data.accessToken).sid}`, undefined, { token });
	is(del.status, 200, 'another is ended');
	await until(async () => (await me(b.body.data.accessToken)).status === 401, { what: 'its token to be refused' });
	failed(await refresh(cookieOf(b)), 401, 'REFRESH_TOKEN_INVALID', 'and its refresh token');
	failed(await web.del(`/api/auth/sessions/${claims(b.body.data.accessToken).sid}`, undefined, { token }), 404, 'NOT_FOUND', 'once');
	const foreign = claims((await login('kim.chulsoo+shop@example.com')).body.data.accessToken).sid;
	failed(await web.del(`/api/auth/sessions/${foreign}`, undefined, { token }), 404, 'NOT_FOUND', "not somebody else's");
	is((await web.post('/api/auth/logout-all', undefined, { token })).status, 200, 'all are ended');
	await until(async () => (await me(c.body.data.accessToken)).status === 401, { what: 'the other token to be refused' });
	failed(await me(token), 401, 'TOKEN_REVOKED', 'the own one too');
	failed(await refresh(cookieOf(c)), 401, 'REFRESH_TOKEN_INVALID', 'no refresh');
	await until(async () => await d.redis('EXISTS', `user_online:${claims(token).sub}`) === 0, { what: 'who logged out everywhere to be offline' });
	is((await me((await login('s@example.com')).body.data.accessToken)).status, 200, 'a new login is good at once');
});

await test('password', async () => {
	await register('p@example.com');
	const a = await login('p@example.com'), b = await login('p@example.com'), token = a.body.data.accessToken;
	const change = (currentPassword, newPassword) => web.post('/api/auth/password', { currentPassword, newPassword }, { token });
	failed(await change('Wrong-horse1', 'Newer-horse2'), 401, 'INVALID_CREDENTIALS', 'the present one must be right');
	failed(await change(password, 'weak'), 400, 'VALIDATION_FAILED', 'the new one strong');
	is((await change(password, 'Newer-horse2')).status, 200, 'changed');
	is((await me(token)).status, 200, 'this session goes on');
	await until(async () => (await me(b.body.data.accessToken)).status === 401, { what: 'the other session to end' });
	failed(await refresh(cookieOf(b)), 401, 'REFRESH_TOKEN_INVALID', 'for good');
	failed(await login('p@example.com'), 401, 'INVALID_CREDENTIALS', 'the old password');
	is((await login('p@example.com', 'Newer-horse2')).status, 200, 'the new one');
});

await test('imported bcrypt hashes', async () => {
	// crypt(3) of "U*U" and of the pass phrase below, cost 5 and 4
	await d.psql(`INSERT INTO users (email, password_hash) VALUES ('old@example.com', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')`);
	failed(await login('old@example.com', 'U*V'), 401, 'INVALID_CREDENTIALS', 'a wrong password');
	is((await login('old@example.com', 'U*U')).status, 200, 'the right one');
	like((await d.psql("SELECT password_hash AS h FROM users WHERE email = 'old@example.com'"))[0].h, /^\$argon2id\$/, 'is hashed anew');
	is((await login('old@example.com', 'U*U')).status, 200, 'and is still right');
});

await test('lockout', async () => {
	await register('l@example.com');
	for (const email of ['l@example.com', 'nobody@example.com']) {
		for (let i = 1; i <= 5; i++)
			failed(await login(email, 'Wrong-horse1'), 401, 'INVALID_CREDENTIALS', `${email}: failure ${i}`);
		const r = await login(email, password);
		failed(r, 429, 'ACCOUNT_LOCKED', `${email}: locked, even with the right password`);
		const wait = Number(r.headers.get('retry-after'));
		ok(wait > 840 && wait <= 900, 'Retry-After says for how long');
		ok(await d.redis('TTL', `lockout:${email}`) > 840, 'lockout:{email}');
		is(await d.redis('GET', `login_attempts:${email}`), '5', 'login_attempts:{email}');
	}
	await d.redis('DEL', 'lockout:l@example.com', 'login_attempts:l@example.com');
	is((await login('l@example.com')).status, 200, 'then it may log in again');
	is(await d.redis('EXISTS', 'login_attempts:l@example.com'), 0, 'and nothing is held against it');
	const many = await Promise.all(Array.from({ length: 40 }, () => login('storm@example.com', 'Wrong-horse1')));
	is(many.filter((r) => r.status === 401).length, 5, '40 guesses at once are worth five');
	is(many.filter((r) => r.status === 429).length, 35, 'the others are locked out');
	const good = await Promise.all(Array.from({ length: 20 }, () => login('l@example.com')));
	ok(good.every((r) => r.status === 200), '20 right ones at once are all let in');
});

await test('API keys', async () => {
	await register('k@example.com');
	const token = (await login('k@example.com')).body.data.accessToken;
	const made = await web.post('/api/v1/api-keys', { name: 'batch' }, { token });
	is(made.status, 201, 'made');
	const { key, id } = made.body.data;
	is(Buffer.from(key, 'base64url').length, 32, '32 bytes');
	const by = (k) => web.get('/api/auth/me', { headers: { 'x-api-key': k } });
	is((await by(key)).body.data.user.email, 'k@example.com', 'it speaks for its owner');
	const listed = (await web.get('/api/v1/api-keys', { token })).body;
	deep(listed.data.map((k) => [k.id, k.name, k.tier, k.hint, 'key' in k]), [[id, 'batch', 'free', key.slice(-4), false]], 'listed without the key');
	const [row] = await d.psql('SELECT key_hash FROM api_keys');
	ok(!row.key_hash.includes(key), 'stored as a hash');
	for (let i = 0; i < 20; i++)
		await by(key);
	await until(async () => (await web.get('/api/v1/api-keys', { token })).body.data[0].requestCount === 21,
		{ ms: 30000, what: '21 uses to be counted' });
	ok((await web.get('/api/v1/api-keys', { token })).body.data[0].lastUsedAt, 'with the last use');
	failed(await web.get('/api/v1/api-keys', { headers: { 'x-api-key': key } }), 403, 'FORBIDDEN', 'a key makes no keys');
	failed(await web.post('/api/v1/api-keys', { name: 'x', tier: 'pro' }, { token }), 403, 'FORBIDDEN', "no tier above one's own");
	const turned = await web.post(`/api/v1/api-keys/${id}/rotate`, undefined, { token });
	isnt(turned.body.data.key, key, 'rotated');
	await until(async () => (await by(key)).status === 401, { what: 'the old key to end' });
	for (let i = 0; i < 6; i++)
		is((await by(turned.body.data.key)).status, 200, 'the new key is good');
	failed(await by('x'.repeat(43)), 401, 'API_KEY_INVALID', 'another key');
	await register('k2@example.com');
	const stranger = (await login('k2@example.com')).body.data.accessToken;
	failed(await web.del(`/api/v1/api-keys/${id}`, undefined, { token: stranger }), 404, 'NOT_FOUND', "not somebody else's");
	failed(await web.post(`/api/v1/api-keys/${id}/rotate`, undefined, { token: stranger }), 404, 'NOT_FOUND', 'nor rotate');
	is((await web.del(`/api/v1/api-keys/${id}`, undefined, { token })).status, 200, 'deleted');
	await until(async () => (await by(turned.body.data.key)).status === 401, { what: 'the deleted key to end' });
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
	is(await seen(r.body.data.user.id), 1, 'a user sees his own keys');
	is(await seen('00000000-0000-4000-8000-000000000000'), 0, "and nobody else's, though the role owns the table");
	await c.end();
});
await done();
