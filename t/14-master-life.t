#!/usr/bin/env t/lib/run
// 14-master-life.t -- the master's surroundings: a daemon, systemd's notifications, watchdog and sockets, the log file's rotation, the
// limits of its children, and what a killed master leaves behind.
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
	ok(worker.requests >= 5, 'counts requests', String(worker.requests));
	for (const key of ['pid', 'kind', 'index', 'generation', 'state', 'restarts', 'uptimeMs', 'heartbeatAgeMs', 'rssBytes', 'cpuMs'])
		ok(key in worker, `tells ${key}`);
	like(d.cli('status').stdout, /^PROCESS .* REQUESTS /m, 'as a table too');
});

await test('who goes first when memory is short', async () => {
	const score = (p) => Number(fs.readFileSync(`/proc/${p.pid}/oom_score_adj`, 'utf8'));
	const all = status().processes, master = score(all.find((p) => p.kind === 'master'));
	ok(all.filter((p) => p.kind !== 'master').every((p) => score(p) > master || master === 1000), 'children go before the master');
});

await test('the log file', async () => {
	ok(lines().every((l) => l.time && l.level && l.service && l.pid), 'is one JSON object a line');
	configure({ LOG_ACCESS: 'true' });
	is((await command(d, 'reload')).code, 0, 'access lines by a reload');
	await until(async () => {	// the first may still be answered by the predecessor
		await get('/api/v1/health/live');
		return lines().some((l) => l.msg === 'request');
	}, { what: 'an access line' });
	const one = lines().find((l) => l.msg === 'request');
	deep(['requestId', 'method', 'route', 'status', 'ms', 'ip'].filter((k) => !(k in one)), [], 'with everything that belongs there');
	configure({ LOG_ACCESS: 'true', LOG_ACCESS_PERCENT: '20' });
	is((await command(d, 'reload')).code, 0, 'a fifth of them by a reload');
	const before = lines().filter((l) => l.msg === 'request').length;
	for (let i = 0; i < 100; i++)
		await get('/api/v1/health/live');
	await until(() => lines().filter((l) => l.msg === 'request').length - before >= 15, { what: 'the sample' });
	between(lines().filter((l) => l.msg === 'request').length - before, 15, 25, 'are about a fifth');
	configure({ LOG_LEVEL: 'error' });
	is((await command(d, 'reload')).code, 0, 'less by a reload');
	await until(() => status().processes.every((p) => p.state === 'ready'), { ms: 60000, every: 100, what: 'the predecessors to leave' });
	fs.writeFileSync(logFile, '');
	is((await command(d, 'reload')).code, 0, 'and once more');
	deep(lines().filter((l) => l.level !== 'error').map((l) => l.msg), [], 'nothing below the level is written');
	configure({ LOG_LEVEL: 'info', DB_SLOW_MS: '1' });
	is((await command(d, 'reload')).code, 0, 'more again');
	ok(lines().some((l) => l.level === 'info'), 'is written then');
});
await test('rotation', async () => {
	const old = path.join(confDir, 'lines.log.20200101-000000'), other = path.join(confDir, 'lines.log.keep');
	fs.writeFileSync(old, 'old\n');
	fs.utimesSync(old, 1577836800, 1577836800);
	fs.writeFileSync(other, 'not ours\n');
	configure({ LOG_ROTATE_BYTES: '4096', LOG_ACCESS: 'true' });
	is((await command(d, 'reload')).code, 0, 'at 4 KiB, by a reload');
	const rotated = () => fs.readdirSync(confDir).filter((n) => /^lines\.log\.2\d{7}-\d{6}/.test(n) && n !== path.basename(old));
	let sent = 0;
	await until(async () => {
		for (let i = 0; i < 20; i++, sent++)
			await get(`/api/v1/health/live?n=${sent}`);
		return rotated().length >= 2;
	}, { ms: 30000, what: 'two rotations' });
	configure({ LOG_ACCESS: 'true' });
	is((await command(d, 'reload')).code, 0, 'and no more');
	await until(() => {
		const all = [...rotated(), 'lines.log'].map((n) => fs.readFileSync(path.join(confDir, n), 'utf8')).join('');
		return (all.match(/"msg":"request"/g) ?? []).length >= sent;
	}, { what: 'every line to be in one of the files' });
	ok(true, 'no line is lost');
	ok(!fs.existsSync(old), 'a file of long ago is removed');
	ok(fs.existsSync(other), 'one of another name is not');
	configure();
	is((await command(d, 'reload')).code, 0, 'as before');
});

