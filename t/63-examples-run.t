#!/usr/bin/env t/lib/run
// 63-examples-run.t -- etc/examples as servers: one container at a provider, and two hosts with one database, each with its file as it is but for what the
// provider gives. t/63-stores-tls.t runs managed-stores.conf, `make test-newcomer` one-machine.conf, t/17-master-systemd.t what systemd listens for.
import fs from 'node:fs';
import path from 'node:path';
import { client, ioConnect, request } from './lib/client.mjs';
import { root, scratchDir, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const hex = (c) => c.repeat(64), dir = scratchDir();
const secrets = { JWT_SECRET: hex('1'), JWT_REFRESH_SECRET: hex('2'), API_KEY_SECRET: hex('3'), ENCRYPTION_KEY: hex('4'), METRICS_TOKEN: hex('5') };
const settings = (name) => Object.fromEntries(fs.readFileSync(path.join(root, 'etc/examples', name), 'utf8').split('\n')
	.filter((l) => /^[A-Z]/.test(l)).map((l) => [l.slice(0, l.indexOf('=')), l.slice(l.indexOf('=') + 1)]));

await test('one container', async () => {
	const given = settings('single-container.env');
	is(given.HOST, '0.0.0.0,::', 'it listens for the provider, on every address');
	// The provider's proxy is this machine here.
	const d = await startDure({ env: { ...given, ...secrets, HOST: '127.0.0.1', TRUSTED_PROXIES: '127.0.0.1' } });
	is((await client(d.url).get('/api/v1/health/live')).status, 200, 'its health is what the provider asks for');
	deep(d.pids().filter((p) => /^dure: (http|ws)/.test(p.title)).map((p) => p.title.match(/(http|ws) \d/)?.[0]).sort(), ['http 1', 'ws 1'], 'it runs one of each');
	const forwarded = { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' } };
	const { status } = await request(`${d.url}/api/auth/register`, { ...forwarded, data: { email: 'a@example.com', password: 'Pick-1-better', confirmPassword: 'Pick-1-better' } });
	is(status, 201, 'an account is made');
	is((await request(`${d.url}/metrics`, forwarded)).status, 401, 'operators only: whoever comes through the proxy is not this host');
	is((await d.stop()).code, 0, 'it stops cleanly');
});

await test('two hosts', async () => {
	const file = path.join(dir, 'dure.conf'), given = settings('two-hosts.conf');
	fs.copyFileSync(path.join(root, 'etc/examples/two-hosts.conf'), file);
	fs.chmodSync(file, 0o600);
	const env = { ...secrets, DURE_CONF: file, NODE_ENV: 'production', TRUSTED_PROXIES: '127.0.0.1', KAFKA_BROKERS: 'embedded', ANALYZER: 'off' };
	const one = await startDure({ env }), two = await startDure({ env: { ...env, KAFKA_BROKERS: '127.0.0.1:1' }, share: one });
	like(one.cli('config', 'dump').stdout, new RegExp(`^DB_POOL_MAX=${given.DB_POOL_MAX}$`, 'm'), 'the file counts');
	const account = { email: 'kim@example.com', password: 'Pick-1-better' };
	await client(one.url).post('/api/auth/register', { ...account, confirmPassword: account.password });
	const token = (await client(one.url).post('/api/auth/login', account)).body.data?.accessToken;
	ok(token, 'somebody logs in at one');
	is((await client(two.url).get('/api/auth/me', { token })).status, 200, 'and is known at the other');
	const query = '/socket.io/?EIO=4&transport=polling', { sid } = JSON.parse((await (await fetch(one.url + query)).text()).slice(1));
	is(await (await fetch(`${two.url}${query}&sid=${sid}`, { method: 'POST', body: '40' })).text(), 'ok', 'a poll that reaches the other host goes on');
	const s = await ioConnect(two.url);
	ok((await s.ask('ping', { timestamp: 1 })).timestamp === 1, 'and a websocket stays where it is');
});
await done();
