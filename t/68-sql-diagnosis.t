#!/usr/bin/env t/lib/run
// 68-sql-diagnosis.t -- find_slow_queries() and check_index_usage() on a PostgreSQL of the test's own, with pg_stat_statements and without, its
// version of before PostgreSQL 13 too; and the route that shows them.
import pg from 'pg';
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { atEnd, between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const server = await startPostgres({ shared_preload_libraries: 'pg_stat_statements' });
const connect = async (user, to = server) => {
	const c = new pg.Client({ connectionString: Object.assign(new URL(to.url), { username: user }).href });
	await c.connect();
	c.on('error', () => {});
	atEnd(() => c.end());
	return c;
};
const admin = await connect('postgres'), dure = await connect('dure');
const d = await startDure({ database: server.url, env: { NODE_ENV: 'test', KAFKA_BROKERS: 'off', ANALYZER: 'off', CACHE_WARM_COUNT: '0' } });
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

await done();
