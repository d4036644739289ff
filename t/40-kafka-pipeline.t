#!/usr/bin/env t/lib/run
// 40-kafka-pipeline.t -- an outside analysis pipeline (kafkajs) in place of the embedded one: it reads what Dure sends, and what
// it sends takes effect once; what cannot be applied is set aside and stops nothing.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider, schemaExamples, schemaFaults } from './lib/kafka.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';
import { foreignEvents } from './lib/events.mjs';

foreignEvents('hello');		// as operators may name and fill them

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '60000', WS_TRACE: 'true', TRACE_SAMPLE_RATIO: 'off' } });
const http = client(d.url);
const brokers = await brokersOf(d);
const out = await outsider(brokers);
const seen = await out.listen(['analysis-requests', 'product-search-requests', 'error-notifications']);
const of = (topic, key, value) => until(() => seen.find((m) => m.topic === topic && m.json?.[key] === value),
	{ ms: 20000, what: `${topic} with ${key} ${value}` });
const deadLetters = () => d.psql('SELECT topic, reason, value FROM dead_letters ORDER BY id');
const results = (task) => d.psql('SELECT * FROM analysis_results WHERE task_id = $1', [task]);

for (const topic of ['analysis-requests', 'realtime-status', 'analysis-results', 'product-search-requests',
	'product-search-results', 'watchlist-requests', 'watchlist-updates', 'batch-jobs', 'batch-job-status', 'error-notifications'])
	is(schemaExamples(topic).map((e) => schemaFaults(topic, e)).join(''), '', `${topic}: the examples of its schema conform to it`);

await test('a request and its answer', async () => {
	const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
	const { body } = await http.post('/api/analyze', { productId: 'out-1', keywords: ['배송'] }, { headers: { traceparent } });
	const task = body.taskId;
	const request = await of('analysis-requests', 'requestId', task);
	is(schemaFaults('analysis-requests', request.json), '', 'the request conforms to its schema');
	is(request.key, 'out-1', 'the message of a request is keyed by its product');
	is(request.headers.messageId, task, 'the header messageId is the task');
	is(request.headers.type, 'analysis', "the header type is the request's type");
	like(request.headers.traceparent, /^00-0af7651916cd43dd8448eb211c80319c-/, 'the header traceparent continues the trace');
	ok(Math.abs(Date.parse(request.headers.timestamp) - Date.now()) < 60000, 'the header timestamp is a time');
	deep(request.json.keywords, ['배송'], 'the request has its keywords');

	const s = await ioConnect(d.url);
	ok((await s.ask('subscribe-analysis', task)).ok, 'a socket subscribes to the analysis');
	const status = (value, type) => out.send('realtime-status', 'out-1', { requestId: task, productId: 'out-1', ...value }, type ? { type } : {});
	await status({ progress: 30, status: 'processing', message: 'a third', currentStep: 2, totalSteps: 4, totalReviews: 10 }, 'progress');
	const [update] = await s.next('analysis-update', (u) => u.progress === 30);
	is(update.message, 'a third', 'progress reaches the socket');
	await status({ productId: undefined, progress: 31, currentStep: 'keyword_extraction', shard: 'x-7' }, 'progress');
	const [named] = await s.next('analysis-update', (u) => u.progress === 31);
	deep([named.productId, named.step, named.currentStep, named.totalSteps, named.message, named.shard], ['out-1', 'keyword_extraction', 3, 4, 'keyword_extraction', 'x-7'],
		'progress without a productId, with its step by name');
	await status({ type: 'progress', progress: 20, message: 'late' });
	const card = { id: `${task}-1`, sentiment: 'positive', text: '배송이 빨라요', keywords: ['배송'], confidence: 0.9, color: '#22c55e', reviewCount: 3 };
	await status({ type: 'sentiment-card', card });
	await status({ productId: undefined, card }, 'sentiment-card');
	const [shown] = await s.next('sentiment-card');
	deep(shown.card, card, 'a card reaches the socket as it was sent');
	deep([(await s.next('analysis-update', (u) => u.status === 'pending'))[0]._trace, update._trace, shown._trace], [traceparent, undefined, undefined],
		'with WS_TRACE the events of a request carry its trace, those of messages without one none');
	const own = '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', other = '00-2af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
	await out.send('realtime-status', 'out-1', { requestId: task, productId: 'out-1', progress: 31, status: 'processing', message: 'm' }, { type: 'progress', traceparent: own });
	is((await s.next('analysis-update', (u) => u.progress === 31))[0]._trace, own, "the events of a message carry the message's");
	await http.post('/api/websocket/messages/broadcast', { event: 'hello', data: {} }, { headers: { traceparent: other } });
	deep(await s.next('hello'), [{ _trace: other }], 'a broadcast too');
	const packets = [];
	s.io.engine.on('packet', ({ data }) => packets.push(String(data)));
	const exact = '"confidence":0.30000000000000004,"reviewCount":3,"reviewId":9007199254740993,"weight":1.50';
	await out.send('realtime-status', 'out-1', `{"requestId":"${task}","productId":"out-1","type":"sentiment-card",` +
		`"card":{"id":"${task}-2","sentiment":"positive","text":"t",${exact}}}`);
	ok((await until(() => packets.find((m) => m.includes(`${task}-2`)))).includes(exact), 'the numbers of a card keep their text');
	const result = { requestId: task, productId: 'out-1', status: 'completed', sentiment: { positive: 60, negative: 30.25, neutral: 9.75 },
		summary: '좋아요', keywords: ['배송', { keyword: '가격', count: 3 }], totalReviews: 10 };
	await out.send('analysis-results', 'out-1', result);
	await out.send('analysis-results', 'out-1', { ...result, summary: 'twice' });
	const [end] = await s.next('analysis-update', (u) => u.status === 'completed');
	is(end.results.summary, '좋아요', 'the result reaches the socket');
	const [row, ...more] = await results(task);
	is(more.length, 0, 'one result is stored for two that were sent');
	is(row.summary, '좋아요', 'the first result is the stored one');
	await until(async () => (await http.get('/metrics')).text.match(/kafka_messages_consumed_total\{result="duplicate"\} (\d+)/)?.[1] >= 3,
		{ what: 'three duplicates to be counted' });
	is((await d.psql('SELECT count(*)::int AS n FROM emotion_cards WHERE task_id = $1', [task]))[0].n, 2, 'each card is stored once');
	like((await d.psql('SELECT doc::text FROM emotion_cards WHERE card_id = $1', [`${task}-2`]))[0].doc,
		/"weight": 1\.50, "reviewId": 9007199254740993, .*"confidence": 0\.30000000000000004/, 'the numbers of cards are stored exactly');
	const answer = await http.get('/api/analyze/result/out-1');
	is(answer.body.result.sentiment.negative, 30.25, 'the result is served over HTTP');
	is((await deadLetters()).length, 0, 'nothing is in dead_letters');
});

