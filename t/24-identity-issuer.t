#!/usr/bin/env t/lib/run
// 24-identity-issuer.t -- tokens of another issuer, verified by its public keys or a secret: over HTTP and both transports of Socket.IO, while
// its keys change and its server is slow or down, and what a forger tries.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';
import { secret as ownSecret } from './lib/token.mjs';
import { io } from 'socket.io-client';

const pair = (kid, type, options) => ({ kid, ...crypto.generateKeyPairSync(type, options) });
const rsa = pair('rsa', 'rsa', { modulusLength: 2048 }), ec = pair('ec', 'ec', { namedCurve: 'P-256' }), ed = pair('ed', 'ed25519');
const next = pair('next', 'rsa', { modulusLength: 2048 }), weak = pair('weak', 'rsa', { modulusLength: 1024 });
const jwk = ({ kid, publicKey }, more = {}) => ({ ...publicKey.export({ format: 'jwk' }), kid, ...more });
const shared = 'a secret of the other issuer, more than 32 bytes';

// The other issuer's server: what it publishes, how often it was asked, whether it answers.
const issuer = { keys: [rsa, ec, ed], asked: 0, mode: 'well' };
const server = http.createServer((q, r) => {
	issuer.asked++;
	if (issuer.mode === 'hangs')
		return;
	r.statusCode = issuer.mode === 'fails' ? 500 : 200;
	r.end(issuer.mode === 'rubbish' ? '{"keys":[{"kty":"RSA"}]}' : JSON.stringify({ keys: [{ kty: 'oct', kid: 'rsa', k: 'AAAA' }, ...issuer.keys.map((k) => jwk(k, { use: 'sig' })),
		jwk(weak), jwk({ ...ec, kid: 'enc' }, { use: 'enc' })] }));
});
await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
atEnd(() => { server.closeAllConnections(); server.close(); });

