#!/usr/bin/env t/lib/run
// 69-bench.t -- dure bench: it measures stores and a server of its own, touches none of the configuration, and leaves nothing, also when it is interrupted.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { binary, family, isAlive, isSanitized, runCli, scratchDir } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { deep, done, is, like, ok, skipAll, test, unlike } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

if (isSanitized())
	skipAll('a build with a sanitizer is measured by nobody');
const dir = scratchDir(), dead = await freePort();
fs.chmodSync(dir, 0o711);
// Whatever it took from the configuration would be nowhere, or wrong.
const env = { PATH: process.env.PATH, TMPDIR: dir, DATABASE_URL: `postgres://x@127.0.0.1:${dead}/x`, REDIS_URL: `redis://127.0.0.1:${dead}/0`, PORT: String(dead), LOG_LEVEL: 'loud' };

await test('interrupted', async () => {
	const child = spawn(binary, ['bench'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
	let said = '';
	child.stderr.on('data', (c) => { said += c; });
	const gone = new Promise((settle) => child.once('close', settle));
	await until(() => family(child.pid).some((p) => /^dure: http/.test(p.title)) || !isAlive(child), { ms: 60000, what: 'its server to run' });
	const all = family(child.pid);
	ok(all.some((p) => /postgres/.test(p.title)) && all.some((p) => /redis-server/.test(p.title)), 'it has a PostgreSQL, a Redis and a Dure of its own');
	child.kill('SIGTERM');
	is(await gone, 1, 'interrupted, it fails');
	like(said, /interrupted/, 'and says so');
	deep(all.filter((p) => family(p.pid)[0]?.title === p.title), [], 'it leaves no process');
	deep(fs.readdirSync(dir), [], 'and no file');
});

await test('a run', () => {
	const r = runCli(env, 'bench', '--json', '--seconds', 2, '--rounds', 2);
	deep([r.code, r.stderr], [0, ''], 'it measures all');
	const { measures, cores, seconds, rounds } = JSON.parse(r.stdout);
	ok(cores > 0 && seconds === 2 && rounds === 2, 'it says what it was told');
	const limits = measures.filter((m) => m.limit === null).map((m) => m.name);
	deep(limits, ['bare HTTP', 'Redis GET', 'bare sockets', 'Argon2', 'PostgreSQL commit'], 'the limits are measured in the same run');
	deep(measures.filter((m) => m.limit).map((m) => `${m.name} of ${m.limit}`), ['cached read of bare HTTP', 'cached read of Redis GET', 'fanout of bare sockets',
		'login of Argon2', 'order of PostgreSQL commit'], 'each thing that Dure does has its limit');
	for (const m of measures) {
		const spreads = [m.rate, ...(m.limit ? [m.ratio] : [])];
		ok(spreads.every((s) => s.min > 0 && s.min <= s.median && s.median <= s.max), `${m.name}: a median between the least and the most`);
		ok(m.p50Ms > 0 && m.p50Ms <= m.p99Ms && m.failed === 0 && m.complete, `${m.name}: durations, and nothing refused`);
	}
	deep(fs.readdirSync(dir), [], 'nothing is left');
});

await test('what is refused', () => {
	is(runCli(env, 'bench', '--seconds', 0).code, 64, 'no time');
	is(runCli(env, 'bench', '--seconds', 1, '--rounds', 20).code, 64, 'more rounds than there is time for');
	is(runCli(env, 'bench', '--loud').code, 64, 'an unknown option');
	const nowhere = runCli(env, 'bench', '--dir', '/nowhere');
	deep([nowhere.code, /\/nowhere.*No such file/.test(nowhere.stderr)], [1, true], 'a directory that is not there');
	const page = runCli(env, 'dump', 'man').stdout;
	like(page, /bench/, 'the manual has it');
	like(runCli(env, 'dump', 'bash').stdout, /--seconds/, 'the completion its options');
	unlike(page, /bench_/, 'and no name of a file');
});
await done();
