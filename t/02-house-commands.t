#!/usr/bin/env t/lib/run
// 02-house-commands.t -- the commands used beside `make run`: its output, its demo data, and ./dure, which finds the server of its checkout
// from any directory; a reload, and upgrades under the script, which follows the new master and still stops everything.
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

await test('the output of make run', () => {
	const said = a.log();
	unlike(said, /^\{/m, 'make run prints no log line');
	for (const line of [`Dure is ready: http://localhost:${port}`, './dure status', './dure user create ', 'tail -f .run/dure.log'])
		is(said.split(line).length, 2, `make run prints "${line}" once`);
	like(said, /Dure is ready[^]*Ctrl-C stops everything[^\n]*\n$/, 'make run ends its output with the address and the next steps');
	is(fs.statSync(`${dir}/.run/env`).mode & 0o777, 0o600, '.run/env is readable by its owner alone');
	ok(fs.lstatSync(`${dir}/dure`).isSymbolicLink(), './dure is a symbolic link');
	like(fs.readFileSync(`${dir}/.run/dure.log`, 'utf8'), /"msg":"starting"/, 'make run writes the log to .run/dure.log');
});

await test('the demo', async () => {
	deep(Object.keys(passwords).sort(), ['admin', 'buyer', 'seller'], 'make run shows three demo accounts');
	for (const name of Object.keys(passwords))
		is((await login(`${name}@dure.local`, passwords[name])).status, 200, `${name} can log in with the password that make run shows`);
	const products = (await request(`${url}/api/v1/products?limit=50`)).body.data;
	ok(products.length >= 6 && products.every((p) => p.reviewCount >= 4 && p.categoryId !== null), 'the demo has products with reviews and categories');
	is((await request(`${url}/api/v1/streams`)).body.data[0]?.status, 'scheduled', 'the demo has a scheduled stream');
	const token = dure(dir, ['token', 'create', '--sub', 'buyer@dure.local']).stdout.trim();
	deep((await request(`${url}/api/v1/orders`, { token })).body.data.map((o) => o.status).sort(), ['paid', 'pending'], 'the demo buyer has one paid and one pending order');
	is((await request(`${url}/api/analyze`, { data: { productId: products[0].id } })).status, 200, 'the reviews of a demo product can be analysed');
	const held = execFileSync('find', [`${dir}/.run`, '-type', 'f', '-size', '-1024k', '-not', '-path', '*/pg/*'], { encoding: 'utf8' }).trim().split('\n')
		.filter((f) => Object.values(passwords).some((p) => fs.readFileSync(f, 'latin1').includes(p)));
	deep(held, [], 'no file below .run holds a demo password in plain text');
	const again = dure(dir, ['demo', 'seed']);
	is(again.code, 1, 'dure demo seed fails when the demo exists');
	like(again.stderr, /the demo is there already/, 'dure demo seed says that the demo exists');
	deep([dure(dir, ['demo', 'seed', '--if-empty']).code, (await login('admin@dure.local', passwords.admin)).status], [0, 200], 'dure demo seed --if-empty leaves an existing demo alone');
	const production = dure(dir, ['demo', 'seed'], { env: { NODE_ENV: 'production' } });
	like(production.stderr, /^dure: .*production/m, 'dure demo seed names production as its reason to refuse');
	is(production.code, 1, 'dure demo seed fails in production');
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
			is(r.code, 0, `dure ${args.join(' ')} succeeds`, r.stderr);
		like(r.stdout, expected, `dure ${args.join(' ')} prints what it should`);
		unlike(r.stderr, /^\{/m, `dure ${args.join(' ')} prints no log lines`);
	}
	const token = JSON.parse(Buffer.from(dure(dir, ['token', 'create', '--sub', 'kim@example.com']).stdout.split('.')[1], 'base64url'));
	like(token.sub, /^[0-9a-f-]{36}$/, "a token created for an email address has the account's id as its subject");
	is(token.role, 'seller', "a token created for an email address has the account's role");
	like(dure(dir, ['token', 'create', '--sub', 'kim']).stderr, /"kim" is no id of an account made here: .* fails/, "dure token create warns of a subject that is no account's id");
});

await test('the configuration in effect', () => {
	const value = (name) => dure(dir, ['config', 'dump']).stdout.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1];
	deep([value('PORT'), value('HTTP_WORKERS'), value('DATABASE_URL'), value('KAFKA_BROKERS')], [String(port), '1', '***', 'embedded'], 'config dump shows the values in effect and masks secrets');
	fs.appendFileSync(`${dir}/.run/dure.conf`, 'LOG_ACCESS=true\n');
	is(value('LOG_ACCESS'), 'false', 'config dump ignores a changed file until a reload');
	is(dure(dir, ['reload']).code, 0, 'dure reload succeeds');
	is(value('LOG_ACCESS'), 'true', 'config dump shows the changed value after a reload');
});

