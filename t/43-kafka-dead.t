#!/usr/bin/env t/lib/run
// 43-kafka-dead.t -- `dure kafka dead`: what could not be applied or sent is listed, sent again with its headers, forgotten; and each is told
// on error-notifications.
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider, schemaFaults } from './lib/kafka.mjs';
import { done, is, like, ok, test, unlike } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '60000' } });
const out = await outsider(await brokersOf(d));
const seen = await out.listen(['realtime-status', 'error-notifications']);
const dead = (...args) => d.cli('kafka', 'dead', ...args);
const letters = (n) => until(async () => {
	const rows = await d.psql('SELECT id::int, topic, partition, type, message_id, reason FROM dead_letters ORDER BY id');
	return rows.length === n && rows;
}, { ms: 20000, what: `${n} dead letters` });
const notices = () => seen.filter((m) => m.topic === 'error-notifications');

await test('wrong calls', async () => {
	for (const args of [[], ['bury'], ['retry'], ['drop'], ['drop', 'x'], ['drop', '0'], ['retry', '1', '--all'], ['list', '--topic']])
		is(dead(...args).code, 64, `dure kafka dead ${args.join(' ')} is a wrong call`);
	is(dead('list').code, 0, 'dead_letters is empty at first');
	like(dead('retry', '4711').stderr, /not all/, 'an unknown id is reported');
});

await test('a message ahead of its time', async () => {
	const request = { requestId: 'early', productId: 'early-1' };
	const card = { ...request, card: { id: 'c', sentiment: 'neutral', text: '조금 이르다' } };
	await out.send('realtime-status', 'early-1', card, { type: 'sentiment-card', messageId: 'm-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
	await out.send('analysis-results', 'early-1', { ...request, status: 'completed', sentiment: {}, totalReviews: 1 });
	await out.send('realtime-status', 'bytes', Buffer.from([0x7b, 0xff, 0x00]));
	const rows = await letters(3), id = rows.find((r) => r.type === 'sentiment-card').id;
	is(rows.find((r) => r.id === id).message_id, 'm-1', 'a dead letter keeps its headers');
	like(dead('list').stdout, new RegExp(`^ID +TIME[^]*\\b${id} .* realtime-status +\\d:0 +early-1 +NOT_FOUND`), 'the list has the message, its place and the reason');
	like(dead('list', id).stdout, /조금 이르다/, 'a message listed by id has its contents');
	unlike(dead('list', '--topic', 'analysis-results').stdout, /realtime-status/, 'the list of a topic has its messages only');

	await d.psql(`INSERT INTO analysis_requests (task_id, kind, product_id, payload) VALUES ('early', 'analysis', 'early-1', '{}')`);
	like(dead('retry', '--topic', 'analysis-results').stdout, /^1 sent again/, 'the messages of a topic are sent again');
	await until(async () => (await d.psql(`SELECT FROM analysis_results WHERE task_id = 'early'`)).length === 1, { ms: 20000, what: 'the result to be applied' });
	const all = dead('retry', '--all');
	like(all.stdout, /^1 sent again/, '--all sends every text message again');
	like(all.stderr, /1 are no text/, 'a message that is not text stays');
	await until(async () => (await d.psql(`SELECT FROM emotion_cards WHERE task_id = 'early'`)).length === 1, { ms: 20000, what: 'the card to be applied' });
	const again = await until(() => {
		const list = seen.filter((m) => m.topic === 'realtime-status' && m.headers.messageId === 'm-1');
		return list.length === 2 && list;
	}, { ms: 20000, what: 'it on the topic a second time' });
	is(again[1].value, again[0].value, 'a message is sent again byte for byte');
	is(again[1].headers.type, 'sentiment-card', 'a message sent again has its type');
	like(again[1].headers.traceparent, /^00-0af7651916cd/, 'a message sent again has its trace');
	const [left] = await letters(1);
	is(dead('drop', left.id).code, 0, 'the remaining messages are dropped');
	is(dead('drop', left.id).code, 1, 'a message is dropped once');
	await letters(0);
});

await test('a row that Kafka refuses', async () => {
	const before = notices().length;
	await d.psql(`INSERT INTO kafka_outbox (shard, topic, key, message_id, type, payload) SELECT 3, 'analysis-requests', 'big', 'big-1', 'analysis',
		'{"text":"' || repeat('x', 3000000) || '"}'`);
	const [row] = await letters(1);
	is(row.partition, -1, 'a row that Kafka refuses becomes a dead letter of the outbox');
	is(row.reason, 'BODY_TOO_LARGE', 'the dead letter has the reason');
	const notice = await until(() => notices()[before], { ms: 20000, what: 'the notice' });
	is(notice.json.topic, 'analysis-requests', 'error-notifications has the refused row');
	is(notices().map((m) => schemaFaults('error-notifications', m.json)).join(''), '', 'the announcement of the refused row conforms to its schema');
	is(before, 3, 'each refused row is announced once');
	like(dead('list').stdout, /analysis-requests +outbox +big +BODY_TOO_LARGE/, 'the list names the outbox as its place');
	like(dead('drop', '--all').stdout, /^1 dropped/, 'every message is dropped');
	ok(await until(async () => (await d.psql('SELECT count(*)::int AS n FROM kafka_outbox'))[0].n === 0), 'the outbox is empty');
	is((await client(d.url).get('/api/v1/health/ready')).status, 200, 'other rows are not affected');
});
await done();
