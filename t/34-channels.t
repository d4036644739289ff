#!/usr/bin/env t/lib/run
// 34-channels.t -- messages of analysis servers on Redis channels: they take effect as on the topics, once on any number of hosts,
// and Dure ignores its own.
import Redis from 'ioredis';
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';
import { openSocket } from './lib/wire.mjs';

const env = { ANALYZER: 'off', LOG_LEVEL: 'debug', ANALYSIS_STALL_MS: '600000' };
const d = await startDure({ env });
const second = await startDure({ env, share: d });
const web = client(d.url);
const listener = new Redis({ host: '127.0.0.1', port: d.redisServer.port });
atEnd(() => listener.disconnect());
const heard = [];
await listener.psubscribe('analysis_updates:*', 'analysis_stats:*', 'user_notifications:*');
listener.on('pmessage', (pattern, channel, text) => { try { heard.push({ channel, ...JSON.parse(text) }); } catch { /* some make no sense */ } });
const say = (channel, value) => d.redis('PUBLISH', channel, typeof value === 'string' ? value : JSON.stringify(value));
const counts = async (name) => (await Promise.all([d, second].map(async (x) =>
	Number((await client(x.url).get('/metrics')).text.match(new RegExp(`channel_messages_total\\{result="${name}"\\} (\\d+)`))?.[1] ?? 0)))).reduce((a, b) => a + b);

await test('an analysis', async () => {
	const { taskId } = (await web.post('/api/analyze', { productId: 'p1' })).body;
	const s = await ioConnect(second.url);
	await s.ask('subscribe-analysis', taskId);
	await say(`analysis_updates:${taskId}`, { task_id: taskId, status: 'processing', progress: 25, current_step: 2, total_steps: 5, total_reviews: 8, message: 'a quarter' });
	const [update] = await s.next('analysis-update', (u) => u.progress === 25);
	deep([update.status, update.message, update.currentStep, update.totalSteps, update.totalReviews], ['processing', 'a quarter', 2, 5, 8], 'progress reaches the sockets of another host');
	const row = () => d.psql('SELECT * FROM analysis_requests WHERE task_id = $1', [taskId]).then((r) => r[0]);
	is((await row()).progress, 25, 'progress is stored');
	deep(await d.redis('HMGET', `analysis_progress:${taskId}`, 'status', 'progress', 'current_step'), ['processing', '25', '2'], 'progress is in the progress hash');
	await say(`analysis_stats:${taskId}`, { positive: 3, negative: 2, neutral: 1, total_processed: 6 });
	const [stats] = await s.next('analysis-update', (u) => u.stats);
	deep([stats.stats, stats.progress, stats.message, stats.currentStep, stats.processedReviews], [{ positive: 3, negative: 2, neutral: 1 }, 25, 'a quarter', 2, 6], 'counts alone leave the other members unchanged');
	is(await d.redis('HGET', `analysis_stats:${taskId}`, 'positive'), '3', 'counts are in the stats hash');
	await d.redis('HSET', `analysis_stats:${taskId}`, 'positive', 9);
	await say(`analysis_updates:${taskId}`, { progress: 26 });
	deep((await s.next('analysis-update', (u) => u.progress === 26))[0].stats, { positive: 3, negative: 2, neutral: 1 }, 'progress alone leaves the counts unchanged');
	const card = { id: 'c1', sentiment: 'positive', text: '좋아요', keywords: [], confidence: 0.9, color: '#0f0', reviewCount: 1 };
	await say(`analysis_updates:${taskId}`, { type: 'sentiment-card', card });
	deep((await s.next('sentiment-card'))[0].card, card, 'a card reaches the sockets');
	await say(`analysis_updates:${taskId}`, { status: 'completed', results: { sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: '요약', keywords: ['맛'], total_reviews: 8 } });
	const [end] = await s.next('analysis-update', (u) => u.status === 'completed');
	deep([end.results.summary, end.results.totalReviews], ['요약', 8], 'the outcome reaches the sockets');
	is((await web.get('/api/analyze/result/p1')).body.result.summary, '요약', 'the result is served');
	await until(async () => await counts('applied') === 5, { what: 'five messages to have been applied' });
	is(await d.redis('HGET', `analysis_stats:${taskId}`, 'positive'), '9', 'a stats hash written by the analysis server stays');
	await until(async () => await counts('duplicate') === 5, { what: 'the other host to leave them alone' });
	is((await d.psql('SELECT 1 FROM analysis_results WHERE task_id = $1', [taskId])).length, 1, 'one result is stored');
	is(s.all('analysis-update').filter(([u]) => u.progress === 25 && !u.stats).length, 1, 'each update is published once');
	const own = heard.filter((m) => m.source === 'dure' && m.channel === `analysis_updates:${taskId}`);
	ok(own.every((m) => m.progress !== 100 && m.message !== 'a quarter' || m.stats), 'a message received on a channel is not published there again', ...own);
	ok(heard.some((m) => m.source === 'dure' && m.channel === `analysis_updates:${taskId}` && m.status === 'pending'), 'a state that Dure knows first is published on the channel');
});

