#!/usr/bin/env t/lib/run
// 68-sql-diagnosis.t -- find_slow_queries() and check_index_usage() on a PostgreSQL of the test's own, with pg_stat_statements and without, its
// version of before PostgreSQL 13 too; the route that shows them; backups that Dure makes by itself; and the steps of etc/doc/operating.md
// back to a point in time, taken literally.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { runCli, scratchDir, startDure } from './lib/dure.mjs';
import { read } from './lib/house.mjs';
import { freePort } from './lib/ports.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { atEnd, between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

// The document's blocks, with this test's places in them.
const home = path.join(scratchDir(), 'postgresql'), blocks = (kind) => [...read('etc/doc/operating.md').split('## How do I get back to a point in time?')[1].split('\n## ')[0]
	.matchAll(new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 'gs'))].map((m) => m[1].replaceAll('/var/lib/postgresql', home));
const settings = Object.fromEntries(blocks('conf')[0].trim().split('\n').map((l) => l.match(/^(\w+) = '?(.*?)'?$/).slice(1)));
fs.mkdirSync(path.join(home, 'wal'), { recursive: true });

const server = await startPostgres({ shared_preload_libraries: 'pg_stat_statements', ...settings });
const connect = async (user, to = server) => {
	const c = new pg.Client({ connectionString: Object.assign(new URL(to.url), { username: user }).href });
	await c.connect();
	c.on('error', () => {});
	atEnd(() => c.end());
	return c;
};
const admin = await connect('postgres'), dure = await connect('dure');
await admin.query(`INSERT INTO cron_runs (job, ran_at) VALUES ('back-up', now() - interval '2 days'), ('back-up-tables', now() - interval '2 hours')`);
const dumps = path.join(scratchDir(), 'backups');
const d = await startDure({ database: server.url, env: { NODE_ENV: 'test', BACKUP_DIR: dumps, BACKUP_SCHEDULE: '0 2 * * *', ANALYZER: 'off', CACHE_WARM_COUNT: '0' } });
const web = client(d.url), operator = await account(d, 'operator@example.com', { role: 'admin' });
const slow = () => web.get('/api/v1/admin/slow-queries', { token: operator.token });

await test('without the extension', async () => {
	const notices = [];
	dure.on('notice', (n) => notices.push(n.message));
	deep((await dure.query('SELECT * FROM find_slow_queries()')).rows, [], 'find_slow_queries() has no rows');
	like(notices[0], /^pg_stat_statements is not installed: .*CREATE EXTENSION/, 'and a notice says what is missing');
	const r = await slow();
	deep([r.status, r.body.available, r.body.data], [200, false, []], 'the route says that they are not available');
	is(r.body.reason, notices[0], 'with the same reason');
	is((await web.get('/api/v1/admin/slow-queries')).status, 401, 'nobody but an admin is told');
});

await test('with it', async () => {
	for (const version of ['1.7', '']) {	// total_time, then total_exec_time
		await admin.query(`DROP EXTENSION IF EXISTS pg_stat_statements; CREATE SCHEMA IF NOT EXISTS "Aside";
			CREATE EXTENSION pg_stat_statements SCHEMA "Aside" ${version && `VERSION '${version}'`}; GRANT USAGE ON SCHEMA "Aside" TO dure; SELECT "Aside".pg_stat_statements_reset()`);
		await dure.query('SELECT 1 AS quick, $1::int', [7]);
		await dure.query('SELECT pg_sleep(0.12)');
		await dure.query('SELECT pg_sleep(0.15)');
		const { rows, fields } = await dure.query("SELECT * FROM find_slow_queries() WHERE query LIKE '%pg_sleep%'");
		deep(fields.map((f) => f.name), ['query', 'calls', 'total_time', 'mean_time', 'max_time'], `find_slow_queries() of version ${version || 'by default'} has its columns`);
		deep(rows.map((r) => [r.query, r.calls]), [['SELECT pg_sleep($1)', '2']], 'the slow query is listed once');
		between(rows[0].mean_time, 130, rows[0].max_time, 'its mean is in milliseconds');
		between(rows[0].total_time, 2 * rows[0].mean_time - 1, 2 * rows[0].mean_time + 1, 'the total is of both calls');
	}
	is((await dure.query("SELECT FROM find_slow_queries() WHERE query LIKE '%quick%'")).rowCount, 0, 'a quick query is not');
	const r = await slow();
	deep([r.body.available, r.body.reason], [true, undefined], 'the route says that they are available');
	const found = r.body.data.find((q) => /pg_sleep/.test(q.query));
	deep([found.calls, found.meanTime > 130, found.maxTime >= found.meanTime, found.totalTime > found.maxTime], [2, true, true, true], 'and lists the slow query');
});

