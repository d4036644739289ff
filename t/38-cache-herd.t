#!/usr/bin/env t/lib/run
// 38-cache-herd.t -- a thundering herd: 1000 concurrent misses of one key over several workers make one query; and what holds when
// the request that queries is cancelled, its process dies, or Redis is down.
import http from 'node:http';
import { startDure } from './lib/dure.mjs';
import { metric, putResult, resultQueries } from './lib/answers.mjs';
import { client } from './lib/client.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';
import { zipfRun } from './lib/zipf.mjs';

const workers = 3, herd = 1000;
const env = { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_FILL_MS: '60000', CACHE_WARM_COUNT: '0' };
const d = await startDure({ http: workers, env });
const api = client(d.url);
const joined = (web = api) => metric(web, 'cache_requests_total', /joined/);

// A request on a connection of its own, so that every worker gets some: its answer, and `stop`, as a client that disconnects.
function ask(product, port = d.port) {
	let stop;
	const answer = new Promise((settle) => {
		const rq = http.get({ port, host: '127.0.0.1', path: `/api/analyze/result/${product}`, agent: false }, (a) => {
			let text = '';
			a.on('data', (c) => { text += c; });
			a.on('end', () => settle({ status: a.statusCode, body: JSON.parse(text) }));
		});
		rq.on('error', (e) => settle({ status: 0, error: e.message }));
		stop = () => rq.destroy();
	});
	return { answer, stop };
}
const statuses = async (all) => [...new Set((await Promise.all(all.map((a) => a.answer))).map((a) => a.status))];
const mark = (product) => until(async () => { const v = await d.redis('GET', `analysis:result:${product}`); return v?.[0] === '!' && v; },
	{ what: 'a mark' });

// All have to arrive within a request's deadline: where the machine is too busy for that, fewer are sent.
await test('one query', async () => {
	for (let n = herd, again = true; again; n = Math.ceil(n / 2)) {
		const id = `herd-${n}`;
		await putResult(d, id);
		const queries = await resultQueries(api), before = await joined();
		const lock = await d.hold('analysis_results'), all = Array.from({ length: n }, () => ask(id));
		await Promise.race([until(async () => await joined() - before >= n - workers, { what: 'all to have arrived', ms: 30000 }),
			Promise.any(all.map((a) => a.answer))]);
		await lock.release();
		const answers = await Promise.all(all.map((a) => a.answer));
		again = n > 50 && answers.some((a) => a.status !== 200);
		if (again)
			continue;
		deep([...new Set(answers.map((a) => a.status))], [200], `${n} concurrent misses are all answered`);
		is(new Set(answers.map((a) => JSON.stringify(a.body.result))).size, 1, `${n} concurrent misses get the same answer`);
		is(await resultQueries(api) - queries, 1, `${n} concurrent misses make one query over ${workers} workers`);
	}
});

await test('an answer that is not cached', async () => {
	await d.psql("INSERT INTO analysis_requests (task_id, kind, product_id, payload) VALUES ('p', 'analysis', 'pending', '{}')");
	const queries = await resultQueries(api), lock = await d.hold('analysis_results');
	const before = await joined(), all = Array.from({ length: 300 }, () => ask('pending'));
	await until(async () => await joined() - before >= 300 - workers, { what: 'all to have arrived', ms: 30000 });
	await lock.release();
	deep(await statuses(all), [202], '300 concurrent requests for a running analysis answer 202');
	between(await resultQueries(api) - queries, 1, workers, '300 concurrent requests for a running analysis make at most one query a worker');
});

await test('the request that queries is cancelled', async () => {
	await putResult(d, 'left');
	const lock = await d.hold('analysis_results'), first = ask('left');
	await mark('left');
	const before = await joined(), all = Array.from({ length: 30 }, () => ask('left'));
	await until(async () => await joined() - before >= 30 - workers, { what: 'the others to wait' });
	first.stop();
	await lock.release();
	deep(await statuses(all), [200], 'the waiting requests are answered when the one that queries is cancelled');
});