await test('processors', async () => {
	const cores = Number(execFileSync('nproc', { encoding: 'utf8' }));
	if (cores < 2)
		return skip('one processor only');
	configure({ CPU_AFFINITY: 'auto' });
	is((await command(d, 'reload')).code, 0, 'one each by a reload');
	const allowed = (kind) => fs.readFileSync(`/proc/${status().processes.find((p) => p.kind === kind && p.state === 'ready').pid}/status`, 'utf8').match(/^Cpus_allowed_list:\s+(.*)$/m)[1];
	like(allowed('http'), /^\d+$/, 'for an HTTP worker');
	like(allowed('ws'), /^\d+$/, 'and a fanout process');
	like(allowed('cron'), /[-,]/, 'but not the others');
	configure();
});

await test('a killed master', async () => {
	const children = status().processes.filter((p) => p.kind !== 'master').map((p) => p.pid);
	process.kill(children.at(-1), 'SIGSTOP');	// it will not hear that its master is gone
	process.kill(d.pid, 'SIGKILL');
	await d.child.gone;
	await d.start();
	deep(children.filter(isAlive), [], 'its successor ends what it left behind, a stopped child too');
	is(await get('/api/v1/health/live'), 200, 'and serves');
	is((await d.stop()).code, 0, 'it stops');
	deep(fs.readdirSync(d.dir).filter((n) => /\.(sock|pid|children)$/.test(n)), [], 'and leaves nothing');
});

await test('a daemon', async () => {
	const r = spawnSync(binary, ['start'], { cwd: root, env: d.env, encoding: 'utf8', timeout: 60000 });
	is(r.status, 0, 'start comes back', r.stderr);
	is(await get('/api/v1/health/live'), 200, 'when it serves');
	const master = status().pid;
	is(fs.readlinkSync(`/proc/${master}/fd/0`), '/dev/null', 'without a terminal');
	is(fs.readFileSync(`/proc/${master}/stat`, 'utf8').split(') ')[1].split(' ')[3], String(master), 'in a session of its own');
	is(spawnSync(binary, ['start'], { cwd: root, env: d.env }).status, 1, 'a second one is refused');
	is(d.cli('stop').code, 0, 'stop ends it');
	const bad = spawnSync(binary, ['start'], { cwd: root, env: { ...d.env, HOST: 'no.such.host.invalid' }, encoding: 'utf8', timeout: 60000 });
	is(bad.status, 1, 'one that cannot start fails');
	like(bad.stderr, /not started; see .*lines\.log/, 'and says where to look');
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
	ok(true, 'hears that it is ready');
	is(await fetch(`http://127.0.0.1:${port}/api/v1/health/live`).then((r) => r.status), 200, 'the socket that was given is served');
	const closed = await new Promise((settle) => net.connect(Number(d.env.PORT), '127.0.0.1').on('error', (e) => settle(e.code)).on('connect', () => settle('open')));
	is(closed, 'ECONNREFUSED', 'and no other one');
	await until(() => said().split('WATCHDOG=1').length > 4, { what: 'the watchdog to be fed' });
	ok(true, 'hears that it is alive');
	is((await command(d, 'reload')).code, 0, 'a reload');
	await until(() => /RELOADING=1 MONOTONIC_USEC=\d+[^\n]*\n(.*\n)*READY=1/.test(said()), { what: 'the reload to be told' });
	ok(true, 'is told with its beginning and end');
	is((await command(d, 'upgrade')).code, 0, 'an upgrade');
	await until(() => /^MAINPID=\d+/m.test(said()), { what: 'the new main process' });
	const fresh = status().pid;
	is(said().match(/^MAINPID=(\d+)/m)[1], String(fresh), 'tells who is the main process now');
	like(said(), /^MAINPID=\d+ READY=1 WATCHDOG=1/m, 'which has its whole time from then on');
	await child.gone;		// it might still answer on what it had accepted
	is(await fetch(`http://127.0.0.1:${port}/api/v1/health/live`, { headers: { connection: 'close' } }).then((r) => r.status), 200, 'the socket went along');
	const feeds = said().split('WATCHDOG=1').length;
	await until(() => said().split('WATCHDOG=1').length > feeds + 2, { what: 'the watchdog to be fed by the new one' });
	is(d.cli('stop').code, 0, 'the new master stops');
	await until(() => /^STOPPING=1/m.test(said()), { what: 'STOPPING=1' });
	ok(true, 'and says so');
	manager.kill('SIGKILL');
});

await done();