await test('indexes that nobody uses', async () => {
	await dure.query(`CREATE TABLE shelf (id int PRIMARY KEY, a int UNIQUE, b int, c int, during int4range, EXCLUDE USING gist (during WITH &&));
		INSERT INTO shelf SELECT i, i, i, i, int4range(i, i + 1) FROM generate_series(1, 3000) i;
		CREATE INDEX shelf_used ON shelf (b); CREATE INDEX shelf_small ON shelf (c) WHERE c < 10; CREATE INDEX shelf_large ON shelf (c, b); ANALYZE shelf`);
	await dure.query('SET enable_seqscan = off; SELECT * FROM shelf WHERE b = 7; RESET enable_seqscan');
	await dure.end();
	await until(async () => (await admin.query("SELECT FROM pg_stat_user_indexes WHERE indexrelname = 'shelf_used' AND idx_scan > 0")).rowCount > 0, { what: 'the statistics' });
	const { rows, fields } = await admin.query("SELECT * FROM check_index_usage() WHERE tablename = 'shelf'");
	deep(fields.map((f) => f.name), ['tablename', 'indexname', 'index_size', 'idx_scan', 'idx_tup_read', 'idx_tup_fetch'], 'check_index_usage() has its columns');
	deep(rows.map((r) => r.indexname), ['shelf_large', 'shelf_small'], 'the unused are listed, the largest first; keys and exclusions are not');
	deep([rows[1].index_size, rows[1].idx_scan], ['16 kB', '0'], 'with their size');
	ok((await admin.query('SELECT FROM check_index_usage()')).rowCount > 2, 'those of other tables are listed too');
});

await test('backups of its own accord', async () => {
	const made = () => (fs.existsSync(dumps) ? fs.readdirSync(dumps).filter((f) => /\.dump$/.test(f)).sort() : []);
	await until(() => made().length === 2, { ms: 60000, what: `both backups: ${d.log().slice(-1000)}` });
	like(made().join(), /^db_\d{8}_\d{6}\.dump,tables_\d{8}_\d{6}\.dump$/, 'the daily backup and the hourly copy are made when they are due');
	await until(() => (d.log().match(/"a backup is made"/g) ?? []).length === 2, { what: 'the log to say so' });
	like(d.log(), /"a backup is made","said":"[^"]*tables_\d+_\d+\.dump/, 'the log has what they said, as JSON');
	deep(JSON.parse(fs.readFileSync(path.join(dumps, made()[1].replace('.dump', '.json')))).tables !== undefined, true, 'with a manifest');
	is((await admin.query("SELECT FROM cron_runs WHERE job = 'backup' AND ran_at > now() - interval '5 minutes'")).rowCount, 1, 'and the time of the full one is stored');
	const listed = execFileSync(path.join(server.bin, 'pg_restore'), ['-l', path.join(dumps, made()[1])], { encoding: 'utf8' });
	deep([...listed.matchAll(/TABLE DATA public (\w+)/g)].map((m) => m[1]).filter((t) => !['user_profiles', 'videos'].includes(t)), [], 'the hourly copy has the tables of BACKUP_TABLES alone');
	is(d.cli('backup', '--hourly', '--table', 'users').code, 64, 'wrong usage is refused');
	is(runCli({ ...d.env, BACKUP_TABLES: 'nowhere' }, 'backup', '--hourly').stdout, 'none of the tables of BACKUP_TABLES exists\n', 'without such tables there is nothing to do');
	like(runCli({ ...d.env, BACKUP_SCHEDULE: '61 * * * *' }, 'config', 'check').stderr, /BACKUP_SCHEDULE/, 'a schedule that makes no sense is refused');
});

await test('back to a point in time', async () => {
	const [daily, back] = blocks('sh'), port = await freePort();
	const run = (script) => execFileSync('setpriv', [...server.owner, '--', 'sh', '-eu', '-c', script], { cwd: '/', encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
		env: { PATH: `${server.bin}:${process.env.PATH}`, PGHOST: '127.0.0.1', PGPORT: server.port, PGUSER: 'postgres' } });
	fs.chmodSync(path.dirname(home), 0o711);
	execFileSync('chown', ['-R', fs.statSync(server.data).uid, home]);
	await admin.query(`ALTER SYSTEM SET unix_socket_directories = '${home}'`);
	await admin.query("ALTER SYSTEM SET fsync = off");
	await admin.query('CREATE TABLE kept (id int)');
	run(daily);
	await admin.query('INSERT INTO kept SELECT generate_series(1, 1000)');
	const moment = (await admin.query('SELECT clock_timestamp()::text AS t')).rows[0].t;
	await sleep(20);
	await admin.query('DELETE FROM kept WHERE id > 10; DROP TABLE shelf');
	const wal = (await admin.query('SELECT pg_walfile_name(pg_switch_wal()) AS f')).rows[0].f;
	await until(() => fs.existsSync(path.join(home, 'wal', wal)), { ms: 30000, what: 'the archive to have the WAL' });
	try {
		run(back.replace('2026-01-31 09:08:07+00', moment).replace('5433', port));
		atEnd(() => run(`pg_ctl -D ${home}/restored -m immediate stop`));
	} catch (e) {
		throw new Error(`${e.stderr}${e.stdout}${fs.readFileSync(path.join(home, "restored.log"))}`);
	}
	const then = await connect('postgres', { url: server.url.replace(server.port, port) });
	is((await then.query('SELECT count(*)::int AS n FROM kept')).rows[0].n, 1000, 'the rows are as they were at the moment');
	is((await then.query('SELECT count(*)::int AS n FROM shelf')).rows[0].n, 3000, 'and so is the table that was dropped later');
	is((await then.query('SELECT pg_is_in_recovery() AS r')).rows[0].r, false, 'the restored server takes writes');
	is((await admin.query('SELECT count(*)::int AS n FROM kept')).rows[0].n, 10, 'the old one goes on as it was');
	await then.end();
});

await done();
