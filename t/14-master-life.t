#!/usr/bin/env t/lib/run
// 14-master-life.t -- the master's surroundings: daemon mode, systemd's notifications, watchdog and sockets, the rotation of the log file,
// the limits of its children, and what a killed master leaves behind.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { background, binary, root, startDure } from './lib/dure.mjs';
import { command } from './lib/crowd.mjs';
import { freePort } from './lib/ports.mjs';
import { atEnd, between, deep, done, is, like, ok, skip, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const confDir = fs.mkdtempSync('/tmp/dure-life-');
atEnd(() => fs.rmSync(confDir, { recursive: true, force: true }));
const logFile = path.join(confDir, 'lines.log'), confFile = path.join(confDir, 'dure.conf');
const configure = (lines = {}) => fs.writeFileSync(confFile, Object.entries({ LOG_FILE: logFile, ...lines }).map(([k, v]) => `${k}=${v}\n`).join(''));
configure();
const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', DURE_CONF: confFile, LOG_LEVEL: undefined } });
const status = () => JSON.parse(d.cli('status', '--json').stdout);
const lines = () => fs.readFileSync(logFile, 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l));
const isAlive = (pid) => {
	try {
		return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
};
atEnd(async () => {		// later masters are no children of this test
	const pid = Number(await fs.promises.readFile(path.join(d.dir, 'dure.pid'), 'utf8').catch(() => 0));
	if (pid > 0 && isAlive(pid)) {
		d.cli('stop');
		await until(() => !isAlive(pid), { ms: 40000, what: 'the last master to end' });
	}
});
// Each on a connection of its own, so that no predecessor answers.
const get = (p) => new Promise((settle, reject) => http.get(d.url + p, { agent: false }, (r) => {
	r.resume();
	r.on('end', () => settle(r.statusCode));
}).on('error', reject));

await test('the status', async () => {
	for (let i = 0; i < 5; i++)
		await get('/api/v1/health/live');
	const worker = status().processes.find((p) => p.kind === 'http');
	ok(worker.requests >= 5, 'dure status counts the requests of a worker', String(worker.requests));
	for (const key of ['pid', 'kind', 'index', 'generation', 'state', 'restarts', 'uptimeMs', 'heartbeatAgeMs', 'rssBytes', 'cpuMs'])
		ok(key in worker, `dure status --json reports ${key}`);
	like(d.cli('status').stdout, /^PROCESS .* REQUESTS /m, 'dure status prints the requests in its table');
});

await test('the out-of-memory score', async () => {
	const score = (p) => Number(fs.readFileSync(`/proc/${p.pid}/oom_score_adj`, 'utf8'));
	const all = status().processes, master = score(all.find((p) => p.kind === 'master'));
	ok(all.filter((p) => p.kind !== 'master').every((p) => score(p) > master || master === 1000), 'the kernel kills a child before the master when memory runs out');
});

await test('the log file', async () => {
	ok(lines().every((l) => l.time && l.level && l.service && l.pid), 'each line of the log file is a JSON object with time, level, service and pid');
	configure({ LOG_ACCESS: 'true' });
	is((await command(d, 'reload')).code, 0, 'a reload turns access lines on');
	await until(async () => {	// the first may still be answered by the predecessor
		await get('/api/v1/health/live');
		return lines().some((l) => l.msg === 'request');
	}, { what: 'an access line' });
	const one = lines().find((l) => l.msg === 'request');
	deep(['requestId', 'method', 'route', 'status', 'ms', 'ip'].filter((k) => !(k in one)), [], 'an access line has request id, method, route, status, duration and address');
	configure({ LOG_ACCESS: 'true', LOG_ACCESS_PERCENT: '20' });
	is((await command(d, 'reload')).code, 0, 'a reload sets LOG_ACCESS_PERCENT');
	const before = lines().filter((l) => l.msg === 'request').length;
	for (let i = 0; i < 100; i++)
		await get('/api/v1/health/live');
	await until(() => lines().filter((l) => l.msg === 'request').length - before >= 15, { what: 'the sample' });
	between(lines().filter((l) => l.msg === 'request').length - before, 15, 25, 'LOG_ACCESS_PERCENT=20 logs about a fifth of the requests');
	configure({ LOG_LEVEL: 'error' });
	is((await command(d, 'reload')).code, 0, 'a reload raises LOG_LEVEL to error');
	await until(() => status().processes.every((p) => p.state === 'ready'), { ms: 60000, every: 100, what: 'the predecessors to leave' });
	fs.writeFileSync(logFile, '');
	is((await command(d, 'reload')).code, 0, 'a reload succeeds at LOG_LEVEL=error');
	deep(lines().filter((l) => l.level !== 'error').map((l) => l.msg), [], 'no line below LOG_LEVEL is written');
	configure({ LOG_LEVEL: 'info', DB_SLOW_MS: '1' });
	is((await command(d, 'reload')).code, 0, 'a reload lowers LOG_LEVEL to info');
	ok(lines().some((l) => l.level === 'info'), 'lines of level info are written at LOG_LEVEL=info');
});
await test('rotation', async () => {
	const old = path.join(confDir, 'lines.log.20200101-000000'), other = path.join(confDir, 'lines.log.keep');
	fs.writeFileSync(old, 'old\n');
	fs.utimesSync(old, 1577836800, 1577836800);
	fs.writeFileSync(other, 'not ours\n');
	configure({ LOG_ROTATE_BYTES: '4096', LOG_ACCESS: 'true' });
	is((await command(d, 'reload')).code, 0, 'a reload sets LOG_ROTATE_BYTES');
	const rotated = () => fs.readdirSync(confDir).filter((n) => /^lines\.log\.2\d{7}-\d{6}/.test(n) && n !== path.basename(old));
	let sent = 0;
	await until(async () => {
		for (let i = 0; i < 20; i++, sent++)
			await get(`/api/v1/health/live?n=${sent}`);
		return rotated().length >= 2;
	}, { ms: 30000, what: 'two rotations' });
	configure({ LOG_ACCESS: 'true' });
	is((await command(d, 'reload')).code, 0, 'a reload turns rotation off');
	await until(() => {
		const all = [...rotated(), 'lines.log'].map((n) => fs.readFileSync(path.join(confDir, n), 'utf8')).join('');
		return (all.match(/"msg":"request"/g) ?? []).length >= sent;
	}, { what: 'every line to be in one of the files' });
	ok(true, 'rotation loses no line');
	ok(!fs.existsSync(old), 'rotation removes an expired log file');
	ok(fs.existsSync(other), 'rotation leaves a file of another name alone');
	configure();
	is((await command(d, 'reload')).code, 0, 'a reload restores the configuration');
});

await test('processors', async () => {
	const cores = Number(execFileSync('nproc', { encoding: 'utf8' }));
	if (cores < 2)
		return skip('one processor only');
	configure({ CPU_AFFINITY: 'auto' });
	is((await command(d, 'reload')).code, 0, 'a reload turns CPU_AFFINITY on');
	const allowed = (kind) => fs.readFileSync(`/proc/${status().processes.find((p) => p.kind === kind && p.state === 'ready').pid}/status`, 'utf8').match(/^Cpus_allowed_list:\s+(.*)$/m)[1];
	like(allowed('http'), /^\d+$/, 'an HTTP worker is pinned to one processor');
	like(allowed('ws'), /^\d+$/, 'a fanout process is pinned to one processor');
	like(allowed('cron'), /[-,]/, 'other processes are not pinned');
	configure();
});

await test('a killed master', async () => {
	const children = status().processes.filter((p) => p.kind !== 'master').map((p) => p.pid);
	process.kill(children.at(-1), 'SIGSTOP');	// it will not hear that its master is gone
	process.kill(d.pid, 'SIGKILL');
	await d.child.gone;
	await d.start();
	deep(children.filter(isAlive), [], 'the next master kills the children left behind, a stopped one too');
	is(await get('/api/v1/health/live'), 200, 'the next master serves requests');
	is((await d.stop()).code, 0, 'the next master stops');
	deep(fs.readdirSync(d.dir).filter((n) => /\.(sock|pid|children)$/.test(n)), [], 'the next master leaves no socket, pid file or list of children');
});

await test('a daemon', async () => {
	const r = spawnSync(binary, ['start'], { cwd: root, env: d.env, encoding: 'utf8', timeout: 60000 });
	is(r.status, 0, 'dure start returns with status 0', r.stderr);
	is(await get('/api/v1/health/live'), 200, 'the daemon serves when dure start returns');
	const master = status().pid;
	is(fs.readlinkSync(`/proc/${master}/fd/0`), '/dev/null', 'the daemon has no terminal');
	is(fs.readFileSync(`/proc/${master}/stat`, 'utf8').split(') ')[1].split(' ')[3], String(master), 'the daemon leads a session of its own');
	is(spawnSync(binary, ['start'], { cwd: root, env: d.env }).status, 1, 'a second dure start is refused');
	is(d.cli('stop').code, 0, 'dure stop stops the daemon');
	const bad = spawnSync(binary, ['start'], { cwd: root, env: { ...d.env, HOST: 'no.such.host.invalid' }, encoding: 'utf8', timeout: 60000 });
	is(bad.status, 1, 'dure start fails when the server cannot start');
	like(bad.stderr, /not started; see .*lines\.log/, 'the failure names the log file');
});

// systemd's end of NOTIFY_SOCKET: node has no datagrams on Unix sockets, perl (which prove is) has.
const listenerScript = `use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0) or die; bind(S, pack_sockaddr_un($ARGV[0])) or die; $| = 1; print "here\\n";
while (defined recv(S, $m, 4096, 0)) { $m =~ s/\\n/ /g; print "$m\\n"; }`;

await test('systemd', async () => {
	const socket = path.join(confDir, 'notify'), heard = path.join(confDir, 'heard');
	const manager = background(heard, 'KILL', 'perl', ['-e', listenerScript, socket]);
	const said = () => fs.readFileSync(heard, 'utf8');
	await until(() => said().includes('here'), { what: 'the stand-in' });

	// A socket that is open already, as number 3.
	const port = await freePort();
	const starter = `use Socket; $^F = 10; socket(S, PF_INET, SOCK_STREAM, 0) or die; setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
bind(S, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die $!; listen(S, 128) or die; use POSIX (); POSIX::dup2(fileno(S), 3);
$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1; $ENV{WATCHDOG_PID} = $$; exec @ARGV[1 .. $#ARGV];`;
	d.env.NOTIFY_SOCKET = socket;
	d.env.WATCHDOG_USEC = '400000';
	d.env.PORT = String(await freePort());
	const child = background(path.join(confDir, 'err'), 'TERM', 'perl', ['-e', starter, String(port), binary, 'run'], { env: d.env, cwd: root });
	await until(() => /^READY=1/m.test(said()), { ms: 60000, what: 'READY=1' });
	ok(true, 'the master sends READY=1 to systemd');
	is(await fetch(`http://127.0.0.1:${port}/api/v1/health/live`).then((r) => r.status), 200, 'the master serves the socket that systemd passes');
	const closed = await new Promise((settle) => net.connect(Number(d.env.PORT), '127.0.0.1').on('error', (e) => settle(e.code)).on('connect', () => settle('open')));
	is(closed, 'ECONNREFUSED', 'the master opens no port of its own beside a passed socket');
	await until(() => said().split('WATCHDOG=1').length > 4, { what: 'the watchdog to be fed' });
	ok(true, "the master feeds systemd's watchdog");
	is((await command(d, 'reload')).code, 0, 'dure reload succeeds under systemd');
	await until(() => /RELOADING=1 MONOTONIC_USEC=\d+[^\n]*\n(.*\n)*READY=1/.test(said()), { what: 'the reload to be told' });
	ok(true, 'the master sends RELOADING=1 and then READY=1 to systemd');
	is((await command(d, 'upgrade')).code, 0, 'dure upgrade succeeds under systemd');
	await until(() => /^MAINPID=\d+/m.test(said()), { what: 'the new main process' });
	const fresh = status().pid;
	is(said().match(/^MAINPID=(\d+)/m)[1], String(fresh), 'the new master sends its process id as MAINPID');
	like(said(), /^MAINPID=\d+ READY=1 WATCHDOG=1/m, 'the new master feeds the watchdog as it announces itself');
	await child.gone;		// it might still answer on what it had accepted
	is(await fetch(`http://127.0.0.1:${port}/api/v1/health/live`, { headers: { connection: 'close' } }).then((r) => r.status), 200, 'the passed socket is handed over in an upgrade');
	const feeds = said().split('WATCHDOG=1').length;
	await until(() => said().split('WATCHDOG=1').length > feeds + 2, { what: 'the watchdog to be fed by the new one' });
	is(d.cli('stop').code, 0, 'dure stop stops the new master');
	await until(() => /^STOPPING=1/m.test(said()), { what: 'STOPPING=1' });
	ok(true, 'the new master sends STOPPING=1 to systemd');
	manager.kill('SIGKILL');
});

await done();
