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
		is(dead(...args).code, 64, `dead ${args.join(' ')} is a wrong call`);
	is(dead('list').code, 0, 'nothing is dead yet');
	like(dead('retry', '4711').stderr, /not all/, 'an id that is none of them is told');
});

await test('a message ahead of its time', async () => {
	const request = { requestId: 'early', productId: 'early-1' };
	const card = { ...request, card: { id: 'c', sentiment: 'neutral', text: '조금 이르다' } };
	await out.send('realtime-status', 'early-1', card, { type: 'sentiment-card', messageId: 'm-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
	await out.send('analysis-results', 'early-1', { ...request, status: 'completed', sentiment: {}, totalReviews: 1 });
	await out.send('realtime-status', 'bytes', Buffer.from([0x7b, 0xff, 0x00]));
	const rows = await letters(3), id = rows.find((r) => r.type === 'sentiment-card').id;
	is(rows.find((r) => r.id === id).message_id, 'm-1', 'its headers are kept');
	like(dead('list').stdout, new RegExp(`^ID +TIME[^]*\\b${id} .* realtime-status +\\d:0 +early-1 +NOT_FOUND`), 'the list names it, its place and why');
	like(dead('list', id).stdout, /조금 이르다/, 'asked for by id it shows what it holds');
	unlike(dead('list', '--topic', 'analysis-results').stdout, /realtime-status/, 'the list of a topic is of that topic');

	await d.psql(`INSERT INTO analysis_requests (task_id, kind, product_id, payload) VALUES ('early', 'analysis', 'early-1', '{}')`);
	like(dead('retry', '--topic', 'analysis-results').stdout, /^1 sent again/, 'a topic\'s are sent again');
	await until(async () => (await d.psql(`SELECT FROM analysis_results WHERE task_id = 'early'`)).length === 1, { ms: 20000, what: 'the result to be applied' });
	const all = dead('retry', '--all');
	like(all.stdout, /^1 sent again/, 'all are sent again');
	like(all.stderr, /1 are no text/, 'but what is no text');
	await until(async () => (await d.psql(`SELECT FROM emotion_cards WHERE task_id = 'early'`)).length === 1, { ms: 20000, what: 'the card to be applied' });
	const again = await until(() => {
		const list = seen.filter((m) => m.topic === 'realtime-status' && m.headers.messageId === 'm-1');
		return list.length === 2 && list;
	}, { ms: 20000, what: 'it on the topic a second time' });
	is(again[1].value, again[0].value, 'byte for byte');
	is(again[1].headers.type, 'sentiment-card', 'with its type');
	like(again[1].headers.traceparent, /^00-0af7651916cd/, 'and its trace');
	const [left] = await letters(1);
	is(dead('drop', left.id).code, 0, 'the rest is dropped');
	is(dead('drop', left.id).code, 1, 'once');
	await letters(0);
});

await test('a row that Kafka refuses', async () => {
	const before = notices().length;
	await d.psql(`INSERT INTO kafka_outbox (shard, topic, key, message_id, type, payload) SELECT 3, 'analysis-requests', 'big', 'big-1', 'analysis',
		'{"text":"' || repeat('x', 3000000) || '"}'`);
	const [row] = await letters(1);
	is(row.partition, -1, 'it is set aside, as one from the outbox');
	is(row.reason, 'BODY_TOO_LARGE', 'with the reason');
	const notice = await until(() => notices()[before], { ms: 20000, what: 'the notice' });
	is(notice.json.topic, 'analysis-requests', 'error-notifications tells of it');
	is(notices().map((m) => schemaFaults('error-notifications', m.json)).join(''), '', 'as of the others, in the form of its schema');
	is(before, 3, 'each once');
	like(dead('list').stdout, /analysis-requests +outbox +big +BODY_TOO_LARGE/, 'the list says where it was');
	like(dead('drop', '--all').stdout, /^1 dropped/, 'all are dropped');
	ok(await until(async () => (await d.psql('SELECT count(*)::int AS n FROM kafka_outbox'))[0].n === 0), 'the outbox is empty');
	is((await client(d.url).get('/api/v1/health/ready')).status, 200, 'and nothing else was harmed');
});
await done();
