#!/usr/bin/env t/lib/run
// 10-master-signals.t -- the master: which processes run and under which title, how a dead one is replaced, that every signal does what
// `dure dump signals` says, and that no process is left behind.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { binary, isAlive, root, runCli, startDure } from './lib/dure.mjs';
import { between, deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { HEARTBEAT_TIMEOUT_MS: '4000', ANALYZER: 'embedded' } });
const confFile = path.join(d.dir, 'dure.conf');

const status = () => JSON.parse(d.cli('status', '--json').stdout);
const children = () => status().processes.filter((p) => p.kind !== 'master');
const titles = () => d.pids().map((p) => p.title).sort();
const pidsOf = (title) => d.pids().filter((p) => p.title === title).map((p) => p.pid);
const pidOf = (title) => pidsOf(title)[0];
const gone = (pid) => !d.pids().some((p) => p.pid === pid);
const running = (what, extra = () => true) => until(() => {
	const r = d.cli('status', '--json');
	return r.code === 0 && extra(JSON.parse(r.stdout));
}, { ms: 30000, what });

// Requests without a pause until stop(), half of them each on a connection of its own, half on connections that are kept;
// answers { sent, failed }.
function steadyRequests() {
	let going = true;
	const kept = new http.Agent({ keepAlive: true });
	const tally = { sent: 0, failed: [] };
	const one = (agent) => new Promise((settle) => {
		const rq = http.get(`${d.url}/api/v1/health/live`, { agent, timeout: 5000 }, (rs) => {
			rs.resume();
			rs.on('end', () => settle(rs.statusCode === 200 ? null : rs.statusCode));
			rs.on('error', (e) => settle(e.code));
		});
		rq.on('error', (e) => settle(e.code));
		rq.on('timeout', () => rq.destroy());
	});
	const loops = [false, false, kept, kept, kept].map(async (agent) => {
		while (going) {
			const fault = await one(agent);
			tally.sent++;
			if (fault !== null)
				tally.failed.push(fault);
		}
	});
	return { async stop() { going = false; await Promise.all(loops); kept.destroy(); return tally; } };
}

await test('the process tree', async () => {
	await running('all processes to be ready');
	deep(titles(), ['dure: analyzer', 'dure: broker', 'dure: cron', 'dure: http 1', 'dure: http 2', 'dure: kafka',
		'dure: master', 'dure: ws 1'], 'every process has its title');
	is(fs.readFileSync(`/proc/${pidOf('dure: ws 1')}/comm`, 'utf8').trim(), 'dure: ws 1', 'a process has its title as its name (comm), too');
	ok(!fs.readFileSync(`/proc/${d.pid}/environ`, 'latin1').includes('postgres://'), '/proc/PID/environ does not show the secrets of the environment');
	is(fs.readFileSync(path.join(d.dir, 'dure.pid'), 'utf8').trim(), String(d.pid), 'the pid file names the master');
	const s = status();
	is(s.state, 'running', 'dure status reports the server as running');
	ok(s.processes.every((p) => p.state === 'ready'), 'dure status reports every process as ready');
	ok(s.processes.some((p) => p.title === 'http 1' && p.pid === pidOf('dure: http 1')), 'dure status reports title and process id of each process');
	like(d.cli('status').stdout, /^PROCESS +PID[\s\S]*^http 1 +\d+ +ready/m, 'dure status prints a table');
});

await test('localhost by both families', async () => {
	for (const host of ['127.0.0.1', '::1']) {
		const open = await new Promise((settle) => {
			const s = net.connect(d.port, host, () => { s.destroy(); settle(true); });
			s.on('error', (e) => settle(e.code));
		});
		ok(open === true || (host === '::1' && open === 'EADDRNOTAVAIL'), `the port is open on ${host}`, String(open));
	}
});

await test('a second master', async () => {
	const second = runCli(d.env, 'run');
	is(second.code, 1, 'a second master fails in the same run directory');
	like(second.stderr, new RegExp(`already running in .* as process ${d.pid}`), 'the failure names the process id of the first master');
	const other = fs.mkdtempSync(path.join(d.dir, 'other-'));
	const taken = runCli({ ...d.env, DURE_RUN_DIR: other }, 'run');
	is(taken.code, 1, 'a second master fails on the same port');
	like(taken.stderr, /the port is taken/, 'the failure says that the port is taken');
	ok(isAlive(d.child), 'the first master keeps running');
});