const b64 = (x) => Buffer.from(typeof x === 'string' ? x : JSON.stringify(x)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const makers = {
	RS256: (k) => (text) => crypto.sign('sha256', text, k.privateKey),
	ES256: (k) => (text) => crypto.sign('sha256', text, { key: k.privateKey, dsaEncoding: 'ieee-p1363' }),
	EdDSA: (k) => (text) => crypto.sign(null, text, k.privateKey),
	HS256: (k) => (text) => crypto.createHmac('sha256', k).update(text).digest(),
};
// A token of the other issuer: `alg` signs; the header says what `header` has besides.
function token(alg, key, claims = {}, header = {}) {
	const text = `${b64({ alg, typ: 'JWT', ...(key.kid ? { kid: key.kid } : {}), ...header })}.${b64({ iss: 'https://id.example', aud: ['other', 'shop'], iat: now(), exp: now() + 3600,
		uid: 'auth0|김 1', ...claims })}`;
	return `${text}.${makers[alg](key)(Buffer.from(text)).toString('base64url')}`;
}

const d = await startDure({ http: 2, ws: 1, env: { SECCOMP: 'true', AUTH_JWKS_URL: `http://127.0.0.1:${server.address().port}/keys`, AUTH_HS256_SECRET: shared, AUTH_ISSUER: 'https://id.example',
	AUTH_AUDIENCE: 'web, shop', AUTH_USER_CLAIM: 'uid', AUTH_ROLE_CLAIM: 'realm.roles', AUTH_JWKS_COOLDOWN: '1s', AUTH_JWKS_TIMEOUT_MS: '1500', AUTH_ACCOUNT_TTL: '1s', ANALYZER: 'off', LOG_ACCESS: 'true', PRICE_ALERT_CHECK_MS: '500' } });
const web = client(d.url);
const me = (t) => web.get('/api/auth/me', { token: t });
const status = async (t) => { const r = await me(t); return r.status === 200 ? 200 : `${r.status} ${r.body.error.code}`; };
const refused = '401 TOKEN_INVALID';

await test('users of the issuer', async () => {
	const t = token('RS256', rsa);
	const r = await me(t);
	deep([r.status, r.body.data?.user.id, r.body.data?.user.email, r.body.data?.user.role], [200, 'auth0|김 1', null, 'user'], "a token's user has the id that the issuer gave");
	is(await status(token('ES256', ec)), 200, 'a token signed with ES256 is accepted');
	is(await status(token('EdDSA', ed)), 200, 'a token signed with EdDSA is accepted');
	is(await status(token('HS256', shared)), 200, 'a token signed with AUTH_HS256_SECRET is accepted');
	is((await me(token('ES256', ec, { uid: 42 }))).body.data.user.id, '42', 'a whole number is accepted as a user id');
	is((await me(token('ES256', ec, { realm: { roles: ['offline', 'seller', 'user'] } }))).body.data.user.role, 'seller', 'the role is read from a nested claim');
	deep((await d.psql("SELECT issuer, role FROM users WHERE id = 'auth0|김 1'")), [{ issuer: 'https://id.example', role: 'seller' }], "the user's row is stored once, and its role follows the token");
	is(await status(token('RS256', rsa, {}, { kid: undefined })), 200, 'a token without kid is verified by the only key of its kind');
});

await test('what a user of the issuer owns', async () => {
	const t = token('RS256', rsa, { uid: 'google-oauth2:1' }), seller = token('ES256', ec, { uid: 'shop:1', realm: { roles: 'seller' } });
	is((await web.post('/api/watchlist', { productId: 'p:1', targetPrice: 100 }, { token: t })).status, 201, 'a user of the issuer adds to the watchlist');
	const product = (await web.post('/api/v1/products', { name: 'tea', price: 100, stock: 5 }, { token: seller })).body.data;
	is(product?.sellerId, 'shop:1', 'a seller of the issuer creates a product');
	const order = await web.post('/api/v1/orders', { items: [{ productId: product.id, quantity: 1 }] }, { token: t });
	deep([order.status, order.body.data?.userId], [201, 'google-oauth2:1'], 'a user of the issuer places an order');
	is((await web.get('/api/v1/orders', { token: t })).body.data.length, 1, 'a user of the issuer lists their order');
	is((await web.get('/api/v1/orders', { token: token('RS256', rsa) })).body.data.length, 0, 'another user of the issuer does not see the order');
	const { key } = (await web.post('/api/v1/api-keys', { name: 'k' }, { token: t })).body.data;
	is((await web.get('/api/auth/me', { headers: { 'x-api-key': key } })).body.data.user.id, 'google-oauth2:1', 'an API key of a user of the issuer is valid');
	await d.redis('ZADD', 'price_alert_queue', 0, 'google-oauth2:1:p:1:100');
	await until(async () => Number(await d.redis('ZSCORE', 'price_alert_queue', 'google-oauth2:1:p:1:100')) > Date.now(), { ms: 20000, what: 'its price alert to be checked' });
	is((await web.post('/api/auth/password', { currentPassword: 'x', newPassword: 'Right-horse1' }, { token: t })).status, 403, 'a user of the issuer has no password to change');
});

for (const transport of ['websocket', 'polling'])
	await test(`sockets over ${transport}`, async () => {
		const open = (t, ns = '/') => new Promise((settle) => {
			const s = io(`${d.url}${ns}`, { auth: { token: t }, transports: [transport], forceNew: true, reconnection: false });
			s.on('connect', () => settle(s));
			s.on('connect_error', (e) => { s.close(); settle(e.data?.code ?? e.message); });
		});
		const id = `new|${transport}`, s = await open(token('ES256', ec, { uid: id }), '/chat');
		is(s.connected, true, `${transport}: a user not seen before connects`);
		is((await s.emitWithAck('auth:refresh', { token: token('EdDSA', ed, { uid: id }) })).userId, id, `${transport}: a socket accepts a new token of its user`);
		is((await s.emitWithAck('auth:refresh', { token: token('EdDSA', ed, { uid: 'other' }) })).ok, false, `${transport}: a socket refuses the token of another user`);
		s.close();
		const root = await open(token('RS256', rsa, { uid: id }));
		is((await root.emitWithAck('join-user-room', id)).ok, true, `${transport}: a user joins their own room by the issuer's id`);
		root.close();
		is(await open(token('RS256', weak), '/chat'), 'TOKEN_INVALID', `${transport}: a forged token is refused`);
	});

await test('what a forger tries', async () => {
	const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }), x = Buffer.from(jwk(ed).x, 'base64url'), n = Buffer.from(jwk(rsa).n, 'base64url');
	const other = { ...pair('rsa', 'rsa', { modulusLength: 2048 }) }, otherEd = pair('ed', 'ed25519');
	const unsigned = token('RS256', rsa).split('.').slice(0, 2);
	const local = await account(d, 'local@example.com', { role: 'admin' });
	for (const [name, t] of [
		['a public key as a secret (PEM)', token('HS256', pem, {}, { kid: 'rsa' })],
		['a public key as a secret (modulus)', token('HS256', n, {}, { kid: 'rsa' })],
		['a public key as a secret (Ed25519)', token('HS256', x, {}, { kid: 'ed' })],
		['the published symmetric key', token('HS256', Buffer.alloc(3), {}, { kid: 'rsa' })],
		['alg none', `${b64({ alg: 'none', kid: 'rsa' })}.${unsigned[1]}.`], ['alg none with a signature', `${b64({ alg: 'none', kid: 'rsa' })}.${unsigned[1]}.AAAA`],
		["another key under the key's name", token('RS256', other)], ["another Ed25519 key under the key's name", token('EdDSA', otherEd)],
		['RS256 by the name of ES256', token('RS256', rsa, {}, { alg: 'ES256' })], ['the key of another algorithm', token('RS256', rsa, {}, { kid: 'ec' })],
		['PS256 by name', token('RS256', rsa, {}, { alg: 'PS256' })], ['a key in the header', token('RS256', other, {}, { jwk: jwk(other), kid: 'x' })],
		['a key by address in the header', token('RS256', other, {}, { jku: 'http://127.0.0.1:1/', kid: 'x' })],
		['a weak key', token('RS256', weak)], ['a key for encryption', token('ES256', { ...ec, kid: 'enc' })],
		['a crit header', token('RS256', rsa, {}, { crit: ['exp'], exp: 1 })], ['a crit header with b64', token('RS256', rsa, {}, { crit: ['b64'], b64: true })],
		['another issuer', token('RS256', rsa, { iss: 'https://evil.example' })], ['no issuer', token('RS256', rsa, { iss: undefined })],
		['another audience', token('RS256', rsa, { aud: 'other' })], ['a prefix of the audience', token('RS256', rsa, { aud: 'sho' })], ['no audience', token('RS256', rsa, { aud: undefined })],
		['a lifetime of over a day', token('RS256', rsa, { exp: now() + 90000 })], ['a token without exp', token('RS256', rsa, { exp: undefined })], ['a token of the future', token('RS256', rsa, { nbf: now() + 60 })],
		['a token without a user', token('RS256', rsa, { uid: undefined })], ['an id of 65 bytes', token('RS256', rsa, { uid: 'x'.repeat(65) })], ['a list of ids', token('RS256', rsa, { uid: ['a'] })],
		['an id with a newline', token('RS256', rsa, { uid: 'a\nb' })], ['an account of this server', token('RS256', rsa, { uid: local.id })],
		["this server's secret and another alg", token('HS256', ownSecret, { sub: local.id }, { alg: 'RS256' })],
		['ES256 of the wrong length', `${token('ES256', ec)}AA`], ['ES256 of zeros', `${token('ES256', ec).replace(/[^.]*$/, '')}${Buffer.alloc(64).toString('base64url')}`],
	])
		is(await status(t), refused, `${name} is refused`);
	is(await status(token('RS256', rsa, { exp: now() - 1 })), '401 TOKEN_EXPIRED', 'an expired token answers TOKEN_EXPIRED');
	is(await status(token('RS256', rsa, { nbf: now() + 10 })), 200, "the issuer's clock may be ten seconds ahead");
	is(await status(local.token), 200, "this server's own tokens remain valid");
	is(await status(token('RS256', rsa, { realm: { roles: ['owner', { admin: 1 }] } })), 200, 'a token with unknown roles is accepted');
});

