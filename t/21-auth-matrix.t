#!/usr/bin/env t/lib/run
// 21-auth-matrix.t -- every route of `dure dump routes` and every namespace, with every kind of credential: which are let in, and
// with which code the others are refused.
import { createHmac, randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const secrets = { new: 'the newer secret of more than thirty-two bytes', old: 'the older secret of more than thirty-two bytes' };
const d = await startDure({ env: {
	NODE_ENV: 'test', JWT_SECRET: `new:${secrets.new},old:${secrets.old}`, ARGON2_MEMORY_BYTES: '65536', LOGIN_FAILURE_MS: '0',
} });
const web = client(d.url);

const part = (o) => Buffer.from(typeof o === 'string' ? o : JSON.stringify(o)).toString('base64url');
const hmac = (text, secret, hash = 'sha256') => createHmac(hash, secret).update(text).digest('base64url');
const now = () => Math.floor(Date.now() / 1000);
// A new name that tells its millisecond, as the server's own do; later than any "all until now" that was answered before.
const jti = () => {
	const ms = (Date.now() + 2).toString(16).padStart(12, '0');
	return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`;
};
function token(who, { header = {}, claims = {}, secret = secrets.new, hash } = {}) {
	const text = part({ alg: 'HS256', typ: 'JWT', kid: 'new', ...header }) + '.' +
		part({ sub: who.id, role: who.role, tier: 'free', sid: randomUUID(), jti: jti(), iat: now(), exp: now() + 900, ...claims });
	return `${text}.${secret === null ? '' : hmac(text, secret, hash)}`;
}

async function account(email, role, tier) {
	await d.psql('INSERT INTO users (email, password_hash, role, tier) VALUES ($1, $2, $3, $4)', [email, '!', role, tier]);
	const [{ id }] = await d.psql('SELECT id FROM users WHERE email = $1', [email]);
	return { id, role };
}
const user = await account('user@example.com', 'user', 'admin'), other = await account('other@example.com', 'user', 'free');
const seller = await account('seller@example.com', 'seller', 'free'), admin = await account('admin@example.com', 'admin', 'admin');
const keys = {};
for (const tier of ['free', 'premium', 'pro', 'admin'])
	keys[tier] = (await web.post('/api/v1/api-keys', { name: tier, tier }, { token: token(user) })).body.data.key;
const adminKey = (await web.post('/api/v1/api-keys', { name: 'admin' }, { token: token(admin) })).body.data.key;
const gone = token(admin);
// Every kind of client tries DELETE /api/v1/privacy/account, but these accounts are still needed.
await d.psql(`CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'needed'; END$$;
	CREATE TRIGGER stay BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION stay()`);
await web.post('/api/auth/logout', undefined, { token: gone });
const spoilt = (t) => t.slice(0, -10) + (t.at(-10) === 'x' ? 'y' : 'x') + t.slice(-9);
const changed = (t) => { const [h, c, s] = t.split('.'); return [h, part({ ...JSON.parse(Buffer.from(c, 'base64url')), role: 'admin' }), s].join('.'); };

// Each kind of client: the headers that it sends, and its level or the code that it gets.
const bearer = (make) => () => ({ authorization: `Bearer ${make()}` });
const people = {
	anonymous: [() => ({}), 'nobody'],
	user: [bearer(() => token(user)), 'user'],
	'other user': [bearer(() => token(other)), 'user'],
	seller: [bearer(() => token(seller)), 'seller'],
	admin: [bearer(() => token(admin)), 'admin'],
	'admin, older key': [bearer(() => token(admin, { header: { kid: 'old' }, secret: secrets.old })), 'admin'],
	'admin, no kid': [bearer(() => token(admin, { header: { kid: undefined } })), 'admin'],
	expired: [bearer(() => token(admin, { claims: { iat: now() - 1000, exp: now() - 100 } })), 'TOKEN_EXPIRED'],
	'spoilt signature': [bearer(() => spoilt(token(admin))), 'TOKEN_INVALID'],
	'changed role': [bearer(() => changed(token(user))), 'TOKEN_INVALID'],
	'alg none': [bearer(() => token(admin, { header: { alg: 'none' }, secret: null })), 'TOKEN_INVALID'],
	'alg NoNe, signed': [bearer(() => token(admin, { header: { alg: 'NoNe' } })), 'TOKEN_INVALID'],
	'alg confusion': [bearer(() => token(admin, { header: { alg: 'RS256' } })), 'TOKEN_INVALID'],
	'alg HS512': [bearer(() => token(admin, { header: { alg: 'HS512' }, hash: 'sha512' })), 'TOKEN_INVALID'],
	'alg hs256': [bearer(() => token(admin, { header: { alg: 'hs256' } })), 'TOKEN_INVALID'],
	'no alg': [bearer(() => token(admin, { header: { alg: undefined } })), 'TOKEN_INVALID'],
	'wrong kid': [bearer(() => token(admin, { header: { kid: 'old' } })), 'TOKEN_INVALID'],
	'unknown kid': [bearer(() => token(admin, { header: { kid: '../../dev/null' } })), 'TOKEN_INVALID'],
	'unknown secret': [bearer(() => token(admin, { secret: 'another secret of more than thirty-two bytes' })), 'TOKEN_INVALID'],
	'empty secret': [bearer(() => token(admin, { secret: '' })), 'TOKEN_INVALID'],
	'no exp': [bearer(() => token(admin, { claims: { exp: undefined } })), 'TOKEN_INVALID'],
	'no sub': [bearer(() => token(admin, { claims: { sub: undefined } })), 'TOKEN_INVALID'],
	'not yet': [bearer(() => token(admin, { claims: { nbf: now() + 500 } })), 'TOKEN_INVALID'],
	rubbish: [bearer(() => 'rubbish'), 'TOKEN_INVALID'],
	empty: [() => ({ authorization: 'Bearer ' }), 'TOKEN_INVALID'],
	'basic scheme': [() => ({ authorization: 'Basic YWRtaW46YWRtaW4=' }), 'TOKEN_INVALID'],
	revoked: [bearer(() => gone), 'TOKEN_REVOKED'],
	...Object.fromEntries(Object.entries(keys).map(([t, k]) => [`API key, ${t}`, [() => ({ 'x-api-key': k }), 'key']])),
	'API key of an admin': [() => ({ 'x-api-key': adminKey }), 'admin key'],
	'wrong API key': [() => ({ 'x-api-key': 'A'.repeat(43) }), 'API_KEY_INVALID'],
	'API key as a token': [bearer(() => adminKey), 'TOKEN_INVALID'],
};

// The levels that a class of route lets in.
const admits = {
	optional: ['nobody', 'user', 'seller', 'admin', 'key', 'admin key'],
	user: ['user', 'seller', 'admin', 'key', 'admin key'],
	account: ['user', 'seller', 'admin', 'key', 'admin key'],
	session: ['user', 'seller', 'admin'],
	seller: ['seller', 'admin', 'admin key'],
	admin: ['admin', 'admin key'],
};
function verdict(auth, level) {
	if (auth === '-')
		return 'in';
	if (/^[A-Z_]+$/.test(level))
		return level;
	return admits[auth].includes(level) ? 'in' : level === 'nobody' ? 'UNAUTHORIZED' : 'FORBIDDEN';
}
const doors = ['UNAUTHORIZED', 'FORBIDDEN', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_REVOKED', 'API_KEY_INVALID'];

const routes = d.cli('dump', 'routes').stdout.trim().split('\n').slice(1).map((l) => l.trim().split(/\s{2,}/));
// A user may ask for his own recommendations alone.
const owner = { 'other user': other.id, seller: seller.id };
const filled = (path, who) => path.replace('/recommend/{userId}', `/recommend/${owner[who] ?? user.id}`).replace(/\{\w+\}/g, 'x');
const relays = /^\/(socket\.io|engine\.io|ws|echo)/;

await test('every route', async () => {
	let asked = 0;
	for (const [method, path, auth] of routes) {
		ok(auth === '-' || admits[auth], `the class ${auth} of ${method} ${path} is known`);
		if (relays.test(path))
			continue;
		const wrong = [];
		for (const [who, [show, level]] of Object.entries(people)) {
			if (/privacy\/account/.test(path) && verdict(auth, level) === 'in')
				continue;	// it would erase who asks; who may is tried in the test of privacy
			const r = await fetch(d.url + filled(path, who), {
				method, headers: { ...show(), 'content-type': 'application/json' }, body: method === 'GET' ? undefined : '{}',
			});
			const code = JSON.parse(r.status >= 400 && await r.text() || '{}').error?.code;
			const got = doors.includes(code) ? code : 'in', want = verdict(auth, level);
			asked++;
			if (got !== want)
				wrong.push(`${who}: ${got}, not ${want}`);
			await r.body?.cancel().catch(() => {});
			if (/logout-all/.test(path) && got === 'in')
				await sleep(1001);	// the tokens made here are of a second, those of a login of a millisecond
		}
		deep(wrong, [], `${method} ${path} (${auth}) admits and refuses each kind of credential`);
	}
	diag(`${asked} requests`);
});

await test('every namespace', async () => {
	for (const nsp of ['', '/chat', '/streaming'])
		for (const [who, [show, level]] of Object.entries(people)) {
			const given = show().authorization?.replace(/^Bearer /, '');
			if (given === undefined && who !== 'anonymous' || /^Basic|^$/.test(given))
				continue;
			const want = /_/.test(level) ? level : level === 'nobody' && nsp !== '' ? 'UNAUTHORIZED' : 'in';
			const got = await ioConnect(d.url + nsp, { auth: given ? { token: given } : {} }).then((s) => (s.disconnect(), 'in'), (e) => e.data?.code);
			is(got, want, `namespace ${nsp || '/'} answers ${want} to ${who}`);
		}
});

await test('resources of another user', async () => {
	const id = (await web.get('/api/v1/api-keys', { token: token(user) })).body.data[0].id;
	for (const [method, path] of [['post', `/api/v1/api-keys/${id}/rotate`], ['del', `/api/v1/api-keys/${id}`]])
		for (const who of [other, seller, admin])
			is((await web[method](path, undefined, { token: token(who) })).status, 404, `${method} ${path.slice(-20)} of another user answers 404 to ${who.role}`);
	is((await web.get('/api/v1/api-keys', { token: token(other) })).body.data.length, 0, 'the list of API keys has none of another user');
});

await test('the cache of verified tokens', async () => {
	const short = token(user, { claims: { exp: now() + 6 } });
	is((await web.get('/api/auth/me', { token: short })).status, 200, 'a token is accepted before it expires');
	const late = await until(async () => { const r = await web.get('/api/auth/me', { token: short }); return r.status !== 200 && r; }, { ms: 30000, what: 'its end' });
	is(late.body.error.code, 'TOKEN_EXPIRED', 'a cached token is refused when it expires');
});
await done();
