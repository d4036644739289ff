#!/usr/bin/env t/lib/run
// 12-master-upgrade.t -- USR2: another build takes over the listening sockets and the live sockets under load; an upgrade that fails, in
// whatever way, leaves everything as it was.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { command, startCrowd, steadyRequests } from './lib/crowd.mjs';
import { binary, scratchDir, startDure } from './lib/dure.mjs';
import { atEnd, deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { slower, until } from './lib/until.mjs';

const count = Number(process.env.SOCKETS || 300), rounds = Number(process.env.ROUNDS || 1);

// The binary that runs is replaced on the disk as an installation does it, by builds that say another version.
const dir = scratchDir(), installed = path.join(dir, 'dure');
const image = fs.readFileSync(binary);
const version = Buffer.from(execFileSync(binary, ['version'], { encoding: 'utf8' }).replace(/^dure /, '').trim());
function install(bytes) {
	fs.writeFileSync(`${installed}.new`, bytes, { mode: 0o755 });
	fs.renameSync(`${installed}.new`, installed);
}
function build(name) {
	const other = Buffer.from(image), text = Buffer.from(name.padEnd(version.length, '.').slice(0, version.length));
	for (let at = other.indexOf(version); at >= 0; at = other.indexOf(version, at + 1))
		if (other[at + version.length] === 0)
			text.copy(other, at);
	install(other);
}
install(image);

const confFile = path.join(dir, 'dure.conf');
fs.writeFileSync(confFile, `UPGRADE_TIMEOUT_MS=${1500 * slower}\n`);
const d = await startDure({ http: 2, ws: 1, command: installed, env: { ANALYZER: 'off', DURE_CONF: confFile } });
const pidFile = path.join(d.dir, 'dure.pid'), oldPidFile = `${pidFile}.oldbin`;
const masterPid = () => { try { return Number(fs.readFileSync(pidFile, 'utf8')); } catch { return 0; } };
const isAlive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
const status = () => JSON.parse(d.cli('status', '--json').stdout);
atEnd(async () => {		// later masters are no children of this test
	const pid = masterPid();
	if (pid > 0 && isAlive(pid)) {
		d.cli('stop');
		await until(() => !isAlive(pid), { ms: 40000, what: 'the last master to end' });
	}
});

await test('upgrades that fail', async () => {
	const crowd = await startCrowd(d, 20, { polling: 3, room: 'faithful' });
	const requests = steadyRequests(d);
	crowd.start();
	const pids = d.pids().map((p) => p.pid).sort();
	for (const [what, bytes, why] of [
		['to a file that is no program', Buffer.from('this is not a program\n'), /ended with status 1/],
		['to a program that exits at once', Buffer.from('#!/bin/sh\nexit 7\n'), /ended with status 7/],
		['to a program that is killed', Buffer.from('#!/bin/sh\nkill -9 $$\n'), /ended by signal 9/],
	]) {
		install(bytes);
		const r = await command(d, 'upgrade');
		is(r.code, 1, `an upgrade ${what} fails`);
		like(r.stderr, why, `an upgrade ${what} reports how the program ended`);
		deep([masterPid(), fs.existsSync(oldPidFile)], [d.pid, false], `an upgrade ${what} leaves the pid file as it was`);
	}
	install(image);
	deep(d.pids().map((p) => p.pid).sort(), pids, 'a failed upgrade replaces no process');
	is(status().upgradeFailures, 3, 'dure status counts the failed upgrades');
	is((await command(d, 'reload')).code, 0, 'dure reload succeeds after failed upgrades');
	await crowd.finish();
	deep(crowd.faults.slice(0, 5), [], 'no socket is affected by failed upgrades');
	deep((await requests.stop()).failed.slice(0, 5), [], 'no request fails during failed upgrades');
	crowd.leave();
});

await test('a new binary that does not come up', async () => {
	install(Buffer.from('#!/bin/sh\nexec sleep 600\n'));
	process.kill(d.pid, 'SIGUSR2');
	await until(() => fs.existsSync(oldPidFile), { what: 'the upgrade to begin' });
	is(status().state, 'upgrading', 'dure status reports the state upgrading');
	await until(() => status().upgradeFailures === 4, { ms: 60000, every: 200, what: 'it to be given up' });
	like(status().upgradeError, /not ready in time/, 'the master abandons an upgrade that is not ready in time');
	deep([masterPid(), fs.existsSync(oldPidFile)], [d.pid, false], 'an abandoned upgrade leaves the pid file as it was');
	fs.writeFileSync(confFile, 'UPGRADE_TIMEOUT_MS=60000\n');
	is(d.cli('reload').code, 0, 'a reload changes UPGRADE_TIMEOUT_MS');
});

await test('a crowd under load', async () => {
	const crowd = await startCrowd(d, count, { polling: Math.ceil(count / 10) });
	const requests = steadyRequests(d);
	crowd.start();
	for (let i = 0; i < rounds; i++) {
		const before = masterPid(), goal = crowd.sent + 20, name = `9.${i}.new`;
		build(name);
		const r = await command(d, 'upgrade');
		is(r.code, 0, 'dure upgrade succeeds', r.stderr, r.code === 0 ? '' : d.log().slice(-6000));
		isnt(masterPid(), before, 'the pid file names another master after an upgrade');
		like(status().version, new RegExp(`^9\\.${i}`), 'the new master is of the new build');
		await until(() => !isAlive(before), { ms: 60000, what: 'the old master to end' });
		ok(!fs.existsSync(oldPidFile), 'the old master leaves no pid file');
		await until(() => crowd.sent >= goal, { ms: 30000, what: 'events after it' });
	}
	is(d.cli('reload').code, 0, 'the new master reloads');
	await crowd.finish();
	const tally = await requests.stop();
	deep(crowd.faults.slice(0, 10), [], `every event reaches every socket once across upgrades (${crowd.sent} to ${count})`);
	deep(tally.failed.slice(0, 10), [], `no request fails during an upgrade (of ${tally.sent})`);
	crowd.leave();
	const end = masterPid();
	is(d.cli('stop').code, 0, 'dure stop stops the new master');
	await until(() => !isAlive(end), { ms: 40000, what: 'the new master to end' });
	deep(fs.readdirSync(d.dir).filter((n) => /\.sock$|\.pid/.test(n)), [], 'the new master leaves neither socket nor pid file');
});

await done();
