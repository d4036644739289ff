// dure.mjs -- a Dure of the test's own: own port, own database, own Redis, own run directory.
//
//	const d = await startDure({ env: { RATE_LIMIT_ENABLED: 'true' }, http: 2, ws: 1 });
//
// comes back when it is ready. Everything is stopped by done(), which also fails the test if Dure exits with an
// error, leaves a process behind, or a sanitizer (`make asan`) has something to report. All die with the test.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Redis from 'ioredis';
import pg from 'pg';
import { freePort, startProxy } from './ports.mjs';
import { atEnd, diag, fail } from './tap.mjs';
import { slower, until } from './until.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const binary = path.resolve(root, process.env.DURE || 'build/dure');

let sanitized;
// A sanitizer needs memory of its own and keeps what was freed.
export const isSanitized = () => sanitized ??= fs.readFileSync(binary).includes('__asan_init');

let serial = 0;

// A temporary directory that the end of the test removes.
export function scratchDir() {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dure-t-'));
	process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
	return dir;
}

// A child that dies with this test, writing to the file `log`.
export function background(log, signal, command, args, options = {}) {
	const out = fs.openSync(log, 'a');
	const child = spawn('setpriv', ['--pdeathsig', signal, command, ...args],
		{ ...options, stdio: ['ignore', out, out] });
	fs.closeSync(out);
	child.gone = new Promise((settle) => child.once('exit', (code, sig) => settle({ code, signal: sig })));
	return child;
}

export const isAlive = (child) => child.exitCode === null && child.signalCode === null;

const adminUrl = () => new URL(process.env.DURE_TEST_PG);

async function asAdmin(sql) {
	const client = new pg.Client({ connectionString: adminUrl().href });
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
}

// A migrated (or, without a template, empty) database; its URL is that of the role `dure`, which is no superuser.
export async function createDatabase({ template = 'dure' } = {}) {
	const name = `t_${process.pid}_${++serial}`;
	await asAdmin(`CREATE DATABASE ${name} OWNER dure TEMPLATE ${template || 'template0'}`);
	atEnd(() => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
	const url = new URL(process.env.DURE_TEST_URL);
	url.pathname = '/' + name;
	return url.href;
}

// A Redis on a port of its own. start() after stop() keeps the port; its data are gone, as Dure must bear.
// `tls`: { ca, cert, key }, paths of PEM files; the server then speaks TLS alone, and its clients show a certificate too.
export async function startRedis(dir, { port, options = [], tls } = {}) {
	port ??= await freePort();
	const shown = tls && { ca: fs.readFileSync(tls.ca), cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key) };
	const listening = tls ? ['--port', 0, '--tls-port', port, '--tls-ca-cert-file', tls.ca, '--tls-cert-file', tls.cert, '--tls-key-file', tls.key,
		'--tls-replication', 'yes'] : ['--port', port];
	const server = {
		port, url: `redis${tls ? 's' : ''}://127.0.0.1:${port}/0`, child: null, client: null,
		async start() {
			server.child = background(path.join(dir, 'redis.log'), 'KILL', 'redis-server',
				['--bind', '127.0.0.1', ...listening, '--dir', dir, '--save', '', '--appendonly', 'no', ...options]);
			server.client = new Redis({ host: '127.0.0.1', port, tls: shown, maxRetriesPerRequest: null, retryStrategy: () => 20 });
			server.client.on('error', () => {});
			await server.client.ping();
		},
		async stop(signal = 'SIGKILL') {
			server.client.disconnect();
			server.child.kill(signal);
			await server.child.gone;
		},
	};
	await server.start();
	atEnd(() => isAlive(server.child) && server.stop());
	return server;
}

