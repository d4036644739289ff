#!/usr/bin/env t/lib/run
// 62-sql-replica.t -- DATABASE_REPLICA_URL with a real streaming replica: lists are read from it; not while it is behind, away, or too
// new a write of ours is concerned; and it is said in health and metrics.
import { spawn } from 'node:child_process';
import pg from 'pg';
import { root, runCli, scratchDir, startDure } from './lib/dure.mjs';
import { account } from './lib/account.mjs';
import { metric } from './lib/answers.mjs';
import { client } from './lib/client.mjs';
import { startProxy } from './lib/ports.mjs';
import { atEnd, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const pair = spawn('setpriv', ['--pdeathsig', 'TERM', `${root}/t/lib/replicated`, scratchDir()], { stdio: ['pipe', 'pipe', 'inherit'] });
pair.gone = new Promise((settle) => pair.once('exit', settle));
atEnd(async () => { pair.stdin.end(); await pair.gone; });
let said = '';
pair.stdout.on('data', (c) => { said += c; });
await until(() => { if (pair.exitCode !== null) throw new Error('no replica'); return said.endsWith('\n'); }, { ms: 120000, what: 'the replica' });
const at = JSON.parse(said);
const env = { ...process.env, DATABASE_URL: at.primary };
is(runCli(env, 'migrate', 'up').code, 0, 'the primary is migrated');

const standby = new pg.Client({ connectionString: at.replicaAdmin.replace(/[^/]*$/, 'dure') });
await standby.connect();
standby.on('error', () => {});
atEnd(() => standby.end());
const proxy = await startProxy(new URL(at.replica).port);
atEnd(() => proxy.stop());
const seen = new URL(at.replica);
seen.port = proxy.port;

const lag = 400;
const d = await startDure({ http: 2, database: at.primary, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0',
	DATABASE_REPLICA_URL: seen.href, DATABASE_REPLICA_MAX_LAG: String(lag), DATABASE_REPLICA_TIMEOUT: '1000' } });
const http = client(d.url);
const list = async (product) => (await http.get(`/api/products/${product}/reviews?limit=100`, { headers: { connection: 'close' } })).body.data.length;
const reads = (from) => metric(http, 'db_replica_reads_total', new RegExp(`from="${from}"`));
const state = (want) => until(async () => {
	const all = await Promise.all(Array.from({ length: 6 }, async () => (await http.get('/health', { headers: { connection: 'close' } })).body.info.replica));
	return all.every((r) => r.status === want) && all[0];
}, { ms: 60000, what: `every worker to see the replica ${want}` });
// A row as another host would write it: this one knows nothing of it.
const insert = (product, n) => d.psql(`INSERT INTO raw_reviews (product_id, review_key, doc)
	SELECT $1, 'k' || clock_timestamp() || i, '{"text":"x"}' FROM generate_series(1, $2) i`, [product, n]);
// Where `count` reads of a product went: { replica, primary }.
async function where(product, count = 10) {
	const before = [await reads('replica'), await reads('primary')];
	for (let i = 0; i < count; i++)
		await list(product);
	return { replica: await reads('replica') - before[0], primary: await reads('primary') - before[1] };
}
// Until ten reads of a product in a row, and whatever else is read beside them, all went to `role`. A machine that
// stands still for a moment makes a replica that is behind.
const wholly = async (product, role) => {
	await until(async () => {
		const went = await where(product);
		return went[role] === went.replica + went.primary;
	}, { ms: 30000, what: `all reads of ${product} to go to the ${role}` });
	return true;
};

await test('lists are read from the replica', async () => {
	const r = await state('up');
	ok(r.lagMs >= 0 && r.lagMs <= lag, "the health report has the replica's lag");
	await insert('a', 3);
	await until(async () => (await list('a')) === 3, { what: 'the rows to be there' });
	ok(await wholly('a', 'replica'), 'every read of a list goes to the replica');
	is((await standby.query('SELECT count(*)::int AS n FROM raw_reviews')).rows[0].n, 3, 'the replica has the rows');
	await until(async () => await metric(http, 'db_replica_links_up') > 0, { what: 'the lag to be a metric' });
});

await test('what was just written here', async () => {
	const post = () => http.post('/api/products/mine/reviews', '[{"text":"좋아요"}]', { headers: { 'content-type': 'application/json' } });
	await standby.query('SELECT pg_wal_replay_pause()');
	is((await post()).status, 200, 'a review is accepted');
	is(await list('mine'), 1, 'a review is visible at once, whichever worker is asked');
	is(await list('mine'), 1, 'a review stays visible');
	await standby.query('SELECT pg_wal_replay_resume()');
	await state('up');
	await until(async () => (await where('mine', 2)).replica === 2, { ms: 30000, what: 'the replica to be asked about it again' });
	is(await list('mine'), 1, 'reads return to the replica after a while');
});

