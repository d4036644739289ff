#!/usr/bin/env t/lib/run
// 35-consistency.t -- the daily check compares caches with the tables and repairs them; daily counts.
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CONSISTENCY_CHECK_INTERVAL: '1s' } });
const web = client(d.url);
const [kim, lee] = [await account(d, 'kim@example.com'), await account(d, 'lee@example.com')];
const metric = async (result) => Number((await web.get('/metrics')).text.match(new RegExp(`consistency_checks_total\\{result="${result}"\\} (\\d+)`))?.[1] ?? 0);
const date = () => new Date().toISOString().slice(0, 10);

await test('wrong caches', async () => {
	const running = (await web.post('/api/analyze', { productId: 'run' })).body.taskId;
	const ended = (await web.post('/api/analyze', { productId: 'end' })).body.taskId;
	await d.redis('PUBLISH', `analysis_updates:${ended}`, JSON.stringify({ status: 'completed', results: { sentiment: { positive: 1, negative: 2, neutral: 97 }, summary: 'right' } }));
	await until(async () => (await web.get('/api/analyze/result/end')).status === 200, { what: 'the result' });
	await d.psql("INSERT INTO products (id, name, price) VALUES ('p', 'Product', 100)");
	await web.post('/api/watchlist', { productId: 'p', targetPrice: 50 }, { token: kim.token });
	is((await web.get('/api/analyze/result/end')).body.result.summary, 'right', 'a valid answer is cached');
	const good = await d.redis('GET', 'analysis:result:end'), lock = await d.redis('GET', 'analysis_lock:run');
	ok(good && lock, 'a result and a lock are cached');
	await d.redis('SET', 'analysis_cache:end', JSON.stringify({ ...JSON.parse(good), updatedAt: '2020-01-01T00:00:00.000Z', summary: 'old' }));
	await d.redis('SET', 'analysis:result:nothing', '{"summary":"of nothing"}');
	await d.redis('SET', 'analysis:status:end', '{"status":"processing","progress":5,"estimatedTime":9}');
	await d.redis('SET', 'analysis_lock:end', lock);
	await d.redis('LPUSH', 'analysis_queue:end', 'x:y');
	await d.redis('HSET', `analysis_progress:${ended}`, 'status', 'processing');
	await d.redis('HSET', 'analysis_progress:elsewhere', 'status', 'processing');
	await d.redis('HSET', 'product_cache:p', 'name', 'Product', 'price', '99');
	await d.redis('DEL', 'analysis_lock:run');
	await d.redis('DEL', 'price_alert_queue');
	const wrong = ['analysis_cache:end', 'analysis:result:nothing', 'analysis:status:end', 'analysis_lock:end', 'analysis_queue:end', `analysis_progress:${ended}`, 'product_cache:p'];
	await until(async () => await d.redis('EXISTS', ...wrong) === 0, { ms: 30000, what: 'what is wrong to go' });
	await until(async () => await d.redis('EXISTS', 'analysis_lock:run') === 1, { ms: 30000, what: 'the lock to be made anew' });
	const { estimated_completion: estimate, ...made } = JSON.parse(await d.redis('GET', 'analysis_lock:run')), { estimated_completion: _, ...had } = JSON.parse(lock);
	deep(made, had, 'a restored lock equals the original');
	ok(estimate > had.started_at, 'a restored lock has a new estimated completion');
	await until(async () => (await d.redis('ZRANGE', 'price_alert_queue', 0, -1)).join() === `${kim.id}:p:50`, { ms: 30000, what: 'the price alerts to be queued' });
	is(await d.redis('GET', 'analysis:result:end'), good, 'valid keys stay');
	is(await d.redis('EXISTS', 'analysis_progress:elsewhere', `analysis_progress:${running}`), 2, 'keys of other services stay');
	ok(await metric('repaired') >= 5 && await metric('right') > 0, 'repairs are counted');
	like(d.log(), /cached values were wrong.*analysis_cache:/, 'repairs are logged');
	is((await d.psql("SELECT 1 FROM cron_runs WHERE job = 'check-consistency'")).length, 1, 'the time of the check is stored for other hosts');
});

await test('system_status', async () => {
	const read = () => d.redis('HMGET', 'system_status', 'total_users', 'active_analyses', 'queue_size');
	// A round may have counted before the last of these rows was written.
	await until(async () => (await read()).join() === '2,0,1', { ms: 30000, what: 'the rows to be counted' }).catch(() => {});
	deep(await read(), ['2', '0', '1'], 'system_status has total_users, active_analyses and queue_size');
	deep(Object.keys(JSON.parse(await d.redis('HGET', 'system_status', 'analyses'))), ['waiting', 'running', 'users', 'updatedAt'], 'system_status has the analyses in parts');
});

await test('counts by day', async () => {
	const before = date();
	for (let i = 0; i < 3; i++)
		await web.get('/api/search/popular', { token: i === 0 ? lee.token : kim.token });
	const sum = async (cmd, ...key) => Number(await d.redis(cmd, ...key));
	await until(async () => await sum('GET', `api_requests:${before}:/api/search/popular`) >= 3 || date() !== before, { what: 'the requests to be counted' });
	await until(async () => await sum('PFCOUNT', `active_users:${before}`) >= 2 || date() !== before, { what: 'the users to be counted' });
	ok(date() !== before || await sum('TTL', `api_requests:${before}:/api/search/popular`) > 86000, 'counts of requests live for a day');
	ok(date() !== before || await sum('PFCOUNT', `active_users:${before}`) === 2, 'each user counts once');
});
await done();
