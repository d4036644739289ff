#!/usr/bin/env t/lib/run
// 60-sql-schema.t -- a database without its tables: the start, readiness and requests say which migrations are missing and what to do; once they
// are applied, all of it recovers by itself.
import { client } from './lib/client.mjs';
import { createDatabase, runCli, startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { deep, done, is, like, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

// The URL is one of Prisma, whose schema does not exist yet.
const bare = await createDatabase({ template: '' });
const database = `${bare}?schema=shop%20one&connection_limit=8&pool_timeout=15&pgbouncer=false&nonsense=1`;
const d = await startDure({ database, http: 2, wait: false });
const http = client(d.url);
const ready = () => http.get('/api/v1/health/ready');

await until(() => ready().then(() => true, () => false), { ms: 30000, what: 'it to answer' });
await test('an empty schema', async () => {
	const r = await until(async () => { const a = await ready(); return a.body?.error?.database?.missing && a; }, { ms: 20000, what: 'the reason' });
	is(r.status, 503, 'a server with an empty schema is not ready');
	deep([r.body.error.database.status, r.body.error.database.advice], ['outdated', 'dure migrate up'], 'the readiness check names the tables and the remedy');
	like(r.body.error.database.missing, /^0001_create_products, 0002_create_analyses, /, 'the readiness check names the missing migrations');
	const analysis = await http.post('/api/analyze', { productId: 'tea' }, { language: 'en' });
	deep([analysis.status, analysis.body.error?.code ?? analysis.text], [503, 'SCHEMA_OUTDATED'], 'a request to an empty schema is answered 503');
	like(analysis.text, /dure migrate up/, 'the answer says what to do');
	await until(() => /"msg":"the database lacks migrations","missing":"0001_create_products/.test(d.log()), { ms: 10000, what: 'the log to say so' });
});

await test('dure start', async () => {
	const env = { ...d.env, DURE_RUN_DIR: `${d.dir}/second`, PORT: String(await freePort()), WS_WORKERS: '1', HTTP_WORKERS: '1' };
	const r = runCli(env, 'start');
	is(r.code, 1, 'dure start fails on an empty schema');
	like(r.stderr, /running, but not ready: the database lacks these migrations: 0001_create_products, .*dure migrate up/, 'dure start names the missing migrations');
	is(runCli(env, 'stop').code, 0, 'the running server can be stopped');
});

await test('the migrations', async () => {
	is(d.cli('migrate', 'up').code, 0, 'the migrations are applied');
	await until(async () => (await ready()).status === 200, { ms: 20000, what: 'it to be ready' });
	is((await http.post('/api/analyze', { productId: 'tea' })).status, 200, 'requests are answered after the migrations, without a restart');
});

await test('the URL of Prisma', async () => {
	deep(await d.psql("SELECT DISTINCT relnamespace::regnamespace::text AS schema FROM pg_class WHERE relname IN ('analysis_requests', 'schema_migrations')"),
		[{ schema: '"shop one"' }], 'its schema was made, and holds the tables');
	const dump = d.cli('config', 'dump').stdout;
	deep(['DB_POOL_MAX', 'DB_CONNECTION_TIMEOUT'].map((k) => dump.match(new RegExp(`^${k}=(.*)$`, 'm'))[1]), ['8', '15000'], 'its pool is that of Dure');
	const check = d.cli('config', 'check');
	is(check.code, 0, 'config check is content');
	like(check.stderr, /a parameter of the database URL is not known and left out \(.*nonsense/, 'and names what nobody knows');
	is((await http.post('/api/products/tea/reviews', [{ text: '향이 좋아요' }])).body.accepted, 1, 'reviews are stored there');
	await until(async () => (await http.get('/api/analyze/result/tea')).status === 200, { ms: 30000, what: 'a result' });
	is((await d.psql('SELECT count(*)::int AS n FROM "shop one".analysis_results'))[0].n, 1, 'and results');
});
await done();
