#!/usr/bin/env t/lib/run
// 61-sql-import.t -- dure import: reviews from a file or standard input, faults by line, memory bounded.
import fs from 'node:fs';
import path from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import pg from 'pg';
import { binary, createDatabase, isSanitized, root, runCli, scratchDir } from './lib/dure.mjs';
import { atEnd, between, deep, done, is, like, skip, test } from './lib/tap.mjs';
import { sleep } from './lib/until.mjs';

const url = await createDatabase();
const env = { ...process.env, DATABASE_URL: url };
const client = new pg.Client({ connectionString: url });
await client.connect();
atEnd(() => client.end());
const dir = scratchDir(), file = path.join(dir, 'reviews.ndjson');
const held = async (product) => Number((await client.query('SELECT count(*) AS n FROM raw_reviews WHERE product_id = $1', [product])).rows[0].n);
const line = (i, product) => JSON.stringify({ id: `r${i}`, productId: product, text: `정말 좋은 영화 ${i}`, rating: i % 5 + 1 }) + '\n';

await test('each line with its product', async () => {
	fs.writeFileSync(file, line(1, 'a') + line(2, 'b') + '\r\n\n' + line(3, 'b') + line(3, 'b'));
	const r = runCli(env, 'import', file);
	is(r.code, 0, 'the import succeeds', r.stderr);
	const report = JSON.parse(r.stdout);
	is(report.accepted, 3, 'three reviews are accepted');
	is(report.duplicates, 1, 'one review is a duplicate');
	deep([await held('a'), await held('b')], [1, 2], 'each review is stored with its product');
});

await test('one product for all, faults by line', async () => {
	fs.writeFileSync(file, ['{"id":"1","text":"good"}', 'nonsense', `{"text":"${'x'.repeat(70000)}"}`, '{"id":"2"}', '{"id":"3","text":"fine"}'].join('\n'));
	const r = runCli(env, 'import', '--product', 'c', file);
	is(r.code, 0, 'the import of one product succeeds', r.stderr);
	const report = JSON.parse(r.stdout);
	is(report.accepted, 2, 'the well-formed lines are accepted, the last one without a newline too');
	deep(report.rejected.map((f) => f.line), [2, 3, 4], 'the malformed lines are reported by number');
	is(await held('c'), 2, 'the malformed lines are not stored');
});

await test('many from standard input', async () => {
	const many = Array.from({ length: 60000 }, (_, i) => line(i, 'd')).join('');
	const r = spawnSync(binary, ['import', '-'], { cwd: root, env, input: many, encoding: 'utf8' });
	is(r.status, 0, 'the import from standard input succeeds', r.stderr);
	is(JSON.parse(r.stdout || '{}').accepted, 60000, 'all lines of standard input are accepted');
	is(await held('d'), 60000, 'all lines of standard input are stored');
});

await test('memory', async () => {
	const lines = Array.from({ length: 60000 }, (_, i) => line(i, 'e')).join('');
	fs.writeFileSync(file, lines);
	const child = spawn(binary, ['import', file], { cwd: root, env, stdio: 'ignore' });
	const gone = new Promise((settle) => child.on('exit', settle));
	let peak = 0;
	while (child.exitCode === null && child.signalCode === null) {
		try {
			peak = Number(fs.readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/^VmHWM:\s+(\d+)/m)[1]);
		} catch { /* it has just ended */ }
		await sleep(5);
	}
	is(await gone, 0, 'a large import succeeds');
	if (isSanitized())
		skip('a sanitizer needs memory of its own');
	else
		between(peak, 1, 30000, 'the resident memory stays small (kB)');
});

await test('what cannot be', () => {
	is(runCli(env, 'import').code, 64, 'an import without a file is a wrong call');
	like(runCli(env, 'import', '/nonexistent').stderr, /No such file/, 'a missing file is reported');
	const r = runCli({ ...env, DATABASE_URL: 'postgres://127.0.0.1:1/x' }, 'import', file);
	is(r.code, 1, 'an import into an unreachable database fails');
	like(r.stderr, /cannot reach the database: .*Connection refused/, 'an unreachable database is reported');
});

await done();
