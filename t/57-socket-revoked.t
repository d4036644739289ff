#!/usr/bin/env t/lib/run
// 57-socket-revoked.t -- a token is revoked through another host while the process that serves its socket has no Redis:
// the socket is evicted when Redis is back, also by the successor of a process that missed the revocation.
import { client, ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const a = await startDure({ proxied: true, env: { ANALYZER: 'off' } });
const b = await startDure({ share: a, env: { ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1' } });
const web = client(b.url);
const losses = () => a.log().split('\n').filter((l) => /"service":"ws 1".*redis connection lost/.test(l)).length;

async function evict(name, meanwhile) {
	const password = 'Correct-horse-7', account = { email: `${name}@example.com`, password, confirmPassword: password };
	is((await web.post('/api/auth/register', account)).status, 201, 'an account is registered');
	const login = async () => (await web.post('/api/auth/login', account)).body.data.accessToken;
	const [token, other] = [await login(), await login()];
	const chat = (auth) => ioConnect(`${a.url}/chat`, { reconnection: false, forceNew: true, auth: { token: auth } });
	const socket = await chat(token), neighbour = await chat(other), lost = losses();
	a.redisProxy.cut();
	await until(() => losses() >= lost + 2, { what: 'both connections to be missed' });
	is((await web.post('/api/auth/logout', undefined, { token })).status, 200, 'logout through the other host succeeds');
	ok(socket.connected, 'the socket stays connected while its process has no Redis');
	await meanwhile(() => a.redisProxy.heal());
	await until(() => !socket.connected, { ms: 20000, what: 'the socket to be evicted' });
	ok(neighbour.connected, 'the socket is evicted, and that of another login is not');
	neighbour.disconnect();
}

await test('Redis is down', () => evict('away', (heal) => heal()));

await test('Redis is down, and clients are handed over', () => evict('handed', async (heal) => {
	const before = a.log().match(/clients were handed on/g)?.length ?? 0, reload = command(a, 'reload');
	await until(() => (a.log().match(/clients were handed on/g)?.length ?? 0) > before, { ms: 60000, what: 'the hand-over' });
	heal();
	is((await reload).code, 0, 'dure reload succeeds');
}));

await done();