// One request on a connection of its own, which stays open.
const ask = (agent, t, id) => new Promise((settle, reject) => {
	const headers = { authorization: `Bearer ${t}`, ...(id && { 'x-request-id': id }) };
	http.get({ host: '127.0.0.1', port: d.port, path: '/api/auth/me', agent, headers }, (r) => r.resume().on('end', () => settle(r.statusCode))).on('error', reject);
});
// Connections to every worker, as the log of requests tells. Those of fetch are a pool, in which requests of one kind may always get those to one worker.
async function connections() {
	const agents = [];
	await until(async () => {
		const more = Array.from({ length: 16 }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));
		agents.push(...more);
		await Promise.all(more.map((agent) => ask(agent, token('ES256', ec), 'which-worker')));
		return new Set(d.log().split('\n').filter((l) => l.includes('which-worker') && l.endsWith('}')).map((l) => JSON.parse(l).pid)).size === 2;
	}, { what: 'connections to both workers' });
	atEnd(() => agents.forEach((agent) => agent.destroy()));
	return agents;
}

await test("the issuer's keys change", async () => {
	issuer.keys = [rsa, ec, ed, next];
	await until(async () => await status(token('RS256', next)) === 200, { ms: 5000, what: 'a new key' });
	ok(true, 'a new key is fetched when a token names it');
	await new Promise((settle) => setTimeout(settle, 1100));
	const before = issuer.asked, began = Date.now();
	await Promise.all(Array.from({ length: 60 }, (_, i) => status(token('RS256', { ...rsa, kid: `guess-${i}` }))));
	const most = 3 * (1 + Math.ceil((Date.now() - began) / 1000));
	ok(issuer.asked - before <= most && issuer.asked > before, `60 unknown keys cause ${issuer.asked - before} fetches of at most ${most}`);
	const gone = token('RS256', rsa);
	is(await status(gone), 200, 'a token is valid while its key is published');
	issuer.keys = [ec, ed, next];
	// Each worker learns of it by itself, when it is asked by an unknown key: on every connection first that, then the key that is gone.
	const lines = await connections();
	await until(async () => (await Promise.all(lines.map(async (agent) => {
		await ask(agent, token('RS256', { ...rsa, kid: 'guess' }));
		return ask(agent, gone);
	}))).every((answer) => answer === 401), { what: 'it to end with its key' });
	ok(true, 'a token ends with its key in both workers');
});