await test('searches and prices', async () => {
	const seller = await account(d, 'seller@example.com', { role: 'seller' }), as = { token: seller.token };
	const counted = async (read, n = 4) => {
		const before = [await reads('replica'), await reads('primary')];
		for (let i = 0; i < n; i++)
			await read(i);
		return [await reads('replica') - before[0], await reads('primary') - before[1]];
	};
	const search = async (q) => (await http.get(`/api/search?q=${encodeURIComponent(q)}`, { headers: { connection: 'close' } })).body.data.map((p) => p.name);
	const prices = async (id) => (await http.get(`/api/products/${id}/price-history`, { headers: { connection: 'close' } })).body.data.map((p) => p.price);
	await standby.query('SELECT pg_wal_replay_pause()');
	const { id } = (await http.post('/api/v1/products', { name: '쪽빛 손수건', price: 1000, stock: 1 }, as)).body.data;
	deep([await search('손수건'), await prices(id)], [['쪽빛 손수건'], [1000]], 'a new product is found at once');
	await http.patch(`/api/v1/products/${id}`, { price: 2000 }, as);
	deep([await prices(id), await prices(id)], [[2000, 1000], [2000, 1000]], 'a new price is found at once');
	await http.post('/api/v1/products/import', `{"name":"감물 보자기","price":10}\n`, { ...as, headers: { 'content-type': 'application/x-ndjson' } });
	const [made] = await d.psql("SELECT id FROM products WHERE name = '감물 보자기'");
	deep([await search('보자기'), await prices(made.id)], [['감물 보자기'], [10]], 'an imported product is found at once');
	await standby.query('SELECT pg_wal_replay_resume()');
	await state('up');
	await until(async () => (await counted(() => prices(id), 2))[0] === 2, { ms: 30000, what: 'the replica to be asked for prices again' });
	await until(async () => (await counted((i) => search(`손수건 ${Date.now()}${i}`), 4))[0] === 4, { ms: 30000, what: 'and for searches' });

	// Another host changes a product: its word is here before the change is on the replica.
	await search('감');	// this worker and the other know the present generation
	await search('감');
	await standby.query('SELECT pg_wal_replay_pause()');
	await d.psql("UPDATE products SET name = '감물 앞치마' WHERE name = '감물 보자기'");
	await d.redis('INCR', 'search:generation');
	for (let i = 0; i < 4; i++)
		await search('보자기');
	await until(async () => {	// an answer from before, kept under the new generation, would stay for half an hour
		const all = await Promise.all(Array.from({ length: 4 }, async () => [...await search('보자기'), ...await search('앞치마')].join()));
		return all.every((names) => names === '감물 앞치마');
	}, { ms: 20000, what: 'every worker to find what another host has changed' });
	ok(true, 'a change by another host is not hidden by a cached answer');
	await standby.query('SELECT pg_wal_replay_resume()');
	await state('up');
});

await test('a replica that is behind', async () => {
	await standby.query('SELECT pg_wal_replay_pause()');
	await insert('b', 5);
	const r = await state('behind');
	ok(r.lagMs > lag, `the health report has the lag of a replica that is behind: ${r.lagMs} ms`);
	await wholly('b', 'primary');
	is(await list('b'), 5, 'the primary is read while the replica is behind');
	is((await http.get('/api/v1/health/ready')).status, 200, 'a lagging replica does not affect readiness');
	await standby.query('SELECT pg_wal_replay_resume()');
	await state('up');
	await wholly('b', 'replica');
	is(await list('b'), 5, 'the replica is read again when it has caught up');
});

await test('an idle primary', async () => {
	await new Promise((settle) => setTimeout(settle, 3 * lag));
	await state('up');
	ok(await wholly('b', 'replica'), 'an idle primary causes no lag');
});

await test('a replica that goes away', async () => {
	let stop = false, faults = 0, n = 0;
	const reader = (async () => {
		while (!stop) {
			faults += (await list('b')) !== 5;
			n++;
		}
	})();
	proxy.cut();
	await state('down');
	ok(await wholly('a', 'primary'), 'a dead replica is not read');
	is((await http.get('/api/v1/health/ready')).status, 200, 'a dead replica does not affect readiness');
	proxy.heal();
	await state('up');
	stop = true;
	await reader;
	deep([n > 10, faults], [true, 0], `${n} reads during the loss of the replica succeeded`);
});

await test('a replica whose bytes vanish', async () => {
	proxy.freeze();
	const began = Date.now(), answers = await Promise.all(Array.from({ length: 8 }, () => list('b').catch(() => 'none')));
	deep(answers, Array(8).fill(5), `an unresponsive replica fails no read (${Date.now() - began} ms)`);
	is((await Promise.race([state('down'), state('behind')])).status === 'up', false, 'an unresponsive replica is detected');
	is(await list('b'), 5, 'the primary is read while the replica is unresponsive');
	proxy.heal();
	await state('up');
	ok(true, 'the replica is read again when it responds');
});

await done();
