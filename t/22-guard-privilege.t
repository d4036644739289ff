#!/usr/bin/env t/lib/run
// 22-guard-privilege.t -- the privileges of a child and what it reveals: user, capabilities, system calls, descriptors, core dumps,
// environment, and where secrets may be stored.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { client, ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { binary, runCli, scratchDir, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, skip, test, unlike } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const root = process.getuid() === 0;
const secrets = { JWT_SECRET: 'jwt-secret-that-nobody-may-see-0123456789', ENCRYPTION_KEY: `k:${Buffer.alloc(32, 5).toString('base64')}`,
	SLACK_WEBHOOK_URL: 'http://127.0.0.1:9/services/slack-secret', KAFKA_SASL_PASSWORD: 'sasl-secret-0123456789' };
// One of them by its file, beside an empty variable, as compose files have it.
const held = path.join(scratchDir(), 'jwt');
fs.writeFileSync(held, `${secrets.JWT_SECRET}\n`, { mode: 0o600 });
const d = await startDure({ env: { ...secrets, SECCOMP: 'auto', JWT_SECRET: '', JWT_SECRET_FILE: held, NODE_ENV: 'production', CORS_ORIGINS: 'https://front.test', LOG_LEVEL: 'debug', LOG_ACCESS: 'true',
	...(root ? { DURE_USER: 'nobody' } : {}) } });
