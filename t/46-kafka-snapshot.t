#!/usr/bin/env t/lib/run
// 46-kafka-snapshot.t -- Redis comes back with an older state of itself, as from a snapshot: what was told since then is told again, so
// rooms and answers are soon what the tables say.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider } from './lib/kafka.mjs';
import { done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000' } });
const http = client(d.url), redis = d.redisServer;
const out = await outsider(await brokersOf(d));
const statusIs = (productId, status) => until(async () => (await http.get(`/api/analyze/status/${productId}`)).body?.status === status,
	{ ms: 30000, every: 100, what: `the status of ${productId} to be ${status}` });
const kept = async (task) => String(await d.redis('GET', `room:last:analysis:${task}`));
const reported = async () => Number(await d.redis('HGET', 'system_status', 'kafka_at'));

async function begin(productId) {
	const { taskId } = (await http.post('/api/analyze', { productId })).body;
	await out.send('realtime-status', productId, { type: 'progress', requestId: taskId, productId, progress: 40, totalReviews: 7 });
	await until(async () => (await kept(taskId)).includes('"progress":40'), { ms: 30000, what: 'the progress to be kept' });
	await statusIs(productId, 'processing');
	return { taskId, productId };
}
async function end({ taskId, productId }) {
	await out.send('analysis-results', productId, { requestId: taskId, productId, status: 'completed', sentiment: { positive: 50, negative: 25, neutral: 25 },
		summary: productId, keywords: ['one'], totalReviews: 7 });
	await until(async () => (await kept(taskId)).includes('"completed"'), { ms: 30000, what: 'the end to be kept' });
	await statusIs(productId, 'completed');
}

for (const bridge of ['alive', 'killed'])
	await test(bridge, async () => {
		const one = await begin(`snapshot-${bridge}`);
		await redis.client.call('SAVE');
		const saved = await reported();
		await end(one);
		await until(async () => await reported() > saved + 7000, { ms: 60000, every: 200, what: 'the snapshot to be old' });
		await redis.stop();
		if (bridge === 'killed')
			d.kill9(/^dure: kafka/);
		await redis.start();
		const s = await ioConnect(d.url);
		await until(async () => {
			await s.ask('subscribe-analysis', one.taskId).catch(() => {});
			return s.all('analysis-update').some(([u]) => u.status === 'completed');
		}, { ms: 40000, every: 200, what: 'who comes to be told of the end' });
		ok(true, `bridge ${bridge}: a client that joins late gets the end of the analysis`);
		await statusIs(one.productId, 'completed');
		is((await http.get(`/api/analyze/status/${one.productId}`)).body.status, 'completed', `bridge ${bridge}: the status is right`);
	});
await done();
