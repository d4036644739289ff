#!/usr/bin/env t/lib/run
// 37-cache-answers.t -- cached answers: time to live, invalidation, negative entries, one query per miss, operator routes, warming.
import { startDure } from './lib/dure.mjs';
import { metric, putResult, resultQueries, wholeResult } from './lib/answers.mjs';
import { client } from './lib/client.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_NEGATIVE_TTL: '300', CACHE_FILL_MS: '20000',
	CACHE_WARM_COUNT: '0' } });
const http = client(d.url);
const result = (product) => http.get(`/api/analyze/result/${product}`);
const kept = (product, what = 'analysis:result') => d.redis('GET', `${what}:${product}`);
const isKept = (product, what) => until(async () => (await kept(product, what))?.[0] === '{',
	{ what: `${product} to be kept` });

await test('a miss and a hit', async () => {
	await putResult(d, 'tea', 'first');
	const [a, b] = [await result('tea'), await isKept('tea') && await result('tea')];
	deep([a.status, a.body.fromCache, a.body.result.summary], [200, false, 'first'], 'the first answer comes from the table');
	deep([b.status, b.body.fromCache, b.body.result], [200, true, a.body.result], 'the second answer is cached');
	deep(JSON.parse(await kept('tea')), a.body.result, 'the cache holds the bytes of the answer');
	is((await http.get('/api/analyze/status/tea')).text, '{"status":"completed","progress":100,"estimatedTime":0,"fromCache":false}', 'the first status comes from the table');
	await isKept('tea', 'analysis:status');
	deep(JSON.parse(await kept('tea', 'analysis:status')), { status: 'completed', progress: 100, estimatedTime: 0 }, 'analysis:status:{id} is a JSON object');
	is((await http.get('/api/analyze/status/tea')).text, '{"status":"completed","progress":100,"estimatedTime":0,"fromCache":true}', 'the status is cached');
	await d.redis('SET', 'analysis:status:other', '{ "status": "failed", "progress": 12, "extra": [1] }\n', 'EX', '60');
	deep((await http.get('/api/analyze/status/other')).body, { status: 'failed', progress: 12, extra: [1], fromCache: true }, 'a status written by another service is served');
	await d.redis('SET', 'analysis:status:bad', 'no object', 'EX', '60');
	is((await http.get('/api/analyze/status/bad')).status, 404, 'a cached status that is no object is ignored');
});

await test('time to live', async () => {
	const lives = [];
	for (let i = 0; i < 30; i++) {
		await putResult(d, `long-${i}`);
		await result(`long-${i}`);
		await isKept(`long-${i}`);
		lives.push(await d.redis('TTL', `analysis:result:long-${i}`));
	}
	between(Math.min(...lives), 0.94 * 3600, 3600, 'a result is cached for about an hour');
	between(Math.max(...lives), 0.94 * 3600, 3600, 'no result is cached for longer than its time to live');
	ok(new Set(lives).size > 3, `times to live vary: ${Math.min(...lives)} to ${Math.max(...lives)} s`);
	between(await d.redis('TTL', 'analysis:status:tea'), 200, 300, 'a status is cached for five minutes at most');
});

await test('invalidation', async () => {
	await putResult(d, 'tea', 'second');
	is((await result('tea')).body.result.summary, 'first', 'a row changed behind the cache is not seen');
	const gone = await http.del('/api/analyze/cache/tea');
	deep([gone.status, gone.body.data.products, gone.body.data.deletedKeys >= 1], [200, 1, true], 'one product is invalidated');
	const again = await until(async () => {	// the other worker hears of it a moment later
		const answer = await result('tea');
		return answer.body.result.summary !== 'first' && answer;
	}, { what: 'every worker to have forgotten it' });
	deep([again.body.fromCache, again.body.result.summary], [false, 'second'], 'an invalidated answer is read from the table again');
	await putResult(d, 'milk');
	await result('milk');
	await isKept('tea');
	await isKept('milk');
	const batch = await http.del('/api/analyze/cache/batch', { productIds: ['tea', 'milk', 'none'] });
	deep([batch.body.data.products, await kept('tea'), await kept('milk')], [3, null, null], 'many products are invalidated at once');
	await putResult(d, 'fed', 'before the reviews');
	await result('fed');
	await isKept('fed');
	await http.post('/api/products/fed/reviews', '[{"text":"좋아요"}]', { headers: { 'content-type': 'application/json' } });
	is(await kept('fed'), null, 'new reviews invalidate the result');
});

await test('the copy for other services', async () => {
	await d.redis('SET', 'analysis_cache:copied', wholeResult('copied', 'theirs'), 'EX', 600);
	const r = await result('copied');
	deep([r.status, r.body.fromCache, r.body.result.summary], [200, true, 'theirs'], 'analysis_cache answers without a row');
	await isKept('copied');
	is((await http.del('/api/analyze/cache/copied')).body.data.deletedKeys, 2, 'both copies are invalidated together');
	is((await result('copied')).status, 404, 'an invalidated product without a row is unknown');
});

