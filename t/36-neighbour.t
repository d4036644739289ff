#!/usr/bin/env t/lib/run
// 36-neighbour.t -- the embedded analyzer as an external pipeline on the topics: a watched product, a batch job and a search, to the end.
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure();
const web = client(d.url);
const kim = await account(d, 'kim@example.com');
for (const p of ['tea', 'pen'])
	await web.post(`/api/products/${p}/reviews`, [{ text: '정말 좋아요 만족합니다' }, { text: '최악이에요 실망했습니다' }]);

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
