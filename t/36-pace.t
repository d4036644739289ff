#!/usr/bin/env t/lib/run
// 36-pace.t -- estimatedTime is the duration of recent analyses: the same from every worker, kept over a restart of the bridge, and before
// any measurement a default that fits the pipeline.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0', RESTART_BACKOFF_MAX_MS: '500' } });
const web = client(d.url, { headers: { connection: 'close' } });
const ask = async (productId) => (await web.post('/api/analyze', { productId })).body;
const listening = () => until(async () => (await d.redis('PUBSUB', 'NUMPAT')) >= 3, { what: 'the bridge to listen' });
const expected = async () => Number(/^analysis_expected_seconds ([\d.]+)/m.exec((await web.get('/metrics')).text)[1]) * 1000;
const finish = async (task, status = 'completed') => {
	await d.redis('PUBLISH', `analysis_updates:${task}`, JSON.stringify({ status, error: 'x',
		results: { sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: '요약', keywords: [], totalReviews: 8 } }));
	await until(async () => (await web.get(`/api/analyze/sessions/${task}`)).body.data.status === status, { what: 'the outcome' });
};
// As if this one had been asked for so long ago.
const age = async (task, seconds) => {
	await d.psql('UPDATE analysis_requests SET created_at = created_at - make_interval(secs => $2) WHERE task_id = $1', [task, seconds]);
	await d.psql('UPDATE realtime_analysis_sessions SET started_at = started_at - make_interval(secs => $2) WHERE task_id = $1', [task, seconds]);
};
await listening();

await test('an outside pipeline', async () => {
	const first = await ask('tea');
	deep([first.estimatedTime, first.fromCache], [120, false], 'without measurements the default estimate is given');
	await finish(first.taskId);
	is((await ask('tea')).estimatedTime, 0, 'an existing result takes no time');
	const times = [];
	for (let i = 0; i < 6; i++)
		times.push((await ask(`p${i}`)).estimatedTime);
	ok(times.every((t) => Number.isInteger(t) && t >= 1 && t <= 3), 'every worker gives the measured duration as the estimate', ...times);
	between((await web.get('/api/analyze/status/p5')).body.estimatedTime, 0, 3, 'the status has the same estimate');
	const failed = await ask('pen');
	await age(failed.taskId, 5000);
	const before = await expected();
	await finish(failed.taskId, 'failed');
	is(await expected(), before, 'a failed analysis is not measured');
});

await test('a slow analysis', async () => {
	const one = await ask('slow');
	await age(one.taskId, 3600);
	await finish(one.taskId);
	const after = (await ask('s0')).estimatedTime;
	between(after, 1, 60, 'one analysis of an hour moves the estimate a little');
	const running = await ask('joined');
	await age(running.taskId, 1000);
	is((await ask('joined')).estimatedTime, 1, 'a request that joins an overdue analysis gets at least a second');
	for (let i = 0; i < 30; i++) {
		const { taskId } = await ask(`long${i}`);
		await age(taskId, 40);
		await finish(taskId);
	}
	between((await ask('s1')).estimatedTime, 30, 45, 'many analyses of 40 s move the estimate there');
	const half = await ask('half');
	await age(half.taskId, 20);
	between((await ask('half')).estimatedTime, 10, 25, 'a request that joins half-way gets half the estimate');
});

await test('another bridge', async () => {
	const before = await expected();
	d.kill9(/dure: kafka/);
	await until(async () => await expected() !== before, { what: 'the bridge to be gone' });
	await until(async () => await expected() > 0, { what: 'the new one to have learnt' });
	between((await ask('s2')).estimatedTime, 30, 45, 'a new bridge begins with the stored courses');
});

await test('the embedded analyzer', async () => {
	const e = await startDure();
	const at = client(e.url);
	await at.post('/api/products/tea/reviews', [{ text: '좋아요' }, { text: '별로예요' }]);
	const s = await ioConnect(e.url);
	const { taskId, estimatedTime } = (await at.post('/api/analyze', { productId: 'tea' })).body;
	between(estimatedTime, 1, 2, 'the embedded analyzer has a short default');
	await s.ask('subscribe-analysis', taskId);
	await s.next('analysis-update', (u) => u.status === 'completed');
	ok(s.all('analysis-update').every(([u]) => u.estimatedTime <= 2), 'the embedded analyzer gives a short estimate while it runs', ...s.all('analysis-update').map(([u]) => u.estimatedTime));
	between((await at.post('/api/analyze', { productId: 'none' })).body.estimatedTime, 1, 10, "the embedded analyzer's measurements replace the default");
});
await done();
