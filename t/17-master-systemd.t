#!/usr/bin/env t/lib/run
// 17-master-systemd.t -- what `make install` installs, under a real systemd: user, configuration, unit; start, readiness, reload, upgrades whose new
// main process systemd follows, watchdog, socket activation, stop.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { ioConnect } from './lib/client.mjs';
import { binary, createDatabase, isSanitized, root, scratchDir, startRedis } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { makeInstall, startSystemd } from './lib/systemd.mjs';
import { deep, done, is, isnt, like, ok, skipAll, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const dir = scratchDir(), port = await freePort(), url = `http://127.0.0.1:${port}`;
if (process.getuid() !== 0)
	skipAll('only root can make namespaces');
if (isSanitized())
	skipAll('the unit forbids what the leak check of a sanitizer needs');
const redis = await startRedis(dir), database = await createDatabase();
const put = (file, text, mode) => {
	fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
	fs.writeFileSync(path.join(dir, file), text, { mode });
};
fs.chmodSync(dir, 0o755);
if (!fs.existsSync('/lib/systemd/systemd'))
	skipAll('no systemd is installed');
const installed = makeInstall(dir, root, path.relative(root, path.dirname(binary)));
if (/unshare|mount:/.test(installed.stderr))
	skipAll(`no namespace can be made: ${installed.stderr.trim()}`);
const account = fs.readFileSync(path.join(dir, 'etc/passwd'), 'utf8').match(/^dure:[^:]*:(\d+):(\d+):/m)?.slice(1).map(Number);
await test('make install', () => {
	is(installed.code, 0, 'make install succeeds', installed.stderr);
	ok(account?.[0] > 0, 'make install creates the user dure');
	const { uid, gid, mode } = fs.statSync(path.join(dir, 'etc/dure/dure.conf'));
	deep([uid, gid, mode & 0o777], [0, account?.[1], 0o640], 'the configuration is owned by root, readable by the group dure and by no others');
	like(installed.stdout, /systemctl enable --now dure/, 'make install names the next command, systemctl enable');
	like(fs.readFileSync(path.join(dir, 'sysusers/dure.conf'), 'utf8'), /^u dure /m, 'make install installs a sysusers.d file');
});
if (!account)
	await done();
const [uid, gid] = account;
// The installed configuration, and behind it what a test needs.
const shipped = fs.readFileSync(path.join(dir, 'etc/dure/dure.conf'), 'utf8');
const configure = (more = `PORT=${port}\n`) => put('etc/dure/dure.conf', `${shipped}HOST=127.0.0.1\nHTTP_WORKERS=1\nWS_WORKERS=1\nKAFKA_BROKERS=embedded\nANALYZER=off\nLOG_LEVEL=info\n` +
	`WS_CONNECTIONS_MAX=1000\nHTTP_CONNECTIONS_MAX=1000\nCORS_ORIGINS=http://localhost\nRATE_LIMIT_ENABLED=false\n${more}`);
configure();
put('etc/dure/secrets', `DATABASE_URL=${database}\nREDIS_URL=${redis.url}\nJWT_SECRET=${'j'.repeat(40)}\nJWT_REFRESH_SECRET=${'r'.repeat(40)}\n` +
	`API_KEY_SECRET=${'a'.repeat(40)}\nENCRYPTION_KEY=k1:${Buffer.alloc(32, 7).toString('base64')}\n`, 0o600);
// The unit as it is installed; only times are shorter, and the limit of descriptors is what a test may have.
put('units/dure.service.d/test.conf', `[Service]\nWatchdogSec=8\nTimeoutStopSec=40\nTimeoutAbortSec=2\nLimitNOFILE=4096\nStandardOutput=append:${dir}/dure.log\nStandardError=append:${dir}/dure.log\n`);
put('dure.log', '', 0o666);

const systemd = await startSystemd(dir);
if (typeof systemd === 'string')
	skipAll(systemd);
const ctl = (...args) => systemd.run('systemctl', ...args);
const show = (name) => ctl('show', '-P', name, 'dure.service').stdout.trim();
const log = () => fs.readFileSync(path.join(dir, 'dure.log'), 'utf8');
// On a connection of its own each time.
const live = () => new Promise((settle) => {
	const rq = http.get(`${url}/api/v1/health/live`, { agent: false, timeout: 60000 }, (r) => {
		r.resume();
		r.on('end', () => settle(r.statusCode));
	});
	rq.on('timeout', () => rq.destroy(new Error('no answer')));
	rq.on('error', (e) => settle(e.code ?? e.message));
});
const status = () => JSON.parse(systemd.run('setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', 'env', 'DURE_RUN_DIR=/run/dure', '/usr/local/bin/dure', 'status', '--json').stdout);
const dure = (command) => systemd.run('sh', '-c', `set -a; . /etc/dure/secrets; NODE_ENV=production DURE_RUN_DIR=/run/dure exec /usr/local/bin/dure ${command} -c /etc/dure/dure.conf`);
const main = () => Number(show('MainPID'));

await test('start', async () => {
	const r = ctl('start', 'dure.service');
	ok(r.code === 0, 'systemctl start succeeds', r.stderr, systemd.log().slice(-2000), log().slice(-3000));
	deep([show('ActiveState'), show('SubState'), show('StatusText')], ['active', 'running', 'running'], 'the unit is active and running when systemctl start returns');
	is(await live(), 200, 'the service serves when systemctl start returns');
	is(status().state, 'running', 'every process of the service runs');
	is(status().processes.find((p) => p.kind === 'master').pid, main(), "the unit's main process is the master");
	const typed = systemd.run('sh', '-c', 'cd / && exec dure status');
	is(typed.code, 0, 'root finds the service by a plain `dure status`', typed.stderr);
});

if (show('ActiveState') !== 'active')
	await done();
let s, id;
await test('reload', async () => {
	s = await ioConnect(url);
	id = s.id;
	const r = ctl('reload', 'dure.service');
	is(r.code, 0, 'systemctl reload succeeds', r.stderr);
	is(status().generation, 2, 'the reload is complete when systemctl reload returns');
	fs.writeFileSync(path.join(dir, 'etc/dure/dure.conf'), 'WS_QUEUE_BYTES=1\n');
	is(ctl('reload', 'dure.service').code, 1, 'systemctl reload fails on a bad configuration');
	is(show('ActiveState'), 'active', 'the service stays active after a failed reload');
	configure();
});

await test('upgrades', async () => {
	for (const how of ['USR2', 'dure upgrade']) {
		const before = main();
		if (how === 'USR2')
			ctl('kill', '--kill-who=main', '-s', 'USR2', 'dure.service');
		else
			is(dure('upgrade').code, 0, `${how}: dure upgrade succeeds`);
		await until(() => ![0, before].includes(main()), { ms: 60000, every: 100, what: 'another main process' });
		is(status().processes.find((p) => p.kind === 'master').pid, main(), `${how}: the new master becomes the unit's main process`);
		await until(() => show('SubState') === 'running', { ms: 30000, every: 100, what: 'the service to run' });
		is(show('NRestarts'), '0', `${how}: systemd restarts nothing`);
	}
	deep([s.connected, s.id], [true, id], 'no socket is cut off by upgrades');
	is(await live(), 200, 'the service serves after upgrades');
	const fed = show('WatchdogTimestampMonotonic'), now = main();
	await until(() => Number(show('WatchdogTimestampMonotonic')) > Number(fed) + 10e6 || main() !== now, { ms: 30000, every: 200, what: 'the watchdog to be fed' });
	deep([main(), show('NRestarts')], [now, '0'], 'the last master keeps feeding the watchdog');
});

await test('a master that hangs', async () => {
	const before = main();
	s.disconnect();
	ctl('kill', '--kill-who=main', '-s', 'STOP', 'dure.service');
	is(await live(), 200, 'the children serve while the master hangs');
	await until(() => show('NRestarts') === '1' && show('SubState') === 'running', { ms: 60000, every: 200, what: 'the service to be started anew' });
	isnt(main(), before, 'the watchdog kills a hanging master and systemd restarts the service');
	is(await live(), 200, 'the restarted service serves');
});

await test('stop', async () => {
	const r = ctl('stop', 'dure.service');
	is(r.code, 0, 'systemctl stop succeeds', r.stderr);
	deep([show('ActiveState'), show('Result')], ['inactive', 'success'], 'the unit is inactive with the result success');
	is(await live(), 'ECONNREFUSED', 'no process listens on the port after a stop');
	is(systemd.run('pgrep', '-u', String(uid)).stdout, '', 'no process of the user dure is left after a stop');
});

await test('stop after an upgrade', async () => {
	is(ctl('start', 'dure.service').code, 0, 'it is started again');
	const before = main();
	is(dure('upgrade').code, 0, 'and upgraded');
	await until(() => ![0, before].includes(main()), { ms: 60000, every: 100, what: 'another main process' });
	is(ctl('stop', 'dure.service').code, 0, 'the stop comes back');
	deep([show('ActiveState'), show('Result')], ['inactive', 'success'], 'the new main process, which systemd did not start itself, has the time to stop');
	like(log().slice(log().lastIndexOf('"msg":"starting"')), /"service":"master",[^\n]*"msg":"stopped"[^\n]*\n[^]*"service":"master",[^\n]*"msg":"stopped"/, 'as the one before it had');
});

await test('socket activation', async () => {
	put('units/dure.socket', fs.readFileSync(path.join(root, 'etc/systemd/dure.socket'), 'utf8').replace(/^ListenStream=.*$/m, `ListenStream=127.0.0.1:${port}`));
	configure(`PORT=${await freePort()}\n`);
	is(ctl('daemon-reload').code, 0, 'systemd loads the socket unit');
	const r = ctl('start', 'dure.socket');
	is(r.code, 0, 'systemctl start dure.socket succeeds', r.stderr, systemd.log().slice(-2000));
	is(show('ActiveState'), 'inactive', 'the service is inactive before the first request');
	is(await live(), 200, 'the first request starts the service and is answered');
	ok(await until(() => show('ActiveState') === 'active', { ms: 60000, every: 100 }).catch(() => false), 'the service is active after the first request');
	const before = main();
	is(dure('upgrade').code, 0, 'dure upgrade succeeds under socket activation');
	await until(() => ![0, before].includes(main()), { ms: 60000, every: 100, what: 'another main process' });
	is(await live(), 200, 'an upgrade keeps the passed socket');
	is(ctl('restart', 'dure.service').code, 0, 'systemctl restart succeeds under socket activation');
	is(await live(), 200, 'a restart keeps the passed socket');
	is(ctl('stop', 'dure.socket', 'dure.service').code, 0, 'systemctl stop stops socket and service');
});

await done();