await test('negative entries', async () => {
	const queries = await resultQueries(http);
	for (let i = 0; i < 20; i++)
		is((await result('nobody')).status, 404, 'an unknown product answers 404');
	is(await resultQueries(http) - queries, 1, 'twenty requests for an unknown product make one query');
	is(await kept('nobody'), 'null', 'an unknown id is cached');
	between(await d.redis('TTL', 'analysis:result:nobody'), 200, 300, 'a negative entry lives for CACHE_NEGATIVE_TTL at most');
	is((await http.get('/api/analyze/status/nobody')).status, 404, 'an unknown id has no status');
	is((await http.post('/api/analyze', { productId: 'nobody' })).status, 200, 'an analysis is started');
	await until(async () => (await result('nobody')).status === 202, { what: 'it to be known to every worker' });
	const status = await http.get('/api/analyze/status/nobody');
	deep([status.status, status.body.status], [200, 'pending'], 'a product under analysis has a status');
	const before = await resultQueries(http);
	for (let i = 0; i < 20; i++)
		like((await result('nobody')).text, /^\{"success":true,"status":"pending","progress":0,"estimatedTime":(120|[1-9]\d|1[01]\d),"fromCache":false\}$/, 'the result route answers the status of a running analysis');
	is(await resultQueries(http), before, 'the cached status answers without a query');
});

await test('a stale reader', async () => {
	await putResult(d, 'race', 'old');
	const lock = await d.hold('analysis_results');
	const late = result('race');
	await until(async () => (await kept('race'))?.[0] === '!', { what: 'the mark of who asks' });
	await lock.query("UPDATE analysis_results SET summary = 'new' WHERE product_id = 'race'");
	await d.redis('SET', 'analysis:result:race', wholeResult('race', 'new'));
	await lock.release();
	is((await late).status, 200, 'a stale reader gets an answer');
	is((await result('race')).body.result.summary, 'new', 'a stale answer does not replace what was written meanwhile');
	await d.redis('DEL', 'analysis:result:race');
	const again = await d.hold('analysis_results');
	let second = null, asks = false;
	await until(async () => {	// a worker may not have heard of the deletion yet, and answer at once
		if (!asks)
			second = result('race').finally(() => { asks = false; });
		asks = true;
		return (await kept('race'))?.[0] === '!';
	}, { what: 'the mark again' });
	await http.del('/api/analyze/cache/race');
	await again.release();
	await second;
	await sleep(50);
	is(await kept('race'), null, 'a stale answer is not cached after an invalidation');
});

await test('warming', async () => {
	for (const id of ['hot', 'warm'])
		await putResult(d, id, id, { users: 100 });
	const r = await http.post('/api/analyze/cache/warmup', { productIds: ['hot', 'unknown', 'warm'] });
	deep([r.body.data.warmed, r.body.data.missing], [2, ['unknown']], 'existing results are loaded');
	await isKept('hot');
	const queries = await resultQueries(http);
	deep([(await result('hot')).body.fromCache, await resultQueries(http)], [true, queries], 'warmed results need no query');
});

await test('counters', async () => {
	await d.redis('FLUSHALL');
	const date = new Date().toISOString().slice(0, 10), total = (what) => metric(http, 'cache_requests_total', what);
	let before;
	await until(async () => {	// a worker hears of it a moment later
		before = { hits: await total(/hit|local/), misses: await total(/miss|joined/) };
		await result('hot');
		return await total(/miss|joined/) > before.misses;
	}, { what: 'it to be forgotten' });
	await isKept('hot');
	for (let i = 0; i < 10; i++)
		await result('hot');
	is(await total(/hit|local/) - before.hits, 10, 'ten hits are counted');
	is(await total(/miss|joined/) - before.misses, 1, 'one miss is counted');
	await until(async () => (await d.redis('HGET', `cache:stats:${date}`, 'hits')) >= 10, { what: 'the hits to be told' });
	const stats = (await http.get('/api/analyze/cache/stats')).body.data;
	ok(stats.hits >= 10 && stats.misses >= 1 && stats.keys > 0 && stats.memoryBytes > 0, 'the statistics have hits, misses, keys and memory');
	between(await d.redis('TTL', `cache:stats:${date}`), 30 * 86400, 31 * 86400, 'counters are kept for 31 days');
	const rate = (await http.get('/api/analyze/cache/hitrate?days=3')).body.data;
	deep([rate.days, rate.daily.length, rate.daily[2].date], [3, 3, date], 'the hit rate is given day by day');
	is(rate.hitRate, Math.floor(rate.hits * 10000 / (rate.hits + rate.misses)) / 10000, 'the hit rate is a ratio');
	like((await http.get('/api/analyze/cache/health')).text, /"status":"healthy","connected":true,"latencyMs":/, 'the health route reports status and latency');
});

await test('warming by the clock', async () => {
	await d.stop();		// one host at a time does what is timed
	await d.redis('FLUSHALL');
	const other = await startDure({ share: d, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '2', CACHE_WARM_EVERY: '1s' } });
	await isKept('warm');
	await isKept('hot');
	is(await kept('tea'), null, 'the most requested results are loaded at start, and no others');
	await d.redis('FLUSHALL');
	await isKept('hot');
	is((await client(other.url).get('/api/analyze/result/hot')).body.fromCache, true, 'cron loads the most requested results again');
});

await done();
