#!/usr/bin/env t/lib/run
// 39-cache-links.t -- the near cache of the workers while their connections to Redis fail: one of the two, both, Redis itself, with
// and without its data, or silently; and the bound on its memory. No stale answer may last.
import { startDure } from './lib/dure.mjs';
import { metric, putResult, wholeResult } from './lib/answers.mjs';
import { client } from './lib/client.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const limit = 256 * 1024, workers = 2;
const d = await startDure({ http: workers, proxied: true, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0',
	CACHE_LOCAL_BYTES: String(limit) } });
const http = client(d.url);
const result = (product) => http.get(`/api/analyze/result/${product}`, { headers: { connection: 'close' } });
const summary = async (product) => (await result(product)).body?.result?.summary;
const local = () => metric(http, 'cache_requests_total', /local/);
const write = (product, value) => d.redis('SET', `analysis:result:${product}`, wholeResult(product, value), 'EX', 600);
const ready = (status) => until(async () => (await http.get('/api/v1/health/ready')).status === status, { ms: 30000, what: `ready to be ${status}` });

// Until several reads in a row are answered from the memory of the workers.
const held = (product) => until(async () => {
	const before = await local();
	for (let i = 0; i < 8; i++)
		await result(product);
	return await local() - before === 8;
}, { ms: 30000, what: `${product} to be held` });
// Every worker says so: many reads, each on a connection of its own.
const all = async (product, value) => {
	const seen = await Promise.all(Array.from({ length: 16 }, () => summary(product)));
	return seen.every((s) => s === value);
};
const soon = (product, value) => until(() => all(product, value), { ms: 30000, what: `${product} to be ${value}` });

await putResult(d, 'p', 'table');
await result('p');
await write('p', 'one');
await soon('p', 'one');
await held('p');

await test('a change', async () => {
	is(await summary('p'), 'one', 'the near cache has the value');
	await write('p', 'two');
	await soon('p', 'two');
	ok(true, 'a change invalidates the near cache of every worker');
	await held('p');
});

for (const [name, re] of [['the tracking connection', /__redis__:invalidate/], ['the command connection', /TRACKING/]]) {
	await test(`${name} breaks`, async () => {
		await write('p', `before ${name}`);
		await soon('p', `before ${name}`);
		await held('p');
		ok(d.redisProxy.drop(re) >= workers, `${name} of every worker is cut`);
		await write('p', `after ${name}`);
		await soon('p', `after ${name}`);
		await held('p');
		await write('p', `later, ${name}`);
		await soon('p', `later, ${name}`);
		ok(true, `${name} cut: changes during and after the outage are seen`);
	});
}

await test('the tracking connection is silent', async () => {
	await held('p');
	ok(d.redisProxy.hold(/__redis__:invalidate/) >= workers, 'the tracking connection of every worker is silenced');
	await write('p', 'unheard');
	await soon('p', 'unheard');
	await held('p');
	ok(true, 'a silent tracking connection is detected and the near cache dropped');
});

await test('a restart of Redis without its data', async () => {
	await d.redisServer.stop();
	await soon('p', 'table');
	await d.psql("UPDATE analysis_results SET summary = 'new table' WHERE product_id = 'p'");
	await d.redisServer.start();
	await ready(200);
	await soon('p', 'new table');
	await held('p');
	await write('p', 'written');
	await soon('p', 'written');
	ok(true, 'no value from before the restart is served');
});

await test('a restart of Redis with its data', async () => {
	await held('p');
	await d.redis('SAVE');
	const saved = d.redisServer;
	await saved.stop();
	await saved.start();
	await ready(200);
	await write('p', 'after the restart');
	await soon('p', 'after the restart');
	await held('p');
	ok(true, 'the near cache is filled again, and changes are seen');
});

await test('a flush', async () => {
	await held('p');
	await d.redis('FLUSHALL');
	await soon('p', 'new table');
	ok(true, 'a flush of Redis empties the near cache');
});

await test('the network is cut under load', async () => {
	await write('p', '0');
	await soon('p', '0');
	let stop = false, reads = 0, faults = 0;
	const readers = Array.from({ length: 8 }, async () => {
		while (!stop) {
			const r = await result('p');
			reads++;
			faults += r.status !== 200;
		}
	});
	for (let i = 1; i <= 3; i++) {
		d.redisProxy.cut();
		await ready(503);
		await write('p', String(i));
		const before = reads;
		await until(() => reads >= before + readers.length, { ms: 30000, what: 'reads without Redis' });
		d.redisProxy.heal();
		await ready(200);
		await soon('p', String(i));
	}
	stop = true;
	await Promise.all(readers);
	is(faults, 0, `${reads} reads during network cuts succeed, and each change is seen`);
});

await test('the bound', async () => {
	const filler = 'x'.repeat(2000);
	for (let i = 0; i < 400; i++)
		await write(`big-${i}`, filler);
	for (let i = 0; i < 400; i++)
		await result(`big-${i}`);
	const bytes = await metric(http, 'cache_local_bytes'), values = await metric(http, 'cache_local_values');
	ok(bytes > limit / 2 && bytes <= limit * workers, `no near cache exceeds ${limit} bytes: ${bytes} in all`);
	ok(values >= 50 && values < 400, `the near caches hold ${values} of 400 values`);
	const before = await local();
	await result('big-399');
	await result('big-399');
	ok(await local() > before, 'the near cache holds the values last used');
});

await done();