const children = d.pids().filter((p) => p.pid !== d.pid);
const status = (pid) => Object.fromEntries(fs.readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n').map((l) => l.split(/:\s+/)));
const told = (name, list) => deep(list, [], name);

await test('every child', async () => {
	ok(children.length >= 4, `the server has ${children.length} children`);
	const all = children.map((c) => ({ ...c, s: status(c.pid) }));
	const bad = (test) => all.filter((c) => !test(c.s)).map((c) => c.title);
	told('every child has no_new_privs set', bad((s) => s.NoNewPrivs === '1'));
	told('no child has a capability', bad((s) => /^0+$/.test(s.CapEff) && /^0+$/.test(s.CapPrm) && /^0+$/.test(s.CapInh) && /^0+$/.test(s.CapAmb)));
	told('every child has its system calls filtered', bad((s) => s.Seccomp === '2'));
	if (root) {
		told('no child can regain a capability', bad((s) => /^0+$/.test(s.CapBnd)));
		const ws = children.find((c) => c.title === 'dure: ws 1').pid, fds = `/proc/${ws}/fd`;
		const rings = fs.readdirSync(fds).filter((n) => /io_uring/.test(fs.readlinkSync(`${fds}/${n}`)));
		is(rings.length, /without io_uring/.test(d.log()) ? 0 : 1, 'the fanout process has its io_uring, or the log says that it has none');
		told('every child runs as DURE_USER', bad((s) => /^65534\s+65534/.test(s.Uid)));
		told('the environment of no child can be read by its user', children.filter((c) => fs.statSync(`/proc/${c.pid}/environ`).uid !== 0).map((c) => c.title));
	} else {
		skip('not root', 'DURE_USER');
	}
	told('no process can leave a core dump', d.pids().filter((c) => !/Max core file size\s+0\s+0/.test(fs.readFileSync(`/proc/${c.pid}/limits`, 'utf8'))).map((c) => c.title));
});

await test('secrets', async () => {
	const shown = d.pids().filter((p) => ['cmdline', 'environ'].some((f) => {
		let text = '';
		try { text = fs.readFileSync(`/proc/${p.pid}/${f}`, 'latin1'); } catch { /* not to be looked into */ }
		return /secret|SECRET|DATABASE_URL|BQUFBQUF/.test(text);
	}));
	told('no secret is in the arguments or the environment of a process', shown.map((p) => p.title));
	const web = client(d.url);
	await web.get('/api/search?q=x&token=query-secret-1&password=query-secret-2');
	await web.get('/nowhere?api_key=query-secret-3', { headers: { authorization: 'Bearer header-secret', cookie: 'refreshToken=cookie-secret' } });
	const health = await web.get('/health');
	for (const secret of [...Object.values(secrets), 'query-secret', 'header-secret', 'cookie-secret', new URL(d.databaseUrl).password || 'none'])
		ok(!d.log().includes(secret) && !health.text.includes(secret), `${secret.slice(0, 12)}… is in neither log nor health report`);
	is((await web.get('/health')).headers.get('strict-transport-security'), 'max-age=31536000; includeSubDomains', 'production sends HSTS');
	like(d.cli('config', 'dump').stdout, /^JWT_SECRET=\*\*\*$/m, 'config dump masks secrets');
});

// The kernel answers some system calls with ENOSYS or EPERM (t/unit/seccomp.c); every kind of process must work all the same.
await test('work under the filter', async () => {
	const e = await startDure({ env: { NODE_ENV: 'staging', SECCOMP: 'auto', RATE_LIMIT_ENABLED: 'true', RATE_WRITE_MAX: '1000' } });
	const kinds = ['analyzer', 'broker', 'cron', 'http 1', 'kafka', 'ws 1'].map((k) => `dure: ${k}`);
	const isConfined = (pid) => { try { return status(pid).Seccomp === '2'; } catch { return false; } };	// it may have ended
	const confined = () => e.pids().filter((p) => p.pid !== e.pid && isConfined(p.pid)).map((p) => p.title).sort();
	const analyse = async (product) => {
		const web = client(e.url), s = await ioConnect(e.url);
		is((await web.post(`/api/products/${product}/reviews`, [{ id: 'r1', text: '배송이 빠르고 정말 좋아요' }])).status, 200, `http stores a review under the filter (${product})`);
		const { taskId } = (await web.post('/api/analyze', { productId: product })).body;
		ok((await s.ask('subscribe-analysis', taskId)).ok, `ws accepts a subscription under the filter (${product})`);
		await until(async () => (await web.get(`/api/analyze/result/${product}`)).status === 200, { ms: 60000, what: 'the result' });
		ok(true, `broker, kafka and analyzer complete an analysis under the filter (${product})`);
		s.close();
	};
	deep(confined(), kinds, 'every kind of process is filtered in staging');
	const { headers } = await client(e.url).get('/api/search?q=x');
	deep([headers.get('x-ratelimit-limit'), headers.get('strict-transport-security') !== null], ['1000', true],
		'staging has the rate limits of development and the headers of production');
	is((await client(e.url).post('/api/websocket/test/analysis-status', {})).status, 404, 'staging has no test routes');
	await analyse('before');
	await until(async () => (await e.psql('SELECT count(*)::int AS n FROM cron_runs'))[0].n > 0, { ms: 60000, what: 'a job of cron' });
	ok(true, 'cron runs its jobs under the filter');
	is((await command(e, 'reload')).code, 0, 'a reload under the filter succeeds');
	await until(() => confined().join() === kinds.join(), { what: 'processes of one generation, all confined' });
	await analyse('after');
	await e.stop();
});

await test('secrets in a file', async () => {
	const file = path.join(scratchDir(), 'dure.conf'), env = { PATH: process.env.PATH, NODE_ENV: 'production' };
	fs.writeFileSync(file, `# secrets\nENCRYPTION_KEY=${secrets.ENCRYPTION_KEY}\nJWT_SECRET=${secrets.JWT_SECRET}\n`);
	const check = (mode, extra = {}) => {
		fs.chmodSync(file, mode);
		return runCli({ ...env, ...extra }, 'config', 'check', '-c', file);
	};
	const open = check(0o644);
	ok(open.code !== 0, 'production refuses secrets in a file that everybody may read');
	like(open.stdout + open.stderr, /dure\.conf:2: ENCRYPTION_KEY: everybody may read/, 'the refusal names file, line and key');
	unlike(open.stdout + open.stderr, /BQUFBQUF/, 'the refusal does not show the secret');
	is(check(0o600).code, 0, 'a file that only its owner may read is accepted');
	is(check(0o640).code, 0, 'a file that its group may read is accepted');
	is(check(0o644, { NODE_ENV: 'development' }).code, 0, 'development accepts a file that everybody may read');
	fs.writeFileSync(file, 'PORT=4000\n');
	is(check(0o644, { JWT_SECRET: secrets.JWT_SECRET }).code, 0, 'a file without secrets may be readable by everybody');
	fs.writeFileSync(file, 'ENCRYPTION_KEY=k:short\n');
	like(check(0o600).stderr + check(0o600).stdout, /ENCRYPTION_KEY: expected kid:base64/, 'a malformed ENCRYPTION_KEY is refused');
});

await test('the .env files of a Node team', () => {
	const dir = scratchDir(), call = (env, ...args) => spawnSync(binary, args, { cwd: dir, encoding: 'utf8', env: { PATH: process.env.PATH, ...env } });
	const value = (key, env = {}) => call(env, 'config', 'dump').stdout.match(new RegExp(`^${key}=(.*)$`, 'm'))[1];
	fs.writeFileSync(path.join(dir, '.env'), 'PORT=4100 # of the gateway\nLOG_LEVEL="verbose"\nDB_NAME=all\nVITE_TITLE=x\nSENTRY_DSN=y\n', { mode: 0o600 });
	fs.writeFileSync(path.join(dir, '.env.staging'), `DB_NAME=staging\nJWT_SECRET=${secrets.JWT_SECRET}\nSUPABASE_URL=https://x.test\n`, { mode: 0o600 });
	deep([value('PORT'), value('LOG_LEVEL'), value('DB_NAME')], ['4100', 'debug', 'all'], '.env is read from the working directory');
	const staging = { NODE_ENV: 'staging', PORT: '4200' };
	deep([value('PORT', staging), value('DB_NAME', staging), value('RATE_LIMIT_MAX', staging)], ['4200', 'staging', '1000'],
		'the environment takes precedence over .env.staging, which takes precedence over .env');
	const check = call({ ...staging, SUPABASE_ANON_KEY: 'x' }, 'config', 'check');
	is(check.status, 0, 'config check accepts the .env files', check.stderr);
	like(check.stdout, /The configuration is good \(\.env, \.env\.staging and environment\)/, 'config check names the files that it has read');
	like(check.stderr, /unknown configuration key \(.*\.env\.staging.*SUPABASE_URL.*set DATABASE_URL/, 'config check explains a key of another system');
	like(check.stderr, /^dure: keys that Dure does not know \(file: \.env, keys: VITE_TITLE, SENTRY_DSN\)$/m, 'config check lists unknown keys in one line');
	like(check.stderr, /SUPABASE_ANON_KEY: not needed/, 'config check explains an unneeded key in the environment');
	like(call(staging, 'migrate', 'status').stderr, /^((?!SUPABASE_ANON).)*$/s, 'other commands do not mention unneeded keys in the environment');
	fs.chmodSync(path.join(dir, '.env.staging'), 0o644);
	like(call(staging, 'config', 'check').stderr, /\.env\.staging:2: JWT_SECRET: everybody may read this file/, 'staging refuses secrets in a file that everybody may read');
});

await done();