await test('a server that writes the progress hash itself', async () => {
	const { taskId } = (await web.post('/api/analyze', { productId: 'p4' })).body;
	const hash = (...fields) => d.redis('HMGET', `analysis_progress:${taskId}`, ...fields);
	const s = await ioConnect(second.url), w = openSocket(d, '/ws'), fields = ['status', 'progress', 'current_step', 'processed_reviews', 'total_reviews'];
	await until(async () => (await hash('status'))[0], { what: 'the hash' });
	deep(await hash(...fields), ['pending', '0', 'pending', '0', '0'], 'the hash begins with names');
	await s.ask('subscribe-analysis', taskId);
	is((await s.next('analysis-update'))[0].step, 'pending', 'the pending state has its step');
	const texts = [], hear = async (fits) => {
		for (;;) {
			texts.push(await w.next());
			if (fits(JSON.parse(texts.at(-1))))
				return JSON.parse(texts.at(-1));
		}
	};
	await w.opened;
	w.send(JSON.stringify({ type: 'subscribe', taskId }));
	await hear((m) => m.type === 'subscribed');
	await d.redis('HSET', `analysis_progress:${taskId}`, 'progress', 47, 'current_step', 'sentiment_analysis', 'processed_reviews', 562, 'total_reviews', 1250);
	const exact = '"weight":1.50,"at":9007199254740993,"deep":{"a":[0.30000000000000004,1E2]}';
	await say(`analysis_updates:${taskId}`, `{"progress":47,"step":"sentiment_analysis","timestamp":1764500000123,${exact}}`);
	const [update] = await s.next('analysis-update', (u) => u.progress === 47), plain = await hear((m) => m.progress === 47);
	for (const [u, how] of [[update, 'socket.io'], [plain, 'a raw WebSocket']])
		deep([u.status, u.step, u.timestamp, u.message, u.currentStep, u.totalSteps, u.weight], ['processing', 'sentiment_analysis', 1764500000123, 'sentiment_analysis', 2, 4, 1.5],
			`${how}: step and timestamp as sent, the step as message`);
	ok(texts.some((t) => t.includes(exact)), 'unknown members pass through byte for byte');
	deep(await hash(...fields), ['processing', '47', 'sentiment_analysis', '562', '1250'], 'the hash keeps what the server wrote');
	const late = await ioConnect(d.url);
	await late.ask('subscribe-analysis', taskId);
	deep((await late.next('analysis-update'))[0], update, 'a late subscriber gets the same');
	await d.redis('HSET', `analysis_progress:${taskId}`, 'status', 'analyzing', 'progress', 60, 'current_step', 'ranking');
	await say(`analysis_updates:${taskId}`, { progress: 55, step: 'keyword_extraction' });
	deep((await s.next('analysis-update', (u) => u.progress === 55)).map((u) => [u.step, u.currentStep, u.timestamp]), [['keyword_extraction', 3, undefined]], 'members of one message stay with it');
	await say(`analysis_updates:${taskId}`, { progress: 58, current_step: 'ranking', total_reviews: 1300 });
	const [named] = await s.next('analysis-update', (u) => u.progress === 58);
	deep([named.step, named.current_step, named.currentStep, named.totalReviews, named.message], ['ranking', 'ranking', 3, 1300, 'ranking'], 'current_step may be any name');
	deep(await hash(...fields), ['analyzing', '60', 'ranking', '562', '1250'], 'a message that is behind the hash changes nothing there');
	is((await web.get('/api/analyze/status/p4')).body.progress, 60, 'the status route answers from the hash');
	await say(`analysis_updates:${taskId}`, { progress: 70, current_step: 'translating' });
	await s.next('analysis-update', (u) => u.progress === 70);
	await until(async () => (await hash('progress'))[0] === '70', { what: 'the hash to follow a message that is ahead' });
	deep(await hash('current_step', 'total_reviews'), ['translating', '1250'], 'members that the message does not have keep their values in the hash');
	for (const step of [{}, true, 1.5, -1, 'x'.repeat(256)])
		await say(`analysis_updates:${taskId}`, { progress: 71, step });
	await until(async () => await counts('refused') === 5, { what: 'five steps that are none to be refused' });
	await say(`analysis_updates:${taskId}`, { status: 'failed', error: { code: 'CRAWL', message: 'blocked' }, trace: 7 });
	const [end] = await s.next('analysis-update', (u) => u.status === 'failed');
	deep([end.step, end.progress, end.error, end.trace], ['translating', 70, { code: 'CRAWL', message: 'blocked' }, 7], 'a failure reports the step at which it happened');
	await until(async () => (await hash('status'))[0] === 'failed', { what: 'the hash to end' });
	is((await hash('current_step'))[0], 'translating', 'the hash keeps the step of a failure');
	w.close();
});

