#!/usr/bin/env t/lib/run
// 36-neighbour.t -- the embedded analyzer as an external pipeline on the topics: a watched product, a batch job and a search, to the end.
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure();
const web = client(d.url);
const kim = await account(d, 'kim@example.com');
for (const p of ['tea', 'pen'])
	await web.post(`/api/products/${p}/reviews`, [{ text: '정말 좋아요 만족합니다' }, { text: '최악이에요 실망했습니다' }]);

await test('the steps by name', async () => {
	const ear = d.redisServer.client.duplicate(), updates = [];
	await ear.psubscribe('analysis_updates:*');
	ear.on('pmessage', (pattern, channel, text) => updates.push(JSON.parse(text)));
	const { taskId } = (await web.post('/api/analyze', { productId: 'tea' })).body;
	await until(() => updates.some((u) => u.status === 'completed'), { ms: 30000, what: 'the result' });
	ear.disconnect();
	const names = { pending: 0, crawling: 1, sentiment_analysis: 2, keyword_extraction: 3, summary: 4, completed: 4 };
	deep([...new Set(updates.map((u) => u.step))], Object.keys(names), 'the updates name every step');
	ok(updates.every((u) => u.currentStep === names[u.step] && u.totalSteps === 4), 'every update has the name and the number of its step', ...updates);
	is((await d.redis('HGET', `analysis_progress:${taskId}`, 'current_step')), 'completed', 'the progress hash has the name of the step');
});

await test('a product without reviews', async () => {
	const url = 'https://shop.example.com/상품/42?ref=a%20b', ask = (productId, more, options) => web.post('/api/analyze', { productId, ...more }, options);
	for (const [product, language, how] of [['none-1', 'en', /^No reviews .*POST \/api\/products\/none-1\/reviews.* or connect a pipeline that crawls the url/], ['none-2', 'ko', /리뷰가 없습니다. POST \/api\/products\/none-2\/reviews 로/]]) {
		const many = await Promise.all(Array.from({ length: 30 }, () => ask(product, { url }, { language })));
		is(new Set(many.map((r) => r.body.taskId)).size, 1, '30 concurrent requests get one taskId');
		const { taskId } = many[0].body, s = await ioConnect(d.url, { ms: 30000 });
		await s.ask('subscribe-analysis', taskId);
		const [end] = await s.next('analysis-update', (u) => u.status === 'failed');
		deep([end.error.code, end.step, end.currentStep], ['NO_REVIEWS', 'crawling', 1], 'the analysis fails with NO_REVIEWS at its step');
		like(end.error.message, how, 'the failure says how to send reviews');
		is((await ask(product, { url })).body.taskId, taskId, 'a request after the failure gets the same taskId');
		ok((await ask(product)).body.taskId !== taskId, 'a request without the url starts another analysis');
		is((await d.psql('SELECT payload FROM analysis_requests WHERE task_id = $1', [taskId]))[0].payload.url, url, 'the url is passed to the pipeline');
	}
	const before = (await ask('none-3')).body.taskId;
	await until(async () => (await web.get('/api/analyze/status/none-3')).body.status === 'failed', { ms: 30000, what: 'the failure' });
	await web.post('/api/products/none-3/reviews', [{ text: '정말 좋아요' }]);
	const { taskId } = (await ask('none-3')).body;
	ok(taskId !== before, 'a request starts an analysis when there are reviews');
	await until(async () => (await web.get('/api/analyze/status/none-3')).body.status === 'completed', { ms: 30000, what: 'the result' });
});

await test('a batch job', async () => {
	const s = await ioConnect(d.url, { auth: { token: kim.token }, ms: 30000 });
	await s.ask('join-user-room', kim.id);	// before: a notification is not told again to who comes late
	const { jobId } = (await web.post('/api/kafka/analysis/multi-batch', { productIds: ['tea', 'pen'], schedule: 'daily' }, { token: kim.token })).body.data;
	await s.ask('subscribe-batch', jobId);
	const [end] = await s.next('batch-update', (u) => u.status === 'completed');
	deep([end.progress, end.total, end.completed, end.failed, end.run], [100, 2, 2, 0, 1], 'the batch job completes');
	await until(async () => (await web.get(`/api/kafka/analysis/multi-batch/${jobId}`, { token: kim.token })).body.data.progress.message, { ms: 30000, what: 'the note of the neighbour' });
	is((await s.next('notification', (n) => n.type === 'batch'))[0].data.jobId, jobId, 'the owner is notified');
	is((await web.get('/api/analyze/result/tea')).body.result.totalReviews, 2, 'the results are stored');
});

await test('a watched product', async () => {
	const s = await ioConnect(d.url, { auth: { token: kim.token }, ms: 30000 });
	await s.ask('join-user-room', kim.id);
	is((await web.post('/api/kafka/watchlist/add', { productId: 'tea' }, { token: kim.token })).status, 202, 'the watch request is sent');
	is((await s.next('watchlist-update'))[0].updateType, 'added', 'the user receives the update');
	is((await web.del('/api/watchlist/tea', undefined, { token: kim.token })).status, 200, 'the removal is sent');
	await s.next('watchlist-update', (u) => u.updateType === 'removed');
	await until(async () => (await web.get('/api/kafka/status')).body.data.lag === 0 && (await d.psql('SELECT 1 FROM kafka_outbox')).length === 0, { ms: 30000, what: 'the topics to be empty' });
	await sleep(500);
	deep(s.all('watchlist-update').map(([u]) => u.updateType), ['added', 'removed'], 'the analyzer\'s confirmation is not published twice');
});

await test('a search', async () => {
	const { messageId } = (await web.post('/api/kafka/search', { query: 'tea', options: { limit: 5, includeReviews: true } })).body.data;
	const s = await ioConnect(d.url, { ms: 30000 });
	await s.ask('subscribe-search', messageId);
	const [found] = await s.next('search-results', (f) => f.status === 'completed');
	deep([found.totalCount, found.products[0].productId, found.products[0].reviews.length], [1, 'tea', 2], 'the search is answered');
	is((await s.next(`search:${messageId}`, (f) => f.status === 'completed'))[0].messageId, messageId, 'the results are also sent as search:{messageId}');
	is((await d.psql('SELECT 1 FROM dead_letters')).length, 0, 'no message became a dead letter');
});
await done();