await test('a killed child', async () => {
	for (const title of ['http 1', 'ws 1', 'kafka', 'cron', 'analyzer']) {
		const before = pidOf(`dure: ${title}`);
		process.kill(before, 'SIGKILL');
		await until(() => gone(before) && pidOf(`dure: ${title}`), { what: `another ${title}` });
		isnt(pidOf(`dure: ${title}`), before, `the master replaces a killed ${title}`);
	}
	await running('all processes to be ready again');
	is(children().find((p) => p.title === 'http 1').restarts, 1, 'the master counts the restart');
});

await test('a killed broker', async () => {
	const before = [pidOf('dure: kafka'), pidOf('dure: analyzer')];
	process.kill(pidOf('dure: broker'), 'SIGKILL');
	await until(() => before.every(gone), { ms: 20000, what: 'kafka and analyzer to start anew' });
	await running('all to work with the new broker');
	ok(true, 'kafka and analyzer are restarted when their broker dies');
});

await test('a stopped child', async () => {
	const before = pidOf('dure: http 2');
	process.kill(before, 'SIGSTOP');
	await until(() => gone(before) && pidOf('dure: http 2'), { ms: 15000, what: 'the silent http 2 to be replaced' });
	like(d.log(), /process is silent, killing it/, 'the master kills a child without a heartbeat and replaces it');
	await running('all processes to be ready again');
});

await test('TTIN, TTOU, WINCH', async () => {
	d.child.kill('SIGTTIN');
	await until(() => pidOf('dure: http 3'), { what: 'http 3' });
	ok(true, 'TTIN starts one more HTTP worker');
	await running('http 3 to be ready');
	d.child.kill('SIGTTOU');
	await until(() => !pidOf('dure: http 3'), { ms: 20000, what: 'http 3 to leave' });
	ok(pidOf('dure: http 2'), 'TTOU stops the last HTTP worker');
	d.child.kill('SIGWINCH');
	await until(() => !titles().some((t) => t.startsWith('dure: http')), { ms: 20000, what: 'the HTTP workers to leave' });
	ok(pidOf('dure: ws 1'), 'WINCH stops every HTTP worker and no other process');
	for (const title of ['dure: http 1', 'dure: http 2']) {
		d.child.kill('SIGTTIN');
		await until(() => pidOf(title), { what: title });
	}
	await running('all processes to be ready again');
});

await test('HUP', async () => {
	const before = d.pids().filter((p) => p.pid !== d.pid);
	const requests = steadyRequests();
	const reload = spawn(binary, ['reload'], { cwd: root, env: d.env, stdio: 'ignore' });
	is(await new Promise((settle) => reload.on('exit', settle)), 0, 'dure reload succeeds');
	await sleep(200);
	const tally = await requests.stop();
	deep(tally.failed, [], `no request fails during a reload (of ${tally.sent})`);
	const now = children().filter((p) => p.state !== 'draining');
	ok(now.filter((p) => p.kind !== 'broker').every((p) => p.generation === 2), 'the children after a reload are of generation 2');
	await until(() => before.filter((p) => p.title !== 'dure: broker').every((p) => gone(p.pid)),
		{ ms: 35000, what: 'the predecessors to leave' });
	ok(before.some((p) => p.title === 'dure: broker' && !gone(p.pid)), 'a reload keeps the broker, which holds the topics in memory');
	await running('all processes to be ready');
	is(titles().length, 8, 'no predecessor is left after a reload');
});

await test('USR1 without a log file', async () => {
	const before = titles();
	is(d.cli('reopen').code, 0, 'dure reopen succeeds without a log file');
	await running('all to go on');
	deep(titles(), before, 'USR1 without a log file changes no process');
});

await test('TERM', async () => {
	const end = await d.stop();
	is(end.code, 0, 'the master exits with status 0 on TERM');
	deep(end.left, [], 'no process is left after TERM');
	between(end.ms, 0, 30000, 'the master stops within 30 s');
	ok(!fs.existsSync(path.join(d.dir, 'dure.pid')), 'the master removes its pid file');
	deep(fs.readdirSync(d.dir).filter((n) => n.endsWith('.sock')), [], 'the master removes its sockets');
	is(d.cli('status').code, 3, 'dure status says that nothing is running');
	like(d.cli('stop').stderr, /not running/, 'dure stop says that nothing is running');
});

// From here on with a file, which HUP can find changed.
d.env.DURE_CONF = confFile;
const logFile = path.join(d.dir, 'lines.log');
fs.writeFileSync(confFile, `HTTP_IDLE_TIMEOUT_S=30\nLOG_FILE=${logFile}\n`);