await test('failures, and messages that make no sense', async () => {
	const { taskId } = (await web.post('/api/analyze', { productId: 'p2' })).body;
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', taskId);
	for (const text of ['{"progress":', '[]', '{"progress":"half"}', '{"progress":200}', '{"card":{"id":"x"}}', '\x00\xff'])
		await say(`analysis_updates:${taskId}`, text);
	await say('analysis_updates:unknown', { progress: 5 });
	await until(async () => await counts('refused') === 11, { what: 'six to be refused' });
	await until(async () => await counts('unknown') === 1, { what: 'the one about an unknown task to be counted' });
	like(d.log() + second.log(), /"level":"debug".*about nothing known.*"id":"unknown"/, 'a message about an unknown task is logged at debug');
	like(d.log() + second.log(), /message on a channel refused.*progress: must be/, 'the log gives the reasons');
	await say(`analysis_updates:${taskId}`, { status: 'failed', error: 'CRAWL: blocked' });
	is((await s.next('error'))[0].details, 'CRAWL: blocked', 'a failure is published');
	deep((await s.next('analysis-update', (u) => u.status === 'failed'))[0].error, { code: 'CRAWL', message: 'blocked' }, 'a failure is published with its code and message');
	is((await d.psql('SELECT 1 FROM dead_letters')).length, 0, 'messages of channels create no dead letters');
});

await test('notifications', async () => {
	const kim = await account(d, 'kim@example.com');
	const s = await ioConnect(d.url, { auth: { token: kim.token } });
	await s.ask('join-user-room', kim.id);
	const channel = `user_notifications:${kim.id}`;
	await say(channel, { id: 'n1', type: 'report', title: '보고서', message: '준비되었습니다.', data: { url: '/x' } });
	deep((await s.next('notification'))[0].data, { url: '/x' }, 'a notification reaches the socket');
	await say(channel, { id: 'n1', type: 'report', title: '보고서', message: '다시' });
	const said = [];
	s.io.engine.on('packet', ({ data }) => said.push(String(data)));
	await say(channel, '{"type":"analysis_started","task_id":"task-456","weight":1.50,"deep":[1E2]}');
	const [bare] = await s.next('notification', (n) => n.task_id);
	deep([bare.type, bare.task_id, bare.title, bare.message, bare.texts.en.message], ['analysis_started', 'task-456', '분석 시작', '상품 리뷰 분석이 시작되었습니다.', "The analysis of the product's reviews has started."],
		'a notification with a type only is delivered with texts in both languages');
	ok(said.some((t) => t.includes('"task_id":"task-456","weight":1.50,"deep":[1E2]')), 'the members of a notification keep their bytes');
	for (const [language, title] of [['ko', '분석 시작'], ['en', 'Analysis started']]) {
		const [n] = (await web.get('/api/notifications?limit=1', { token: kim.token, language })).body.data;
		deep([n.title, n.task_id, n.data], [title, 'task-456', {}], `the list has the notification in ${language}`);
	}
	await say(channel, { type: 'analysis-failed', title: '내 제목', task_id: 't' });
	const [titled] = await s.next('notification', (n) => n.type === 'analysis-failed');
	deep([titled.title, titled.message, titled.texts.en.title], ['내 제목', '상품 리뷰 분석에 실패했습니다.', undefined], 'a title that was sent is kept');
	await say(channel, { type: 'gossip', from: 'lee' });
	deep((await s.next('notification', (n) => n.type === 'gossip'))[0].from, 'lee', 'a notification of unknown type is delivered');
	for (const n of (await web.get('/api/notifications', { token: kim.token })).body.data.slice(0, 3))
		await web.del(`/api/notifications/${n.id}`, undefined, { token: kim.token });
	await until(async () => await d.redis('LLEN', channel) === 1, { what: 'deleted ones to leave the list in Redis' });
	await say(channel, { title: 'neither type nor message' });
	await say(channel, { message: 'the same words' });
	await say(channel, { message: 'the same words' });
	await say(channel, { message: '' });
	await say('user_notifications:nobody', { message: 'x' });
	await until(async () => (await d.psql('SELECT 1 FROM notifications')).length === 2, { what: 'two notifications' });
	await sleep(300);
	is((await web.get('/api/notifications', { token: kim.token })).body.data.length, 2, 'a duplicate is not stored');
	is(heard.filter((m) => m.channel === channel).length, 9, 'a duplicate is not published on the channel');
	is(await d.redis('LLEN', channel), 2, 'the Redis list has both notifications');
});

await test('Redis restarts', async () => {
	const { taskId } = (await web.post('/api/analyze', { productId: 'p3' })).body;
	await d.redisServer.stop();
	await d.redisServer.start();
	await until(async () => { await say(`analysis_updates:${taskId}`, { progress: 33 }); return (await d.psql('SELECT progress FROM analysis_requests WHERE task_id = $1', [taskId]))[0].progress === 33; },
		{ every: 100, ms: 20000, what: 'the channels to be heard again' });
	ok(true, 'the channels are subscribed again');
});
await done();