await test('the issuer is down', async () => {
	for (const mode of ['fails', 'rubbish', 'hangs']) {
		issuer.mode = mode;
		await new Promise((settle) => setTimeout(settle, 1100));
		const slow = status(token('RS256', { ...rsa, kid: mode })), began = Date.now();
		is(await status(token('ES256', ec)), 200, `${mode}: a token of a known key is accepted`);
		ok(Date.now() - began < 1000, `${mode}: a token of a known key is accepted without a wait (${Date.now() - began} ms)`);
		is(await slow, refused, `${mode}: a token of an unknown key is refused`);
	}
	issuer.mode = 'fails';
	d.kill9(/http|ws/);
	await until(async () => await status(token('ES256', ec)).catch(() => 0) === 200, { ms: 20000, what: 'processes that start meanwhile' });
	await d.redis('DEL', ...await d.redis('KEYS', 'auth:jwks:*'));
	d.kill9(/http/);
	await until(async () => /^503/.test(await status(token('ES256', ec, { uid: 'x' })).catch(() => '')), { ms: 20000, what: 'without any keys, 503 and not 401' });
	const known = () => (d.log().match(/keys of the other issuer of tokens/g) ?? []).length, before = known();
	issuer.mode = 'well';
	await until(() => known() >= before + 2, { ms: 20000, what: 'both workers to fetch the keys' });
	is(await status(token('ES256', ec)), 200, 'a token is accepted when the issuer is back');
	ok(true, 'both workers fetch the keys when the issuer is back');
});

