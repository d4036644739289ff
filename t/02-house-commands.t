#!/usr/bin/env t/lib/run
// 02-house-commands.t -- the first hour beside `make run`: what it prints, its demo, and ./dure, which finds the server of its checkout from
// anywhere; a reload and upgrades under the script, which follows the new master and still ends everything.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { allGone, checkout, clean, dure, run } from './lib/checkout.mjs';
import { request } from './lib/client.mjs';
import { binary, isAlive, root, scratchDir, startRedis } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { deep, done, is, isnt, like, ok, test, unlike } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const dir = checkout(), port = await freePort(), url = `http://127.0.0.1:${port}`;
const a = run(dir, port);
await a.isReady();
const passwords = Object.fromEntries([...a.log().matchAll(/^ +(\w+)@dure\.local +(\S+) +\w+$/gm)].map((m) => [m[1], m[2]]));
const login = (email, password) => request(`${url}/api/auth/login`, { data: { email, password } });
const status = () => JSON.parse(dure(dir, ['status', '--json']).stdout);
const master = () => status().pid;
// On a connection of its own: one that the last master closed while spawnSync held the loop would be taken for open.
const ready = () => new Promise((settle) => {
	http.get(`${url}/api/v1/health/ready`, { agent: false }, (r) => { r.resume(); r.on('end', () => settle(r.statusCode)); }).on('error', (e) => settle(e.code));
});

