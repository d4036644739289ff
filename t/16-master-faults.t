#!/usr/bin/env t/lib/run
// 16-master-faults.t -- faults of the master's life: a new master that fails late, a child that dies as soon as it serves.
import fs from 'node:fs';
import path from 'node:path';
import { ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';
import { frame, frames, handshake } from './lib/wire.mjs';

const confFile = path.join('/tmp', `dure-faults-${process.pid}.conf`);
process.on('exit', () => fs.rmSync(confFile, { force: true }));
const configure = (lines) => fs.writeFileSync(confFile, Object.entries(lines).map(([k, v]) => `${k}=${v}\n`).join(''));
configure({ UPGRADE_TIMEOUT_MS: '1000', ANALYZER: 'off' });
const d = await startDure({ http: 2, ws: 1, env: { ANALYZER: undefined, DURE_CONF: confFile } });
const status = () => JSON.parse(d.cli('status', '--json').stdout);
const pidOf = (title) => d.pids().find((p) => p.title === title)?.pid;
const running = (what) => until(() => d.cli('status', '--json').code === 0, { ms: 40000, every: 100, what });
const files = () => fs.readdirSync(d.dir).filter((n) => /^(dure\.|ws|master)/.test(n) && n !== 'dure.log').sort();

await test('a new master that runs but is never ready', async () => {
	const s = await ioConnect(d.url), id = s.id, before = files();
	const children = fs.readFileSync(path.join(d.dir, 'dure.children'), 'utf8');
	configure({ UPGRADE_TIMEOUT_MS: '1000', ANALYZER: 'embedded', ANALYZER_MODEL: `${d.dir}/no-such-model` });
	const r = await command(d, 'upgrade');
	is(r.code, 1, 'an upgrade fails when the new master does not become ready');
	like(r.stderr, /not ready in time/, 'dure upgrade says that the new master was not ready in time');
	await running('all to be ready');
	deep(files(), before, 'a failed upgrade leaves every file of the run directory in place');
	is(fs.readFileSync(path.join(d.dir, 'dure.children'), 'utf8'), children, 'dure.children lists the children of the old master');
	deep([s.connected, s.id], [true, id], 'a failed upgrade cuts no socket off');
	const worker = pidOf('dure: http 1');
	await d.kill9(/^dure: http/);
	await until(() => ![undefined, worker].includes(pidOf('dure: http 1')), { what: 'other HTTP workers' });
	await running('them to be ready');
	const late = await ioConnect(d.url);
	ok(late.connected, 'an HTTP worker started after a failed upgrade finds the fanout process');
	const first = pidOf('dure: ws 1');
	configure({ UPGRADE_TIMEOUT_MS: '60000', ANALYZER: 'off' });
	is((await command(d, 'reload')).code, 0, 'dure reload succeeds after a failed upgrade');
	ok(pidOf('dure: ws 1') !== first && s.connected && s.id === id, 'a reload after a failed upgrade hands the sockets over');
	s.disconnect();
	late.disconnect();
});

await test('a stop during an upgrade', async () => {
	for (const how of ['dure stop', 'dure quit', 'TERM to the old master']) {
		await running('all to be ready');
		configure({ UPGRADE_TIMEOUT_MS: '60000', ANALYZER: 'embedded', ANALYZER_MODEL: `${d.dir}/no-such-model` });
		process.kill(d.pid, 'SIGUSR2');
		const pid = await until(() => { try { const n = Number(fs.readFileSync(path.join(d.dir, 'dure.pid'), 'utf8')); return n > 0 && n !== d.pid && n; } catch { return 0; } }, { what: 'a new master' });
		await until(() => fs.existsSync(path.join(d.dir, 'dure.children')) && d.pids().filter((p) => p.title === 'dure: http 1').length === 2, { ms: 30000, what: 'its children' });
		if (how.startsWith('dure'))
			is((await command(d, how.slice(5))).code, 0, `${how} during an upgrade succeeds`);
		else
			process.kill(d.pid, 'SIGTERM');
		is((await d.child.gone).code, 0, `${how} during an upgrade: the old master exits with status 0`);
		await until(() => { try { process.kill(pid, 0); return false; } catch { return true; } }, { ms: 40000, what: 'the new one to end' });
		deep(files(), [], `${how} during an upgrade leaves no file behind`);
		configure({ ANALYZER: 'off' });
		await d.start();
	}
});

// Its fanout is slow to start while Redis does not answer: it waits for the list of revoked tokens.
const e = await startDure({ http: 1, ws: 1, proxied: true, env: { ANALYZER: 'off', RESTART_QUARANTINE: '1', REDIS_TIMEOUT_MS: '30000',
	HEARTBEAT_TIMEOUT_MS: '60000', WS_PING_INTERVAL: '1000', WS_PING_TIMEOUT: '4000' } });
const fanout = () => JSON.parse(e.cli('status', '--json').stdout).processes.find((p) => p.title === 'ws 1');

await test('a client that answers a stopped process', async () => {
	const c = await handshake(e, '/socket.io/?EIO=4&transport=websocket');
	let ended = false;
	c.closed.then(() => { ended = true; });
	const texts = () => frames(c.got).map((f) => f.payload.toString());
	c.socket.write(frame(0x81, '40'));
	await until(() => texts().includes('2'), { what: 'a ping' });
	process.kill(fanout().pid, 'SIGSTOP');
	const answered = texts().filter((t) => t === '2').length;
	for (let i = 0; i < answered; i++)
		c.socket.write(frame(0x81, '3'));
	await sleep(6000);
	process.kill(fanout().pid, 'SIGCONT');
	await until(() => ended || texts().filter((t) => t === '2').length > answered, { what: 'the next ping, or the end' });
	is(ended, false, 'a client that answered while the process was stopped is not timed out');
	c.socket.destroy();
});

await test('a child that dies as soon as it serves', async () => {
	const first = await until(() => { const p = fanout(); return p?.state === 'ready' && p.uptimeMs > 7000 && p; }, { ms: 30000, every: 100 });
	e.redisProxy.freeze();
	process.kill(first.pid, 'SIGKILL');
	const next = await until(() => { const p = fanout(); return p && p.pid !== first.pid && p.uptimeMs > 6000 && p; }, { ms: 30000, every: 100, what: 'another' });
	isnt(next.state, 'quarantined', 'a first death after a long life does not quarantine a child');
	e.redisProxy.heal();
	await until(() => fanout().state === 'ready', { ms: 30000, every: 20, what: 'it to be ready' });
	process.kill(next.pid, 'SIGKILL');
	const last = await until(() => { const p = fanout(); return p && (p.state === 'quarantined' || p.state === 'ready' && p.pid !== next.pid) && p; }, { ms: 30000, every: 50 });
	is(last.state, 'quarantined', 'the time that a child took to start does not count as its life');
	await until(() => JSON.parse(e.cli('status', '--json').stdout).processes.every((p) => !['http', 'kafka', 'cron'].includes(p.kind) || p.redis),
		{ ms: 30000, every: 100, what: 'the others to have Redis again' });
	const r = await command(e, 'reload');	// which does not hold up the proxy
	ok(r.code === 0, 'dure reload succeeds with a quarantined child', r.stderr, e.log().slice(-4000));
	await until(() => fanout()?.state === 'ready', { ms: 30000, every: 100, what: 'it to be tried again' });
});

await done();