await test('the end of a session', async () => {
	const t = token('ES256', ec, { uid: 'leaver' }), other = token('EdDSA', ed, { uid: 'leaver' });
	is(await status(t), 200, "the user's token is accepted");
	is((await web.post('/api/auth/logout', undefined, { token: t })).status, 200, 'logout with a token of the issuer succeeds');
	await until(async () => await status(t) === '401 TOKEN_REVOKED', { what: 'that token to end' });
	is(await status(other), 200, "a logout leaves the user's other tokens valid");
	await d.psql("UPDATE users SET is_active = false WHERE id = 'leaver'");
	await until(async () => (await status(other)).toString().startsWith('403'), { ms: 5000, what: 'a locked account to be out' });
});

await test("tokens signed with the server's own private key", async () => {
	const pem = (k) => k.privateKey.export({ type: 'pkcs8', format: 'pem' }), old = pair('old', 'ed25519'), fresh = pair('fresh', 'ed25519');
	const kim = await account(d, 'kim@example.com');
	is((await web.get('/.well-known/jwks.json')).status, 404, '/.well-known/jwks.json answers 404 without a private key');
	const e = await startDure({ share: d, env: { ANALYZER: 'off', JWT_PRIVATE_KEY: pem(old) } }), at = client(e.url);
	const login = async () => (await at.post('/api/auth/login', { email: kim.email, password: kim.password })).body.data.accessToken;
	const t = await login(), [head, body, signature] = t.split('.'), header = JSON.parse(Buffer.from(head, 'base64url'));
	const set = await at.get('/.well-known/jwks.json'), key = set.body.keys.find((k) => k.kid === header.kid);
	deep([header.alg, set.body.keys.length, key.alg, key.use, key.x, 'd' in key], ['EdDSA', 1, 'EdDSA', 'sig', jwk(old).x, false], 'a token is signed with EdDSA, and its public key alone is published');
	ok(crypto.verify(null, Buffer.from(`${head}.${body}`), crypto.createPublicKey({ key, format: 'jwk' }), Buffer.from(signature, 'base64url')), 'the published key verifies a token');
	const thumb = crypto.createHash('sha256').update(JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x })).digest('base64url');
	is(key.kid, thumb, "the key id is the key's thumbprint");
	const mine = async (x) => (await at.get('/api/auth/me', { token: x })).status;
	deep([await mine(t), await mine(kim.token)], [200, 200], 'tokens signed with JWT_SECRET remain valid');
	is(await mine(token('HS256', Buffer.from(key.x, 'base64url'), { sub: kim.id }, { kid: key.kid })), 401, 'the public key is not accepted as a secret');
	is(await mine(token('EdDSA', { ...fresh, kid: key.kid }, { sub: kim.id })), 401, 'a token signed with another key under the same id is refused');
	await e.stop();
	delete e.env.JWT_PRIVATE_KEY;
	e.env.JWT_PRIVATE_KEY_FILE = `${e.dir}/jwt.pem`;
	fs.writeFileSync(e.env.JWT_PRIVATE_KEY_FILE, pem(fresh) + pem(old), { mode: 0o600 });
	await e.start();
	const u = await login();
	is(JSON.parse(Buffer.from(u.split('.')[0], 'base64url')).kid === header.kid, false, 'the first key of JWT_PRIVATE_KEY_FILE signs');
	deep([await mine(u), await mine(t), (await at.get('/.well-known/jwks.json')).body.keys.length], [200, 200, 2], 'the second key of JWT_PRIVATE_KEY_FILE still verifies');
	like(runCli({ ...e.env, JWT_PRIVATE_KEY_FILE: '', JWT_PRIVATE_KEY: pem(rsa) }, 'config', 'check').stderr, /JWT_PRIVATE_KEY/, 'config check refuses an RSA key in JWT_PRIVATE_KEY');
	like(runCli({ ...e.env, AUTH_HS256_SECRET: e.env.JWT_SECRET }, 'config', 'check').stderr, /AUTH_HS256_SECRET/, 'config check refuses an AUTH_HS256_SECRET equal to JWT_SECRET');
});

await done();