await test('what it prints', () => {
	const said = a.log();
	unlike(said, /^\{/m, 'no line of it is a log line');
	for (const line of [`Dure is ready: http://localhost:${port}`, './dure status', './dure user create ', 'tail -f .run/dure.log'])
		is(said.split(line).length, 2, `${line}: once`);
	like(said, /Dure is ready[^]*Ctrl-C stops everything[^\n]*\n$/, 'the address and what next come last');
	is(fs.statSync(`${dir}/.run/env`).mode & 0o777, 0o600, '.run/env is for its owner alone');
	ok(fs.lstatSync(`${dir}/dure`).isSymbolicLink(), './dure is a link');
	like(fs.readFileSync(`${dir}/.run/dure.log`, 'utf8'), /"msg":"starting"/, 'the log is in .run/dure.log');
});

await test('the demo', async () => {
	deep(Object.keys(passwords).sort(), ['admin', 'buyer', 'seller'], 'three accounts are shown');
	for (const name of Object.keys(passwords))
		is((await login(`${name}@dure.local`, passwords[name])).status, 200, `${name} can log in with the password shown`);
	const products = (await request(`${url}/api/v1/products?limit=50`)).body.data;
	ok(products.length >= 6 && products.every((p) => p.reviewCount >= 4 && p.categoryId !== null), 'products with reviews, in categories');
	is((await request(`${url}/api/v1/streams`)).body.data[0]?.status, 'scheduled', 'a planned stream');
	const token = dure(dir, ['token', 'create', '--sub', 'buyer@dure.local']).stdout.trim();
	deep((await request(`${url}/api/v1/orders`, { token })).body.data.map((o) => o.status).sort(), ['paid', 'pending'], 'orders of the buyer');
	is((await request(`${url}/api/analyze`, { data: { productId: products[0].id } })).status, 200, 'its reviews can be analysed');
	const held = execFileSync('find', [`${dir}/.run`, '-type', 'f', '-size', '-1024k', '-not', '-path', '*/pg/*'], { encoding: 'utf8' }).trim().split('\n')
		.filter((f) => Object.values(passwords).some((p) => fs.readFileSync(f, 'latin1').includes(p)));
	deep(held, [], 'no file holds a password');
	const again = dure(dir, ['demo', 'seed']);
	is(again.code, 1, 'it is seeded once');
	like(again.stderr, /the demo is there already/, 'and says so');
	deep([dure(dir, ['demo', 'seed', '--if-empty']).code, (await login('admin@dure.local', passwords.admin)).status], [0, 200], '--if-empty leaves it alone');
	const production = dure(dir, ['demo', 'seed'], { env: { NODE_ENV: 'production' } });
	like(production.stderr, /^dure: .*production/m, 'it refuses production');
	is(production.code, 1, 'and fails');
});

await test('every command finds the server', () => {
	fs.writeFileSync(`${dir}/reviews.ndjson`, '{"text":"정말 좋아요"}\n{"text":"별로예요"}\n');
	const rows = [
		[['status'], /running, port \d+\n/], [['user', 'create', 'kim@example.com', '--role', 'seller'], /^[0-9a-f-]{36}$/m, 'Ab1!efgh\n'],
		[['user', 'list'], /kim@example\.com +seller/], [['token', 'create', '--sub', 'kim@example.com'], /^ey\S+\n$/],
		[['import', '--product', 'from-file', `${dir}/reviews.ndjson`], /"accepted":2/], [['logs'], /^/], [['migrate', 'status'], /0001 +create_products +\d/],
		[['kafka', 'topics'], /analysis-requests/], [['kafka', 'lag'], /^topic +partition/], [['config', 'check'], /good/], [['reseal'], /^/],
	];
	for (const [args, expected, input] of rows) {
		const r = dure(dir, args, { input });
		if (args[0] !== 'reseal')	/* there is no key to seal with: it says so */
			is(r.code, 0, `${args.join(' ')}: succeeds`, r.stderr);
		like(r.stdout, expected, `${args.join(' ')}: does it`);
		unlike(r.stderr, /^\{/m, `${args.join(' ')}: no log lines`);
	}
	const token = JSON.parse(Buffer.from(dure(dir, ['token', 'create', '--sub', 'kim@example.com']).stdout.split('.')[1], 'base64url'));
	like(token.sub, /^[0-9a-f-]{36}$/, 'a token for an address is for its account');
	is(token.role, 'seller', 'with its role');
	like(dure(dir, ['token', 'create', '--sub', 'kim']).stderr, /"kim" is no account's id: .* will answer 403/, 'another one is said to be of little use');
});

await test('what is in effect', () => {
	const value = (name) => dure(dir, ['config', 'dump']).stdout.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1];
	deep([value('PORT'), value('HTTP_WORKERS'), value('DATABASE_URL'), value('KAFKA_BROKERS')], [String(port), '1', '***', 'embedded'], 'config dump shows it');
	fs.appendFileSync(`${dir}/.run/dure.conf`, 'LOG_ACCESS=true\n');
	is(value('LOG_ACCESS'), 'false', 'not what the file would give after a reload');
	is(dure(dir, ['reload']).code, 0, 'a reload');
	is(value('LOG_ACCESS'), 'true', 'then it is');
});

await test('the environment wins, and the file must be ours', () => {
	const elsewhere = dure(dir, ['status'], { env: { DURE_RUN_DIR: `${dir}/none` } });
	is(elsewhere.code, 3, 'another run directory is looked into');
	like(elsewhere.stderr, new RegExp(`not running in ${dir}/none`), 'and named');
	const without = dure(dir, ['user', 'list'], { env: { DATABASE_URL: '', DB_HOST: '127.0.0.1', DB_PORT: new URL(fs.readFileSync(`${dir}/.run/env`, 'utf8')
		.match(/^DATABASE_URL=(.*)$/m)[1]).port } });
	is(without.code, 1, 'without a password nothing works');
	like(without.stderr, /cannot reach the database: .*(password|authentication)[^]*neither DATABASE_URL nor DB_PASSWORD is set; .*\.\/dure/i, 'and why is said');
	fs.chmodSync(`${dir}/.run/env`, 0o622);
	const open = dure(dir, ['config', 'env']);
	unlike(open.stdout, /DATABASE_URL/, 'a file that others may write is not read');
	like(open.stderr, /env is not read: .*others may write it/, 'which is said');
	fs.chmodSync(`${dir}/.run/env`, 0o600);
});

await test('upgrades', async () => {
	for (const time of ['first', 'second']) {
		const before = master();
		const r = dure(dir, ['upgrade']);
		is(r.code, 0, `the ${time}: succeeds`, r.stderr);
		is(await ready(), 200, `the ${time}: ready when it comes back`);
		isnt(master(), before, `the ${time}: another master`);
		await until(() => !isAlive(a) || a.log().includes(`process ${master()})`), { ms: 20000, what: 'the script to follow' });
		ok(isAlive(a), `the ${time}: the script goes on`, a.log());
		is(await ready(), 200, `the ${time}: with PostgreSQL and Redis`);
	}
});

await test('the end after an upgrade', async () => {
	a.kill('SIGTERM');
	is((await a.ended()).code, 0, 'TERM ends it with status 0');
	await allGone(dir);
	ok(!fs.existsSync(`${dir}/.run/env`), '.run/env goes with it');
	const r = dure(dir, ['status'], { env: { DURE: binary } });
	deep([r.code, r.stderr.trim()], [3, `dure: not running in ${dir}/.run/dure`], 'status says that nothing runs');
});

await test('a violent end after an upgrade', async () => {
	const b = run(dir, port, { LOG: '-' });
	await b.isReady();
	unlike(b.log(), /@dure\.local/, 'the demo is seeded into an empty database only');
	like(b.log(), /^\{"time"/m, 'LOG=- brings the log to the terminal');
	is(dure(dir, ['upgrade']).code, 0, 'an upgrade');
	b.kill('SIGKILL');
	await b.gone;
	await allGone(dir);
	ok(true, 'nothing is left');
	ok(fs.existsSync(`${dir}/.run/env`), '.run/env was left behind');
	is(dure(dir, ['user', 'list'], { env: { DURE: binary } }).stdout, '', 'and nobody follows it');
});

await test('DEMO=off', async () => {
	// With the .env file of a Node team, which names its port and its Redis.
	const other = checkout(), there = await freePort(), redis = await startRedis(scratchDir());
	fs.writeFileSync(`${other}/.env`, `export PORT=${there} # of the gateway\nREDIS_URL='${redis.url}'\nANALYZER=off\n`, { mode: 0o600 });
	const c = run(other, there, { DEMO: 'off', PORT: '' });
	await c.isReady();
	like(c.log(), new RegExp(`^Dure is ready: http://localhost:${there}$`, 'm'), '.env says the port');
	deep([fs.existsSync(`${other}/.run/redis`), fs.existsSync(`${other}/.run/pg`)], [false, true], 'and the Redis; what it does not name is started');
	like(dure(other, ['config', 'dump'], { env: { DURE_RUN_DIR: `${other}/none` } }).stdout, /^ANALYZER=off$/m, './dure knows that file from anywhere');
	is(dure(other, ['user', 'list']).stdout.trim().split('\n').length, 1, 'leaves the database empty');
	is(dure(other, ['user', 'create', 'me@example.com', '--role', 'admin'], { input: 'Ab1!efgh\n' }).code, 0, 'with somebody else in it');
	const r = dure(other, ['demo', 'seed']);
	is(r.code, 1, 'no demo is seeded');
	like(r.stderr, /not empty: it has accounts/, 'and why is said');
	c.kill('SIGTERM');
	await c.ended();
	await allGone(other);
});

await test('make help', () => {
	const lines = execFileSync('make', ['-s', 'help'], { cwd: root, env: clean, encoding: 'utf8' }).trim().split('\n');
	deep(lines.filter((l) => !/^make [a-z-]+ +\S/.test(l)), [], 'a space is between a target and what it does');
	ok(lines.length > 8, `${lines.length} targets`);
});
await done();
