#!/usr/bin/env t/lib/run
// 38-status.t -- while an analysis runs, its progress hash is authoritative, whoever wrote it; afterwards the tables are.
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0', CONSISTENCY_CHECK_INTERVAL: '365d' } });
const web = client(d.url, { headers: { connection: 'close' } });
const status = async (p) => (await web.get(`/api/analyze/status/${p}`)).body;
const result = (p) => web.get(`/api/analyze/result/${p}`);
const start = async (productId) => (await web.post('/api/analyze', { productId })).body.taskId;
const say = (task, message) => d.redis('PUBLISH', `analysis_updates:${task}`, JSON.stringify(message));
const hash = (task, fields) => d.redis('HSET', `analysis_progress:${task}`, ...Object.entries(fields).flat());
const later = (s) => new Date(Date.now() + s * 1000).toISOString();
await until(async () => (await d.redis('PUBSUB', 'NUMPAT')) >= 3, { what: 'the bridge to listen' });

let task;
await test('an analysis server that writes the hash itself', async () => {
	is((await web.get('/api/analyze/status/tea')).status, 404, 'an unknown product has no status');
	task = await start('tea');
	deep([(await status('tea')).status, (await status('tea')).progress], ['pending', 0], 'a requested analysis is pending');
	await hash(task, { status: 'processing', progress: 42, estimated_completion: later(30) });
	for (let i = 0; i < 6; i++) {
		const s = await status('tea');
		deep([s.status, s.progress, s.fromCache], ['processing', 42, true], 'every worker answers from the hash');
		between(s.estimatedTime, 1, 30, 'the answer has the remaining time');
	}
	await hash(task, { progress: 43 });
	is((await status('tea')).progress, 43, 'a change of the hash shows at once');
	const r = await result('tea');
	deep([r.status, r.body.status, r.body.progress], [202, 'processing', 43], 'the result route answers from the hash too');
	is((await d.psql('SELECT progress FROM analysis_requests WHERE task_id = $1', [task]))[0].progress, 0, 'the tables are behind');
});

await test('odd values', async () => {
	for (const [fields, want] of [[{ progress: '250' }, 100], [{ progress: '-3' }, 0], [{ progress: 'x' }, 0], [{ progress: '61.7' }, 61]]) {
		await hash(task, fields);
		is((await status('tea')).progress, want, `a progress of ${fields.progress} reads as ${want}`);
	}
	for (const [text, low, high] of [['soon', 0, 0], [later(-50), 0, 0], [String(Math.floor(Date.now() / 1000) + 50), 40, 50], [String(Date.now() + 50000), 40, 50]]) {
		await hash(task, { estimated_completion: text });
		between((await status('tea')).estimatedTime, low, high, `an estimated_completion of ${text} reads as a bounded time`);
	}
	await hash(task, { status: 'analyzing_sentiment' });
	is((await status('tea')).status, 'processing', 'an unknown status reads as processing');
});

await test('the end', async () => {
	await hash(task, { status: 'completed', progress: 100 });
	is((await status('tea')).status, 'pending', 'after the end the tables answer');
	await d.redis('DEL', 'analysis_lock:tea');
	for (let i = 0; i < 8; i++)		// each worker has sent what its first answer restores when it answers the next
		await status('tea');
	is(await d.redis('EXISTS', 'analysis_lock:tea'), 0, 'a reader does not restore the lock of an analysis that has ended');
	await say(task, { status: 'completed', results: { sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: '요약', keywords: [], totalReviews: 8 } });
	await until(async () => (await status('tea')).status === 'completed', { what: 'the outcome' });
	deep([(await status('tea')).progress, (await result('tea')).status], [100, 200], 'both routes answer from the tables');
	await until(async () => await d.redis('EXISTS', 'analysis_lock:tea') === 0, { what: 'the lock to go' });
	await hash(task, { status: 'processing', progress: 7 });
	is((await status('tea')).status, 'completed', 'later writes to the hash are ignored');
});

await test('a failure', async () => {
	const ill = await start('ill'), began = await d.redis('HGET', `analysis_progress:${ill}`, 'started_at');
	for (const progress of [0, 30])
		await say(ill, { status: 'processing', progress, currentStep: 2 });
	await until(async () => (await status('ill')).progress === 30, { what: 'the progress' });
	await say(ill, { status: 'failed', error: 'X: y' });
	await until(async () => (await d.redis('GET', 'analysis:status:ill'))?.includes('failed'), { what: 'the failure to be told' });
	deep(JSON.parse(await d.redis('GET', 'analysis:status:ill')), { status: 'failed', progress: 30, estimatedTime: 0 }, 'analysis:status:{id} is a JSON object');
	const kept = await status('ill');
	await web.del('/api/analyze/cache/ill');
	const made = await status('ill'), asked = (await result('ill')).body;
	deep([kept, made, asked].map((s) => [s.status, s.progress]), [['failed', 30], ['failed', 30], ['failed', 30]], 'a failed analysis keeps its progress everywhere');
	deep(await d.redis('HMGET', `analysis_progress:${ill}`, 'status', 'progress', 'started_at'), ['failed', '30', began], 'a failed analysis keeps its start');
});

await test('Redis that lost its data', async () => {
	const other = await start('pen');
	await say(other, { status: 'processing', progress: 30, currentStep: 2, totalSteps: 4, totalReviews: 9, processedReviews: 3, estimatedTime: 70 });
	await until(async () => (await status('pen')).progress === 30, { what: 'the progress' });
	await d.redis('FLUSHALL');
	const s = await until(async () => { const x = await status('pen'); return x.progress === 30 && x; }, { what: 'the store to answer' });
	deep([s.status, s.fromCache], ['processing', false], 'the tables answer when Redis lost its data');
	const fields = await until(async () => { const h = await d.redis('HGETALL', `analysis_progress:${other}`); return h.length > 0 && h; }, { what: 'the hash' });
	const h = Object.fromEntries(Array.from({ length: fields.length / 2 }, (_, i) => fields.slice(2 * i, 2 * i + 2)));
	deep([h.status, h.progress, h.current_step, h.total_reviews, h.processed_reviews], ['processing', '30', 'sentiment_analysis', '9', '3'], 'the hash is restored');
	ok(Date.parse(h.started_at) < Date.parse(h.estimated_completion), 'the restored hash has its times');
	const lock = JSON.parse(await d.redis('GET', 'analysis_lock:pen'));
	deep([lock.task_id, lock.product_id, lock.status, lock.user_count], [other, 'pen', 'processing', 1], 'the lock is restored');
	between(await d.redis('TTL', 'analysis_lock:pen'), 3500, 3600, 'the restored lock lives for an hour');
	between(await d.redis('TTL', `analysis_progress:${other}`), 7100, 7200, 'the restored hash lives for two hours');
	await hash(other, { progress: 31 });
	const again = await until(async () => { const x = await status('pen'); return x.progress === 31 && x; }, { what: 'the hash to be asked again' });
	is(again.fromCache, true, 'the restored hash answers from then on');
	await d.redis('DEL', 'analysis_lock:pen');
	await d.redis('SET', 'analysis:status:pen', '{"status":"processing","progress":5,"estimatedTime":9}', 'EX', 300);
	is((await until(async () => { const x = await status('pen'); return x.progress !== 5 && x; }, { what: 'what was kept to be left alone' })).progress, 31, 'without a lock the hash still answers, not the cached status');
});

await done();
