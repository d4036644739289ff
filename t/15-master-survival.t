#!/usr/bin/env t/lib/run
// 15-master-survival.t -- children that stop, spin, grow or die on every start, and any child killed repeatedly under load: the master
// replaces them, the others keep serving, and nothing shared is lost.
import fs from 'node:fs';
import path from 'node:path';
import { client, ioConnect } from './lib/client.mjs';
import { command, startCrowd, steadyRequests } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { publish, STATE } from './lib/room.mjs';
import { between, deep, diag, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const confFile = path.join('/tmp', `dure-survival-${process.pid}.conf`);
process.on('exit', () => fs.rmSync(confFile, { force: true }));
fs.writeFileSync(confFile, 'MAX_MEMORY_RESTART=0\n');
const base = { ANALYZER: 'off', HEARTBEAT_TIMEOUT_MS: '6000', RESTART_BACKOFF_MAX_MS: '300', DURE_CONF: confFile };
const kills = Number(process.env.KILLS || 12);

function helpers(d) {
	const status = () => JSON.parse(d.cli('status', '--json').stdout);
	return {
		status,
		pidOf: (title) => d.pids().find((p) => p.title === title)?.pid,
		running: (what) => until(() => d.cli('status', '--json').code === 0, { ms: 40000, every: 100, what }),
	};
}

const d = await startDure({ http: 2, ws: 1, env: { ...base, WS_PROTOCOL_TEST: 'true' } });
const { status, pidOf, running } = helpers(d);
const http = client(d.url);

await test('a child that stops', async () => {
	const before = pidOf('dure: ws 1');
	process.kill(before, 'SIGSTOP');
	const failed = [];
	await until(async () => {
		const a = await http.get('/api/v1/health/live').catch((e) => ({ status: e.code }));
		if (a.status !== 200)
			failed.push(a.status);
		return ![undefined, before].includes(pidOf('dure: ws 1'));
	}, { ms: 40000, what: 'another ws' });
	ok(true, 'the master replaces a stopped child');
	deep(failed, [], 'the other processes serve every request while a child is stopped');
	await running('all to be ready');
});

await test('a child that spins', async () => {
	const before = pidOf('dure: ws 1');
	const s = await ioConnect(d.url);
	s.emit('burn', { ms: 600000 });
	await until(() => ![undefined, before].includes(pidOf('dure: ws 1')), { ms: 40000, what: 'another ws' });
	ok(true, 'the master replaces a child that spins');
	like(d.log(), /process is silent, killing it/, 'the log names the missing heartbeat as the reason');
	await running('all to be ready');
});

await test('a child that grows', async () => {
	const s = await ioConnect(d.url), quiet = await ioConnect(d.url);
	await quiet.ask('subscribe-analysis', 'grown');
	const before = pidOf('dure: ws 1');
	const rss = status().processes.find((p) => p.title === 'ws 1').rssBytes;
	fs.writeFileSync(confFile, `MAX_MEMORY_RESTART=${rss + 60 * 1048576}\n`);
	is((await command(d, 'reload')).code, 0, 'a reload sets MAX_MEMORY_RESTART');
	const limited = pidOf('dure: ws 1');
	isnt(limited, before, 'a new process serves the sockets after the reload');
	is((await s.ask('hoard', { bytes: 120 * 1048576 })).ok, true, 'the process grows beyond MAX_MEMORY_RESTART');
	await until(() => ![undefined, limited].includes(pidOf('dure: ws 1')), { ms: 40000, what: 'another ws' });
	like(d.log(), /process is too large, replacing it/, 'the master replaces a process that exceeds MAX_MEMORY_RESTART');
	await until(() => status().processes.find((p) => p.title === 'ws 1' && p.state === 'ready'), { ms: 20000, what: 'it to serve' });
	await publish(d, 'analysis:grown', 'analysis-update', { number: 1 }, { kind: STATE });
	await quiet.next('analysis-update');
	ok(s.connected && quiet.connected, 'no socket is cut off when a large process is replaced');
	fs.writeFileSync(confFile, 'MAX_MEMORY_RESTART=0\n');
	s.disconnect();
	quiet.disconnect();
});

await test('a child that dies on every start', async () => {
	fs.writeFileSync(confFile, 'RESTART_QUARANTINE=3\nRESTART_QUARANTINE_MS=600000\n');
	is((await command(d, 'reload')).code, 0, 'a reload sets RESTART_QUARANTINE');
	const quarantined = await until(() => {
		try { process.kill(pidOf('dure: kafka'), 'SIGKILL'); } catch { /* it is dead, or not there yet */ }
		return status().processes.find((p) => p.state === 'quarantined');
	}, { ms: 30000, every: 50, what: 'the quarantine' });
	is(quarantined.title, 'kafka', 'a child that dies on every start is quarantined');
	like(d.log(), /process is quarantined/, 'the quarantine is logged');
	await sleep(1000);
	is(pidOf('dure: kafka'), undefined, 'a quarantined process is not started again');
	is(status().state, 'degraded', 'dure status reports a quarantine as degraded');
	is((await http.get('/api/v1/health/live')).status, 200, 'the other processes keep serving');
	const rows = await until(async () => {
		const found = await d.psql("SELECT details FROM security_logs WHERE event_type = 'process_quarantined'");
		return found.length > 0 && found;
	}, { ms: 20000, what: 'people to be told' });
	is(rows[0].details.process, 'kafka', 'the security log names the quarantined process');
	fs.writeFileSync(confFile, 'RESTART_QUARANTINE=0\n');
	is((await command(d, 'reload')).code, 0, 'dure reload succeeds');
	await until(() => pidOf('dure: kafka'), { ms: 20000, what: 'kafka' });
	ok(true, 'a reload starts a quarantined process again');
	await running('all to be ready');
});
is((await d.stop()).code, 0, 'dure stop stops a server whose children died');

await test('any child killed repeatedly', async () => {
	const e = await startDure({ http: 2, ws: 1, env: { ...base, RESTART_QUARANTINE: '0', HEARTBEAT_TIMEOUT_MS: '15000' } });
	const own = helpers(e);
	await own.running('all to be ready');
	const fds = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;
	const shared = (pid) => fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').filter((l) => /\/dev\/zero|memfd|SYSV/.test(l)).length;
	const before = { fds: fds(e.pid), shared: shared(e.pid), titles: e.pids().map((p) => p.title).sort() };
	const sockets = await Promise.all(Array.from({ length: 20 }, () => ioConnect(e.url, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 200 })));
	for (const s of sockets)
		await s.ask('subscribe-analysis', 'kills');
	const requests = steadyRequests(e, { path: '/api/products/none/reviews?limit=1' });
	const took = [];
	for (let i = 0; i < kills; i++) {
		const victims = e.pids().filter((p) => p.pid !== e.pid && /^dure: /.test(p.title));
		const victim = victims[Math.floor(Math.random() * victims.length)], began = Date.now();
		try {
			process.kill(victim.pid, 'SIGKILL');
		} catch {
			continue;
		}
		await until(() => e.pids().some((p) => p.title === victim.title && p.pid !== victim.pid), { ms: 30000, what: `another ${victim.title}` });
		took.push(Date.now() - began);
		await sleep(Math.random() * 1000);
	}
	await own.running('all to be ready again');
	const tally = await requests.stop();
	await until(() => sockets.every((s) => s.connected), { ms: 30000, what: 'every client to be back' });
	await publish(e, 'analysis:kills', 'analysis-update', { number: 1 }, { kind: STATE });
	await until(() => sockets.every((s) => s.all('analysis-update').some(([u]) => u.number === 1)), { ms: 20000, what: 'an event to reach them all' });
	ok(true, 'every client reconnects and receives an event of its room');
	diag(`${took.length} kills, replaced within ${Math.max(...took)} ms at most; ${tally.failed.length} of ${tally.sent} requests failed`);
	await until(() => {
		const now = e.pids().map((p) => p.title).sort();
		return JSON.stringify(now) === JSON.stringify(before.titles);
	}, { ms: 40000, what: 'the same processes as before' });
	ok(true, 'the processes after the kills are those of before');
	between(fds(e.pid), before.fds - 2, before.fds + 2, 'the master holds no more descriptors after the kills');
	is(shared(e.pid), before.shared, 'the master holds no more shared memory after the kills');
	const s = await until(async () => {
		const t = own.status();
		const [{ n }] = await e.psql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'dure%'");
		return t.dbUsed === t.processes.reduce((sum, p) => sum + p.dbConnections, 0) && n === t.dbUsed && t;
	}, { ms: 20000, every: 200, what: 'the connections counted to be those that there are' });
	ok(s.dbUsed <= s.dbBudget, 'the database connections stay within the budget, and the count matches');
	sockets.forEach((one) => one.disconnect());
	is((await e.stop()).code, 0, 'the server stops cleanly after the kills');
});

await done();