await test('a bad configuration', async () => {
	await d.start();
	await running('all processes to be ready');
	const before = titles(), pids = d.pids().map((p) => p.pid).sort();
	fs.writeFileSync(confFile, 'HTTP_IDLE_TIMEOUT_S=30\n\nWS_QUEUE_BYTES=1\n');
	const check = d.cli('config', 'check');
	is(check.code, 1, 'dure config check finds a value out of bounds');
	like(check.stderr, /dure\.conf:3: WS_QUEUE_BYTES: 1 is not within/, 'dure config check names file, line, key and reason');
	const reload = d.cli('reload');
	is(reload.code, 1, 'dure reload fails on a bad configuration');
	like(reload.stderr, /not reloaded: .*dure\.conf:3: WS_QUEUE_BYTES/, 'dure reload names file, line and key');
	like(fs.readFileSync(logFile, 'utf8'), /configuration refused.*WS_QUEUE_BYTES/, 'the master logs the refused configuration');
	deep(d.pids().map((p) => p.pid).sort(), pids, 'a refused configuration leaves every process running');
	deep(titles(), before, 'a refused configuration leaves every title as it was');
});

await test('a good configuration', async () => {
	fs.writeFileSync(confFile, `HTTP_IDLE_TIMEOUT_S=31\nLOG_FILE=${logFile}\nPORT=1\n`);
	const r = d.cli('reload');
	is(r.code, 0, 'dure reload accepts a good configuration', r.stderr);
	await running('all processes to be ready', (s) => s.generation === 2);
	ok(fs.statSync(logFile).size > 0, 'the master writes to the configured log file');
	fs.renameSync(logFile, `${logFile}.1`);
	is(d.cli('reopen').code, 0, 'dure reopen succeeds after the log file is renamed');
	await until(() => fs.existsSync(logFile), { what: 'a new log file' });
	process.kill(children().find((p) => p.kind === 'cron' && p.generation === 2).pid, 'SIGKILL');	// not one of before, which may still be ending
	await until(() => /"service":"cron"/.test(fs.readFileSync(logFile, 'utf8')), { ms: 30000, what: 'the children to write to it' });
	ok(true, 'master and children write to the new log file after USR1');
});

await test('a configuration with which a child does not start', async () => {
	const http1 = () => children().find((p) => p.title === 'http 1' && p.state === 'ready');
	fs.writeFileSync(confFile, `LOG_FILE=${logFile}\nANALYZER_MODEL=${d.dir}/no-such-model\n`);
	const r = d.cli('reload');
	is(r.code, 1, 'dure reload fails when a child does not start with the new configuration');
	like(r.stderr, /did not come up with the new configuration/, 'dure reload says that the children did not start');
	await running('all processes to be ready', (s) => s.generation === 2);
	is(http1().generation, 2, 'children that were replaced already go back to the old generation');
	is(pidsOf('dure: analyzer').length, 1, 'the child that did not start is left as it was');
});

await test('the master is killed', async () => {
	const family = d.pids().map((p) => p.pid).filter((p) => p !== d.pid);
	process.kill(d.pid, 'SIGKILL');
	await d.child.gone;
	const alive = (pid) => {
		try {
			return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
		} catch {
			return false;
		}
	};
	await until(() => !family.some(alive), { ms: 35000, what: 'its children to leave' });
	ok(true, 'the children of a killed master leave by themselves');
	await d.start();
	ok(true, 'a new master starts in the place of a killed one');
	const end = await d.stop('SIGINT');
	is(end.code, 0, 'the master exits with status 0 on INT');
});

await test('a child or a master that cannot start', async () => {
	d.env.ANALYZER_MODEL = `${d.dir}/no-such-model`;
	const attempts = () => fs.readFileSync(logFile, 'utf8').split('"process failed","process":"analyzer"').length - 1;
	const before = attempts();
	await d.start();
	await until(() => attempts() >= before + 4, { what: 'the analyzer to be tried four times' });
	const began = Date.now();
	await until(() => attempts() >= before + 5, { what: 'the fifth attempt' });
	between(Date.now() - began, 500, 5000, 'the master delays each attempt to start a failing child longer');
	const s = d.cli('status', '--json');
	is(s.code, 1, 'dure status fails while a child cannot start');
	is(JSON.parse(s.stdout).state, 'starting', 'dure status reports the server as starting');
	is((await d.stop('SIGQUIT')).code, 0, 'the master exits with status 0 on QUIT while a child cannot start');
	delete d.env.ANALYZER_MODEL;
	const run = spawn(binary, ['run'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'],
		env: { ...d.env, DURE_CONF: '/dev/null', HTTP_WORKERS: 'many' } });
	let text = '';
	run.stderr.on('data', (chunk) => { text += chunk; });
	const code = await new Promise((settle) => run.on('exit', settle));
	is(code, 1, 'the master does not start with a bad value in the environment');
	like(text, /environment: HTTP_WORKERS: "many" is not a whole number/, 'the failure names source, key and reason');
});

await done();