// Every process below `pid` and itself: [{ pid, ppid, title }].
export function family(pid) {
	const all = [];
	for (const entry of fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
		try {
			const stat = fs.readFileSync(`/proc/${entry}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
			const title = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').replace(/\0+$/, '').replace(/\0/g, ' ');
			if (stat[0] !== 'Z')
				all.push({ pid: Number(entry), ppid: Number(stat[1]), title });
		} catch { /* it ended meanwhile */ }
	}
	const found = all.filter((p) => p.pid === pid);
	for (let i = 0; i < found.length; i++)
		found.push(...all.filter((p) => p.ppid === found[i].pid));
	return found;
}

const sanitizerReports = (dir) => fs.readdirSync(dir).filter((n) => n.startsWith('sanitizer.'))
	.map((n) => fs.readFileSync(path.join(dir, n), 'utf8'));

function environment(dir, extra) {
	const logs = `log_path=${dir}/sanitizer`, leaks = /^(production|staging)$/.test(extra.NODE_ENV) ? 0 : 1;	// there nobody may look into a process
	const clean = Object.fromEntries(Object.entries(process.env)
		.filter(([k]) => /^(PATH|HOME|LANG|LC_ALL|TMPDIR|USER|ASAN_SYMBOLIZER_PATH|SECCOMP|HOSTILE_\w+)$/.test(k)));
	return {
		SECCOMP: isSanitized() ? 'auto' : 'true',		// what runs in production runs in tests and benchmarks
		...clean,
		NODE_ENV: 'development', HOST: '127.0.0.1,::1', HTTP_WORKERS: '1', WS_WORKERS: '1', RATE_LIMIT_ENABLED: 'false',
		KAFKA_BROKERS: 'embedded', ANALYZER: 'embedded', DURE_RUN_DIR: dir, LOG_LEVEL: 'info',
		JWT_SECRET: 'a secret of the tests, of more than 32 bytes',
		ASAN_OPTIONS: `${logs}:detect_stack_use_after_return=0:detect_leaks=${leaks}`,
		LSAN_OPTIONS: `suppressions=${root}/t/lib/lsan.supp:print_suppressions=0`, UBSAN_OPTIONS: `${logs}:print_stacktrace=1`,
		...extra,
	};
}

// Run a command of the command line to its end, in a Dure's environment: { code, stdout, stderr }.
export function runCli(env, ...args) {
	const r = spawnSync(binary, args.map(String), { env, cwd: root, encoding: 'utf8', timeout: 120000 * slower });
	return { code: r.status, signal: r.signal, stdout: r.stdout, stderr: r.stderr };
}

// Options: env (wins over all), http and ws (workers), share (another Dure: same database and Redis, as a second host),
// command (the binary), database (a URL), redisServer (of startRedis), proxied (d.pgProxy and d.redisProxy stand between; { lag }: as of their lag),
// wait (false: do not wait for ready).
export async function startDure({ env = {}, http = 1, ws = 1, share, database, redisServer, proxied, command = binary, wait = true } = {}) {
	const dir = scratchDir();
	const port = await freePort();
	const redis = redisServer ?? share?.redisServer ?? await startRedis(dir);
	const databaseUrl = new URL(database ?? share?.databaseUrl ?? await createDatabase());
	const d = { dir, port, url: `http://127.0.0.1:${port}`, redisServer: redis, databaseUrl: databaseUrl.href };
	const seen = { pg: new URL(databaseUrl), redis: new URL(redis.url) };

	if (proxied) {
		d.pgProxy = await startProxy(databaseUrl.port);
		d.redisProxy = await startProxy(redis.port);
		if (proxied.lag !== undefined)
			[d.pgProxy, d.redisProxy].forEach((p) => p.lag(proxied.lag));
		seen.pg.port = d.pgProxy.port;
		seen.redis.port = d.redisProxy.port;
		atEnd(() => Promise.all([d.pgProxy.stop(), d.redisProxy.stop()]));
	}
	d.env = environment(dir, {
		PORT: String(port), DATABASE_URL: seen.pg.href, REDIS_URL: seen.redis.href,
		HTTP_WORKERS: String(http), WS_WORKERS: String(ws), ...env,
	});
	const logFile = path.join(dir, 'dure.log');

	d.start = async () => {
		d.child = background(logFile, 'TERM', command, ['run'], { env: d.env, cwd: root });
		d.pid = d.child.pid;
		if (!wait)
			return;
		// Children that a killed master left may still answer for it; the new one ends them before it starts its own.
		await until(() => !isAlive(d.child) || family(d.pid).length > 1, { ms: 60000, what: 'the master to start its children' });
		await d.ready();
	};
	d.log = () => fs.readFileSync(logFile, 'utf8');
	d.pids = () => family(d.pid);
	d.cli = (...args) => runCli(d.env, ...args);
	d.isReady = async () => {
		if (!isAlive(d.child))
			throw new Error(`Dure ended while it was waited for:\n${d.log().slice(-4000)}`);
		const signal = AbortSignal.timeout(2000 * slower);
		const answer = await fetch(`${d.url}/api/v1/health/ready`, { signal });
		await answer.arrayBuffer();
		return answer.status === 200;
	};
	d.ready = () => until(async () => {
		try {
			return await d.isReady();
		} catch (e) {
			if (/Dure ended/.test(e.message))
				throw e;
			return false;
		}
	}, { ms: 60000, what: `Dure to be ready, log:\n${d.log().slice(-4000)}` });

	// The rows of a query, as the role that Dure uses.
	const pool = new pg.Pool({ connectionString: databaseUrl.href, max: 4, idleTimeoutMillis: 1000 });
	pool.on('error', () => {});
	d.psql = async (sql, params) => (await pool.query(sql, params)).rows;
	// Nobody may read the table until release(), or write it in the mode SHARE: { query(sql), release() }. What is queried there is committed by the release.
	d.hold = async (table, mode = 'ACCESS EXCLUSIVE') => {
		const held = await pool.connect();
		await held.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
		return { query: (sql) => held.query(sql), release: async () => { await held.query('COMMIT'); held.release(); } };
	};
	// One Redis command: await d.redis('GET', 'key').
	d.redis = (...args) => redis.client.call(...args.map(String));

	// kill -9 every process whose title matches; returns the process ids.
	d.kill9 = (title) => d.pids().filter((p) => p.pid !== d.pid && title.test(p.title)).map((p) => {
		try { process.kill(p.pid, 'SIGKILL'); } catch (e) { if (e.code !== 'ESRCH') throw e; }	// it has just ended
		return p.pid;
	});
	// Stop it and wait: { code, signal, ms, left (processes that survived it) }.
	d.stop = async (signal = 'SIGTERM', limitMs = 35000) => {
		const before = d.pids(), began = Date.now();
		const timer = setTimeout(() => before.forEach((p) => { try { process.kill(p.pid, 'SIGKILL'); } catch {} }), limitMs * slower);
		d.child.kill(signal);
		const end = await d.child.gone;
		clearTimeout(timer);
		const left = before.filter((p) => p.pid !== d.pid && family(p.pid)[0]?.title === p.title);
		return { ...end, ms: Date.now() - began, left };
	};

	// A master that an upgrade started is no child of this test, and does not die with it.
	async function stopSuccessor() {
		const pid = Number(await fs.promises.readFile(path.join(dir, 'dure.pid'), 'utf8').catch(() => 0));
		const is = () => family(pid)[0]?.title.startsWith('dure: master');
		if (pid === 0 || pid === d.pid || !is())
			return;
		process.kill(pid, 'SIGTERM');
		await until(() => !is(), { ms: 35000, what: `the master ${pid} of the last upgrade to end` });
	}

	atEnd(async () => {
		await pool.end();
		await stopSuccessor();
		if (isAlive(d.child)) {
			const { code, signal, left } = await d.stop();
			if (code !== 0)
				fail(`Dure stops cleanly (code ${code}, signal ${signal})`, d.log().slice(-4000));
			if (left.length > 0)
				fail('Dure leaves no process behind', left.map((p) => p.title).join(', '));
			left.forEach((p) => { try { process.kill(p.pid, 'SIGKILL'); } catch {} });
		}
		sanitizerReports(dir).forEach((text) => fail('no sanitizer report', text.slice(0, 6000)));
		if (process.env.TEST_VERBOSE)
			diag(d.log());
	});
	await d.start();
	return d;
}
