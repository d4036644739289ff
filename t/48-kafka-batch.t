#!/usr/bin/env t/lib/run
// 48-kafka-batch.t -- messages that arrive together are applied together, and each still as if it were alone: order, duplicates, what cannot be
// applied, a bridge killed in between.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider } from './lib/kafka.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', RESTART_BACKOFF_MAX_MS: '200' } });
const http = client(d.url);
const out = await outsider(await brokersOf(d));
const card = (id, more = '') => `{"id":"${id}","sentiment":"neutral","text":"card ${id}"${more}}`;
const message = (task, c) => `{"type":"sentiment-card","requestId":"${task}","card":${c}}`;
const send = (list) => out.sendAll('realtime-status', list);
const stored = async (task) => (await d.psql('SELECT card_id AS id FROM emotion_cards WHERE task_id = $1 ORDER BY seq', [task])).map((r) => r.id);
const dead = () => d.psql('SELECT reason, value FROM dead_letters ORDER BY id');
const count = async (re) => Number((await http.get('/metrics')).text.match(re)?.[1] ?? 0);
const statements = () => count(/^db_query_duration_seconds_count\{operation="insert",table="emotion_cards"\} (\d+)/m);
const counted = async () => Object.fromEntries(await Promise.all(['applied', 'duplicate', 'dead'].map(async (k) =>
	[k, await count(new RegExp(`^kafka_messages_consumed_total\\{result="${k}"\\} (\\d+)`, 'm'))])));
const stuck = async (but = []) => (await d.psql(`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%INTO emotion_cards%'
	AND pid <> ALL ($1)`, [but])).map((r) => r.pid);
const untilStuck = (but) => until(async () => (await stuck(but)).length > 0, { ms: 40000, what: 'a bridge to wait' });
const tasks = {};
for (const key of ['a', 'b', 'gone'])
	tasks[key] = (await http.post('/api/analyze', { productId: `batch-${key}` })).body.taskId;

// Sends all while the bridge waits for one card's table, so that they are there when it goes on.
async function together(list, meanwhile = async () => {}) {
	const lock = await d.hold('emotion_cards', 'SHARE');
	await send([{ key: 'batch-gate', value: message(tasks.gone, card(`gate-${list.length}`)) }]);
	await untilStuck();
	await send(list);
	await meanwhile();
	await lock.release();
}
const numbers = (n, prefix) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

await test('one that PostgreSQL refuses amid two keys', async () => {
	const s = await ioConnect(d.url), n = 150, list = [];
	for (const key of ['a', 'b'])
		await s.ask('subscribe-analysis', tasks[key]);
	const before = [await statements(), await counted()];
	for (const [i, id] of numbers(n, 'c').entries()) {
		for (const key of ['a', 'b'])
			list.push({ key: `batch-${key}`, value: message(tasks[key], card(id)) });
		if (i === 70) {
			list.push({ key: 'batch-a', value: message(tasks.a, card('huge', ',"weight":1e200000')) }, { key: 'batch-b', value: message('unknown', card('u')) }, { key: 'batch-b', value: '{"type":"sentiment-card"' });
			list.push({ key: 'batch-b', value: JSON.stringify({ type: 'progress', requestId: tasks.b, progress: 40, message: 'between' }) });
		}
	}
	await together(list);
	const cards = numbers(n, 'c');
	await until(async () => (await stored(tasks.a)).length >= n && (await stored(tasks.b)).length >= n && (await dead()).length >= 3, { ms: 30000, what: 'all cards' });
	deep(await stored(tasks.a), cards, 'every other card of its key is stored once, in order');
	deep(await stored(tasks.b), cards, 'every card of the other key is stored once, in order');
	deep((await dead()).map((r) => r.reason.split(':')[0]).sort(), ['MALFORMED_JSON', 'NOT_FOUND', 'VALIDATION_FAILED'], 'what cannot be applied is in dead_letters alone, each for its reason');
	like((await dead()).find((r) => /VALIDATION/.test(r.reason)).value, /1e200000/, 'what PostgreSQL refused is there as it was sent');
	await until(() => s.all('sentiment-card').length >= 2 * n, { ms: 20000, what: 'all events' });
	const told = s.seen.filter((e) => e.args[0]?.card || e.args[0]?.message === 'between').filter((e) => !/^analysis:/.test(e.event));
	deep(told.filter((e) => e.args[0].requestId === tasks.a).map((e) => e.args[0].card.id), cards, "a key's events reach the socket once, in order");
	deep(told.filter((e) => e.args[0].requestId === tasks.b).map((e) => e.args[0].card?.id ?? 'between'), [...cards.slice(0, 71), 'between', ...cards.slice(71)],
		'events of different types of one key keep their order');
	between(await statements() - before[0], 1, 80, 'they take far fewer statements than messages');
	const after = await counted();
	deep([after.duplicate - before[1].duplicate, after.dead - before[1].dead], [0, 3], 'each dead letter is counted once');
	between(after.applied - before[1].applied, 2 * n + 2, 2 * n + 5, 'each applied message is counted once (and what error-notifications says of the dead letters)');
	s.disconnect();
});

await test('duplicates within a batch', async () => {
	const ids = numbers(40, 'd'), before = await counted();
	const list = ids.flatMap((id, i) => [{ key: 'batch-a', value: message(tasks.a, card(id, ',"first":true')) }, { key: 'batch-a', value: message(tasks.a, card(ids[Math.max(0, i - 1)])) }]);
	await together([...list, { key: 'batch-a', value: message(tasks.a, card('c0')) }, { key: 'batch-a', value: message(tasks.a, card('end')) }]);
	await until(async () => (await stored(tasks.a)).includes('end'), { ms: 20000, what: 'the last card' });
	deep((await stored(tasks.a)).filter((id) => id.startsWith('d')), ids, 'a card sent twice in a batch is stored once, in its first place');
	is((await d.psql(`SELECT count(*)::int AS n FROM emotion_cards WHERE task_id = $1 AND card_id LIKE 'd%' AND doc ? 'first'`, [tasks.a]))[0].n, ids.length, 'the first of equal ones is the stored one');
	await until(async () => (await counted()).duplicate - before.duplicate === ids.length + 1, { what: 'the duplicates to be counted' });
	ok(true, 'those of the batch and of earlier ones are counted as duplicates');
});

await test('the bridge killed amid a batch', async () => {
	const ids = numbers(200, 'k'), s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', tasks.b);
	await together(ids.map((id) => ({ key: 'batch-b', value: message(tasks.b, card(id)) })), async () => {
		for (let i = 0; i < 2; i++) {
			const before = await stuck();
			d.kill9(/^dure: kafka/);
			await untilStuck(before);
		}
	});
	await until(async () => (await stored(tasks.b)).includes('k199'), { ms: 40000, what: 'the last card' });
	deep((await stored(tasks.b)).filter((id) => id.startsWith('k')), ids, 'every card is stored once, in order');
	await until(() => new Set(s.all('sentiment-card').map(([e]) => e.card.id)).size >= ids.length, { ms: 20000, what: 'all events' });
	deep([...new Set(s.all('sentiment-card').map(([e]) => e.card.id))].filter((id) => id.startsWith('k')), ids, 'every card reaches the socket, in order');
	is((await dead()).length, 3, 'nothing more is in dead_letters');
});
await done();