await test('the process that queries dies', async () => {
	await putResult(d, 'dead');
	await d.redis('SET', 'analysis:result:dead', '!of a process that is no more', 'PX', 1500);
	const all = Array.from({ length: 30 }, () => ask('dead'));
	deep(await statuses(all), [200], "the waiting requests are answered when the dead process's lock expires");
	ok((await until(() => d.redis('GET', 'analysis:result:dead')))[0] === '{', 'the answer is cached after the lock of a dead process');
});

// Every worker waits for the lock of a dead process. Redis is slow for each: between two looks another worker may have taken the lock.
await test('many locks of dead processes', async () => {
	const far = await startDure({ http: workers, share: d, proxied: { lag: 20 }, env: { ...env, CACHE_LOCAL_BYTES: '0' } });
	const ids = Array.from({ length: 80 }, (_, i) => `grave-${i}`), web = client(far.url);
	await Promise.all(ids.map((id) => putResult(far, id)));
	await Promise.all(ids.map((id, i) => far.redis('SET', `analysis:result:${id}`, '!of a process that is no more', 'PX', 2000 + i)));
	const queries = await resultQueries(web), all = [];
	for (let i = 0; i < 6; i++, await sleep(9))		// so that they do not look in step
		all.push(...ids.map((id) => ask(id, far.port)));
	deep(await statuses(all), [200], 'requests behind many locks of dead processes are all answered');
	is(await resultQueries(web) - queries, ids.length, `requests behind many locks make one query a key over ${workers} workers`);
	await far.stop();
});

// CLIENT PAUSE delays writes: the lock is set when no request waits for it any more.
await test('a lock that Redis sets too late', async () => {
	await putResult(d, 'late');
	await d.redis('CLIENT', 'PAUSE', 1500, 'WRITE');
	is((await ask('late').answer).status, 200, 'a request is answered without the delayed lock');
	await d.redis('SET', 'written', '1');
	await until(async () => await d.redis('GET', 'analysis:result:late') === null, { what: 'no mark' });
	is((await ask('late').answer).status, 200, 'a lock set too late is removed and delays no request');
	ok((await until(() => d.redis('GET', 'analysis:result:late')))[0] === '{', 'the answer is cached after the late lock');
});

await test('without Redis', async () => {
	const away = await startDure({ http: workers, share: d, proxied: true, env }), web = client(away.url);
	await putResult(away, 'alone');
	away.redisProxy.cut();
	await until(async () => (await web.get('/api/v1/health/ready')).status === 503, { what: 'Redis to be missed' });
	const queries = await resultQueries(web), before = await joined(web), lock = await away.hold('analysis_results');
	const all = Array.from({ length: 300 }, () => ask('alone', away.port));
	await until(async () => await joined(web) - before >= 300 - workers, { what: 'all to have arrived', ms: 30000 });
	await lock.release();
	deep(await statuses(all), [200], '300 concurrent requests are answered without Redis');
	between(await resultQueries(web) - queries, 1, workers, '300 concurrent requests make at most one query a worker without Redis');
	away.redisProxy.heal();
	await until(async () => (await web.get('/api/v1/health/ready')).status === 200, { what: 'Redis to be back' });
	await away.stop();
});

// The version in each answer tells whether it is stale. The bound is generous here; `make bench` counts at 100 ms.
await test('reads during changes', async () => {
	const r = await zipfRun(d, { products: 50, readers: 8, seconds: 2, updatesPerSecond: 20, graceMs: 10000 });
	deep([r.stale, r.early, r.faults], [[], 0, 0], `${r.reads} reads, ${r.updates} changes: none stale, none from the future, none failed`);
	ok(r.updates > 0 && r.hitRate > 0.8, `the hit rate during changes is above 0.8: ${r.hitRate.toFixed(3)}`);
});

await done();
