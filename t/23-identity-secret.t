#!/usr/bin/env t/lib/run
// 23-identity-secret.t -- without JWT_SECRET outside production: logins work, with a random secret that lives as long as the master.
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { done, is, isnt, like, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { JWT_SECRET: '', ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1' } });
const web = client(d.url), account = { email: 'kim@example.com', password: 'Right-horse1' };
const me = async (token) => (await web.get('/api/auth/me', { token })).status;
const token = async () => (await web.post('/api/auth/login', account)).body.data?.accessToken;

await test('without JWT_SECRET', async () => {
	is((await web.post('/api/auth/register', { ...account, confirmPassword: account.password })).status, 201, 'registration succeeds without JWT_SECRET');
	const t = await token();
	for (let i = 0; i < 8; i++)
		is(await me(t), 200, 'every worker accepts a token of the random secret');
	like(d.log(), /JWT_SECRET is not set/, 'the log warns that JWT_SECRET is not set');
	is(d.log().match(/JWT_SECRET is not set/g).length, 1, 'the log warns of JWT_SECRET once');
	is(runCli(d.env, 'reload').code, 0, 'dure reload succeeds without JWT_SECRET');
	is(await me(t), 200, 'a reload keeps the random secret');
	d.kill9(/http/);
	await until(async () => await me(t).catch(() => 0) === 200, { ms: 20000, what: 'new workers, who know it too' });
	isnt(runCli(d.env, 'token', 'create', '--sub', 'x').code, 0, 'dure token create fails without JWT_SECRET');
});

await test('a restart without JWT_SECRET', async () => {
	const t = await token();
	await d.stop();
	await d.start();
	is(await me(t), 401, 'a restart invalidates tokens of the former random secret');
	is(await me(await token()), 200, 'a login after the restart gives a valid token');
});

await test('empty and guessable secrets', async () => {
	const b64 = (x) => Buffer.from(JSON.stringify(x)).toString('base64url');
	const { createHmac } = await import('node:crypto');
	const body = `${b64({ alg: 'HS256', typ: 'JWT' })}.${b64({ sub: '00000000-0000-4000-8000-000000000000', role: 'admin', tier: 'admin', iat: 1, exp: 4102444800 })}`;
	for (const key of ['', 'main', '\0'])
		is(await me(`${body}.${createHmac('sha256', key).update(body).digest('base64url')}`), 401, `a token signed with ${JSON.stringify(key)} is refused`);
});

await done();