await test('a failed analysis', async () => {
	const { body } = await http.post('/api/analyze', { productId: 'out-2' });
	await of('analysis-requests', 'requestId', body.taskId);
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', body.taskId);
	await out.send('realtime-status', 'out-2', { requestId: body.taskId, progress: 12, currentStep: 2, totalSteps: 4, totalReviews: 9, processedReviews: 3 });
	await s.next('analysis-update', (u) => u.progress === 12);
	await out.send('analysis-results', 'out-2', { requestId: body.taskId, status: 'failed', error: 'NO_REVIEWS: none' });
	const [error] = await s.next('error');
	deep([error.type, error.step], ['analysis-error', 'sentiment_analysis'], 'the socket gets an error, with the step');
	const [end] = await s.next('analysis-update', (u) => u.status === 'failed');
	deep([end.progress, end.step, end.currentStep, end.totalSteps, end.totalReviews, end.processedReviews, end.error],
		[12, 'sentiment_analysis', 2, 4, 9, 3, { code: 'NO_REVIEWS', message: 'none' }], 'the update tells the step it failed at');
	is((await results(body.taskId))[0].status, 'failed', 'it is stored as failed');
	const answer = await http.get('/api/analyze/result/out-2');
	deep([answer.status, answer.body.success, answer.body.status, answer.body.step, answer.body.error], [200, false, 'failed', 'sentiment_analysis', { code: 'NO_REVIEWS', message: 'none' }],
		'the result is 200 with success false, a code and a message');
	const notice = await until(() => seen.find((m) => m.topic === 'error-notifications' && m.json.requestId === body.taskId), { ms: 20000, what: 'the failure on error-notifications' });
	is(schemaFaults('error-notifications', notice.json), '', 'the failure is announced on error-notifications');
	deep([notice.key, notice.json.type, notice.json.severity, notice.json.details, notice.json.step], ['out-2', 'analysis-error', 'high', 'NO_REVIEWS: none', 'sentiment_analysis'],
		'with its product, its reason and its step');
	await out.send('realtime-status', 'out-2', { requestId: body.taskId, progress: 50 });
	await until(async () => (await d.psql('SELECT 1 FROM error_notifications WHERE request_id = $1', [body.taskId])).length === 1, { what: 'the error to be stored' });
	is(s.all('error').length, 1, 'what comes back from the topic is published once');
});

