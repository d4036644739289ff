#!/usr/bin/env t/lib/run
// 18-master-limits.t -- bad surroundings of the master: false pid files, a full disk under the log, too few descriptors, and commands
// while no server or another one runs.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { background, binary, root, runCli, scratchDir, startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { deep, done, is, like, ok, skip, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off' } });
const pidFile = path.join(d.dir, 'dure.pid');
const isAlive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };

await test('commands while nothing runs', async () => {
	const env = { ...d.env, DURE_RUN_DIR: path.join(d.dir, 'nobody') };
	for (const c of ['status', 'stop', 'quit', 'reload', 'upgrade', 'reopen']) {
		const r = runCli(env, c);
		is(r.code, 3, `dure ${c} exits with status 3 while nothing runs`);
		like(r.stderr, /not running in .*nobody/, `dure ${c} names the run directory where nothing runs`);
	}
	const missing = runCli({ ...env, DURE_RUN_DIR: '/proc/no/such' }, 'status');
	is(missing.code, 3, 'dure status exits with status 3 for a run directory that cannot exist');
});

await test('false pid files', async () => {
	const dir = path.join(d.dir, 'lies');
	fs.mkdirSync(dir);
	const env = { ...d.env, DURE_RUN_DIR: dir };
	const bystander = background(path.join(d.dir, 'bystander.log'), 'KILL', 'sleep', ['60']);
	for (const text of [`${bystander.pid}\n`, '999999999\n', 'no number\n', '-1\n', '0\n', '', '1\n']) {
		fs.writeFileSync(path.join(dir, 'dure.pid'), text);
		const r = runCli(env, 'stop');
		is(r.code, 3, `${JSON.stringify(text.replace(String(bystander.pid), 'the id of another program'))} in the pid file: dure stop finds no server`);
	}
	ok(isAlive(bystander.pid), 'dure stop signals no unrelated process');
	bystander.kill('SIGKILL');
	fs.mkdirSync(path.join(d.dir, 'dir', 'dure.pid'), { recursive: true });
	const r = runCli({ ...d.env, DURE_RUN_DIR: path.join(d.dir, 'dir') }, 'run');
	is(r.code, 1, 'dure run fails where the pid file is a directory');
	like(r.stderr, /cannot open the pid file/, 'the failure names the pid file');
});

await test('a pid file that another program removes or changes', async () => {
	const right = () => { try { return fs.readFileSync(pidFile, 'utf8') === `${d.pid}\n`; } catch { return false; } };
	for (const [what, spoil] of [['pid file overwritten', () => fs.writeFileSync(pidFile, 'rubbish\n')], ['pid file removed', () => fs.rmSync(pidFile)],
		['pid file replaced', () => { fs.rmSync(pidFile); fs.writeFileSync(pidFile, '1\n'); }]]) {
		spoil();
		await until(right, { what: 'the right one' });
		ok(true, `${what}: the master writes it anew`);
		is(d.cli('run').code, 1, `${what}: a second master is refused`);
		is(d.cli('reopen').code, 0, `${what}: commands find the first master`);
	}
	is(d.cli('status').code, 0, 'the master keeps running');
});

// A small disk, which only root can make.
const disk = fs.mkdtempSync('/tmp/dure-disk-');
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=65536', 'tmpfs', disk]).status === 0;
process.on('exit', () => {
	if (mounted)
		spawnSync('umount', ['-l', disk]);
	fs.rmdirSync(disk);
});
await test('a full disk under the log', async () => {
	if (!mounted)
		return skip('no file system can be mounted here');
	const logFile = path.join(disk, 'lines.log'), filler = path.join(disk, 'filler');
	const e = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', LOG_FILE: logFile, LOG_ACCESS: 'true' } });
	const get = () => fetch(`${e.url}/api/v1/health/live`).then(async (r) => { await r.text(); return r.status; });
	const s = await ioConnect(e.url), id = s.id;
	try { fs.writeFileSync(filler, Buffer.alloc(60000)); fs.appendFileSync(filler, Buffer.alloc(60000)); } catch { /* full */ }
	let good = 0;
	for (let i = 0; i < 50; i++)
		good += await get() === 200;
	is((await command(e, 'reload')).code, 0, 'dure reload succeeds on a full disk');
	deep([s.connected, s.id, good], [true, id, 50], 'requests are answered and sockets stay connected on a full disk');
	fs.rmSync(filler);
	await until(async () => { await get(); return /lines of the log could not be written/.test(fs.readFileSync(logFile, 'utf8')); }, { what: 'it to be told' });
	ok(true, 'the log says how many lines were lost when there is room again');
	const bad = fs.readFileSync(logFile, 'utf8').split('\n').filter(Boolean).filter((l) => { try { JSON.parse(l); return false; } catch { return true; } });
	ok(bad.length <= e.pids().length * 2, 'log lines are whole again when there is room', bad.join('\n').slice(0, 500));
	s.disconnect();
	is((await e.stop()).code, 0, 'the server stops cleanly after a full disk');
});

await test('too few descriptors', async () => {
	const dir = scratchDir(), port = await freePort();
	const env = { ...d.env, DURE_RUN_DIR: dir, PORT: String(port), HOST: '127.0.0.1' };
	const child = background(path.join(dir, 'log'), 'TERM', 'prlimit', ['--nofile=64:64', binary, 'run'], { env, cwd: root });
	const log = () => fs.readFileSync(path.join(dir, 'log'), 'utf8');
	await until(() => runCli(env, 'status').code === 0, { ms: 60000, every: 200, what: 'it to be ready' });
	like(log(), /fewer open files than .*LimitNOFILE/, 'the master warns of too few descriptors and names LimitNOFILE');
	const worker = JSON.parse(runCli(env, 'status', '--json').stdout).processes.find((p) => p.kind === 'http').pid;
	const idle = await Promise.all(Array.from({ length: 100 }, () => new Promise((settle) => { const c = net.connect(port, '127.0.0.1', () => settle(c)); c.on('error', () => settle(c)); })));
	await until(() => /cannot accept connections/.test(log()), { ms: 20000, what: 'the warning' });
	const state = () => fs.readFileSync(`/proc/${worker}/stat`, 'latin1').replace(/^.*\) /s, '')[0];
	ok(await until(() => state() === 'S', { ms: 20000, every: 7 }).catch(() => false), 'a worker that cannot accept connections sleeps');
	idle.forEach((c) => c.destroy());
	is(await until(() => fetch(`http://127.0.0.1:${port}/api/v1/health/live`).then((r) => r.status, () => 0), { ms: 30000, every: 200 }), 200, 'the worker serves again when descriptors are free');
	is(runCli(env, 'stop').code, 0, 'dure stop stops the server');
	await child.gone;
});

await done();
