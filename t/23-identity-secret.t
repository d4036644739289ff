#!/usr/bin/env t/lib/run
// 23-identity-secret.t -- without JWT_SECRET outside production: logins work, with a secret that lives as long as the master.
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { done, is, isnt, like, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { JWT_SECRET: '', ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1' } });
const web = client(d.url), account = { email: 'kim@example.com', password: 'Right-horse1' };
const me = async (token) => (await web.get('/api/auth/me', { token })).status;
const token = async () => (await web.post('/api/auth/login', account)).body.data?.accessToken;

await test('it just works', async () => {
	is((await web.post('/api/auth/register', { ...account, confirmPassword: account.password })).status, 201, 'register');
	const t = await token();
	for (let i = 0; i < 8; i++)
		is(await me(t), 200, 'every worker takes the token');
	like(d.log(), /JWT_SECRET is not set/, 'the log warns');
	is(d.log().match(/JWT_SECRET is not set/g).length, 1, 'once');
	is(runCli(d.env, 'reload').code, 0, 'a reload');
	is(await me(t), 200, 'keeps the secret');
	d.kill9(/http/);
	await until(async () => await me(t).catch(() => 0) === 200, { ms: 20000, what: 'new workers, who know it too' });
	isnt(runCli(d.env, 'token', 'create', '--sub', 'x').code, 0, 'the command line does not know it');
});

await test('a restart ends it', async () => {
	const t = await token();
	await d.stop();
	await d.start();
	is(await me(t), 401, 'tokens of before are worth nothing');
	is(await me(await token()), 200, 'whoever logs in again is in');
});

await test('an empty secret signs nothing', async () => {
	const b64 = (x) => Buffer.from(JSON.stringify(x)).toString('base64url');
	const { createHmac } = await import('node:crypto');
	const body = `${b64({ alg: 'HS256', typ: 'JWT' })}.${b64({ sub: '00000000-0000-4000-8000-000000000000', role: 'admin', tier: 'admin', iat: 1, exp: 4102444800 })}`;
	for (const key of ['', 'main', '\0'])
		is(await me(`${body}.${createHmac('sha256', key).update(body).digest('base64url')}`), 401, `nor does ${JSON.stringify(key)}`);
});

await done();