await test('a search', async () => {
	const { body } = await http.post('/api/kafka/search', { query: '이어폰', options: { limit: 5 } });
	const id = body.data.messageId;
	const request = await of('product-search-requests', 'messageId', id);
	is(schemaFaults('product-search-requests', request.json), '', 'the request conforms to its schema');
	is(request.json.options.limit, 5, 'the search request has its options');
	const s = await ioConnect(d.url);
	await s.ask('subscribe-search', id);
	await out.send('product-search-results', id, { messageId: id, status: 'completed', query: '이어폰',
		products: [{ productId: 'p', name: 'n' }], totalCount: 1, executionTime: 3.5 });
	const [found] = await s.next('search-results', (f) => f.status === 'completed');
	is(found.products[0].productId, 'p', 'the found products reach the socket');
});

await test('what cannot be applied', async () => {
	const { body } = await http.post('/api/analyze', { productId: 'out-3' });
	const task = body.taskId;
	await of('analysis-requests', 'requestId', task);
	const poison = [
		['realtime-status', '{"requestId":', /MALFORMED_JSON/],
		['realtime-status', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]), /INVALID_UTF8|MALFORMED_JSON/],
		['realtime-status', '[1,2]', /VALIDATION_FAILED.*requestId/],
		['realtime-status', JSON.stringify({ requestId: task, productId: 'out-3', progress: 'half' }), /progress: must be a number/],
		['realtime-status', JSON.stringify({ requestId: task, productId: 'out-3', progress: 101 }), /progress: must be within 0 and 100/],
		['realtime-status', JSON.stringify({ requestId: task, productId: 'out-3', type: 'gossip' }), /type/],
		['realtime-status', JSON.stringify({ requestId: task, productId: 'out-3', type: 'sentiment-card', card: { id: 'x' } }), /card\.sentiment: is required/],
		['realtime-status', JSON.stringify({ requestId: 'nobody', productId: 'out-3', progress: 5 }), /NOT_FOUND/],
		['realtime-status', '['.repeat(500) + ']'.repeat(500), /JSON_TOO_DEEP/],
		['analysis-results', JSON.stringify({ requestId: task, productId: 'out-3', status: 'done' }), /status: must be one of/],
		['analysis-results', JSON.stringify({ requestId: task, productId: 'out-3', status: 'completed' }), /sentiment: is required/],
		['analysis-results', JSON.stringify({ requestId: task, productId: 'other', status: 'failed' }), /VALIDATION_FAILED/],
	];
	for (const [topic, value] of poison)
		await out.send(topic, 'out-3', value, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
	await out.send('realtime-status', 'out-3', { requestId: task, productId: 'out-3', progress: 44 });
	await out.send('analysis-results', 'out-3', { requestId: task, productId: 'out-3', status: 'completed', sentiment: {}, totalReviews: 1 });
	await until(async () => (await results(task)).length === 1, { what: 'the good message behind the bad ones to be applied' });
	const dead = await until(async () => { const rows = await deadLetters(); return rows.length >= poison.length && rows; });
	is(dead.length, poison.length, 'each malformed message is in dead_letters, once');
	for (const [topic, value, reason] of poison) {
		const hit = dead.find((r) => r.topic === topic && r.value.equals(Buffer.from(value)));
		like(hit?.reason, reason, `the dead letter has its bytes and its reason: ${reason}`);
	}
	await until(() => seen.filter((m) => m.topic === 'error-notifications' && m.json.type === 'dead-letter').length >= poison.length);
	const notices = seen.filter((m) => m.topic === 'error-notifications' && m.json.type === 'dead-letter');
	is(notices.length, poison.length, 'each malformed message is announced on error-notifications');
	is(notices.map((m) => schemaFaults('error-notifications', m.json)).join(''), '', 'the announcement conforms to its schema');
	ok((await d.psql('SELECT count(*)::int AS n FROM kafka_outbox'))[0].n === 0, 'the outbox is empty');
});

await test('the status', async () => {
	await until(async () => {
		const { data } = (await http.get('/api/kafka/status')).body;
		return data.lag === 0 && data.outbox.depth === 0;
	}, { what: 'no lag and an empty outbox' });
	const { data } = (await http.get('/api/kafka/status')).body;
	is(data.connected, true, 'the status reports the bridge as connected');
	is(data.topics.find((t) => t.name === 'analysis-requests').partitions, 5, 'the status lists the topics');
	const cli = (...args) => d.cli('kafka', ...args, '-b', brokers.join());
	like(cli('topics').stdout, /realtime-status +5 +1 +\d+/, 'dure kafka topics lists the topics');
	like(cli('lag').stdout, /total +0\n/, 'dure kafka lag reports no lag');
	is(cli('init-topics').code, 0, 'dure kafka init-topics finds every topic');
	is(d.cli('kafka', 'lag', '--nonsense').code, 64, 'a wrong call is refused');
	await sleep(0);
});
await done();