await test('the environment and .run/env', () => {
	const elsewhere = dure(dir, ['status'], { env: { DURE_RUN_DIR: `${dir}/none` } });
	is(elsewhere.code, 3, 'DURE_RUN_DIR makes dure status look in another run directory');
	like(elsewhere.stderr, new RegExp(`not running in ${dir}/none`), 'dure status names the run directory where nothing runs');
	const without = dure(dir, ['user', 'list'], { env: { DATABASE_URL: '', DB_HOST: '127.0.0.1', DB_PORT: new URL(fs.readFileSync(`${dir}/.run/env`, 'utf8')
		.match(/^DATABASE_URL=(.*)$/m)[1]).port } });
	is(without.code, 1, 'a command fails without a database password');
	like(without.stderr, /cannot reach the database: .*(password|authentication)[^]*neither DATABASE_URL nor DB_PASSWORD is set; .*\.\/dure/i, 'the failure names the missing database settings');
	fs.chmodSync(`${dir}/.run/env`, 0o622);
	const open = dure(dir, ['config', 'env']);
	unlike(open.stdout, /DATABASE_URL/, 'a .run/env that others may write is not read');
	like(open.stderr, /env is not read: .*others may write it/, 'the warning says that others may write .run/env');
	fs.chmodSync(`${dir}/.run/env`, 0o600);
});

await test('upgrades', async () => {
	for (const time of ['first', 'second']) {
		const before = master();
		const r = dure(dir, ['upgrade']);
		is(r.code, 0, `${time} upgrade: dure upgrade succeeds`, r.stderr);
		is(await ready(), 200, `${time} upgrade: the server is ready when dure upgrade returns`);
		isnt(master(), before, `${time} upgrade: the master is a new process`);
		await until(() => !isAlive(a) || a.log().includes(`process ${master()})`), { ms: 20000, what: 'the script to follow' });
		ok(isAlive(a), `${time} upgrade: the script follows the new master`, a.log());
		is(await ready(), 200, `${time} upgrade: the server stays ready, with PostgreSQL and Redis`);
	}
});

await test('the end after an upgrade', async () => {
	a.kill('SIGTERM');
	is((await a.ended()).code, 0, 'make run exits with status 0 on SIGTERM after an upgrade');
	await allGone(dir);
	ok(!fs.existsSync(`${dir}/.run/env`), 'make run removes .run/env when it ends');
	const r = dure(dir, ['status'], { env: { DURE: binary } });
	deep([r.code, r.stderr.trim()], [3, `dure: not running in ${dir}/.run/dure`], 'dure status says that nothing runs');
});

await test('kill -9 after an upgrade', async () => {
	const b = run(dir, port, { LOG: '-' });
	await b.isReady();
	unlike(b.log(), /@dure\.local/, 'the demo is seeded into an empty database only');
	like(b.log(), /^\{"time"/m, 'make run with LOG=- prints the log on the terminal');
	is(dure(dir, ['upgrade']).code, 0, 'dure upgrade succeeds');
	b.kill('SIGKILL');
	await b.gone;
	await allGone(dir);
	ok(true, 'no process is left after kill -9 of the script');
	ok(fs.existsSync(`${dir}/.run/env`), '.run/env is left behind after kill -9');
	is(dure(dir, ['user', 'list'], { env: { DURE: binary } }).stdout, '', 'no command follows a .run/env left behind');
});

await test('DEMO=off', async () => {
	// With the .env file of a Node team, which names its port and its Redis.
	const other = checkout(), there = await freePort(), redis = await startRedis(scratchDir());
	fs.writeFileSync(`${other}/.env`, `export PORT=${there} # of the gateway\nREDIS_URL='${redis.url}'\nANALYZER=off\n`, { mode: 0o600 });
	const c = run(other, there, { DEMO: 'off', PORT: '' });
	await c.isReady();
	like(c.log(), new RegExp(`^Dure is ready: http://localhost:${there}$`, 'm'), 'make run takes its port from .env');
	deep([fs.existsSync(`${other}/.run/redis`), fs.existsSync(`${other}/.run/pg`)], [false, true], 'make run takes Redis from .env and starts PostgreSQL, which .env does not name');
	like(dure(other, ['config', 'dump'], { env: { DURE_RUN_DIR: `${other}/none` } }).stdout, /^ANALYZER=off$/m, './dure reads .env from any directory');
	is(dure(other, ['user', 'list']).stdout.trim().split('\n').length, 1, 'make run with DEMO=off seeds no account');
	is(dure(other, ['user', 'create', 'me@example.com', '--role', 'admin'], { input: 'Ab1!efgh\n' }).code, 0, 'an account is created in the empty database');
	const r = dure(other, ['demo', 'seed']);
	is(r.code, 1, 'dure demo seed fails when the database has accounts');
	like(r.stderr, /not empty: it has accounts/, 'dure demo seed names the accounts as its reason to refuse');
	c.kill('SIGTERM');
	await c.ended();
	await allGone(other);
});

await test('make help', () => {
	const lines = execFileSync('make', ['-s', 'help'], { cwd: root, env: clean, encoding: 'utf8' }).trim().split('\n');
	deep(lines.filter((l) => !/^make [a-z-]+ +\S/.test(l)), [], 'every line of make help has a target, a space and a description');
	ok(lines.length > 8, `make help lists ${lines.length} targets`);
});
await done();
