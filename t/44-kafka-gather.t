#!/usr/bin/env t/lib/run
// 44-kafka-gather.t -- searches asked for at once are stored together: each as it was asked, those that cannot be stored fail alone, and nothing that was
// accepted is lost when PostgreSQL goes away.
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider } from './lib/kafka.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure({ proxied: true, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000' } });
const http = client(d.url);
const out = await outsider(await brokersOf(d));
const seen = await out.listen(['product-search-requests']);
const search = (query) => http.post('/api/kafka/search', { query }, { timeoutMs: 20000 }).catch(() => ({ status: 0 }));
const stored = async () => new Map((await d.psql('SELECT message_id, query, user_id FROM search_sessions')).map((r) => [r.message_id, r.query]));

await test('all at once', async () => {
	const odd = ['"', '\\', '\\"', '{a,b}', 'NULL', "it's", 'a,b', '두 단어', '줄\n바꿈', '😀', '{}', '\\\\'];
	const queries = Array.from({ length: 240 }, (_, i) => `${odd[i % odd.length]}${i < odd.length ? '' : i}`);
	let answers;	// a slow machine may not be done with all in time: then all of them once more
	await until(async () => (answers = await Promise.all(queries.map(search))).every((a) => a.status === 202), { ms: 120000, what: 'all to be accepted' });
	ok(true, 'all concurrent requests are accepted');
	const ids = answers.map((a) => a.body.data.messageId), rows = await stored();
	is(new Set(ids).size, queries.length, 'each request has an id of its own');
	deep(ids.map((id) => rows.get(id)), queries, 'each request is stored as it was sent');
	await until(() => ids.every((id) => seen.some((m) => m.key === id)), { ms: 30000, what: 'each on the topic' });
	const sent = ids.map((id) => seen.filter((m) => m.key === id));
	ok(sent.every((list) => list.length === 1), 'each request is sent to Kafka once');
	deep(sent.map(([m]) => m.json.query), queries, 'each message matches its request');
});

await test('PostgreSQL goes away', async () => {
	const answers = [];
	let going = true;
	const clients = Array.from({ length: 16 }, async (_, i) => {
		for (let n = 0; going; n++) {
			answers.push(await search(`cut ${i} ${n}`));
			await sleep(5);
		}
	});
	for (let i = 0; i < 3; i++) {
		await sleep(200);
		d.pgProxy.cut();
		await sleep(100);
		d.pgProxy.heal();
		await d.ready();
	}
	going = false;
	await Promise.all(clients);
	const accepted = answers.filter((a) => a.status === 202), rows = await stored();
	ok(accepted.length > 20, `requests were accepted (${accepted.length} of ${answers.length})`);
	is(accepted.filter((a) => !rows.has(a.body.data.messageId)).length, 0, 'each accepted request is stored');
	await until(() => accepted.every((a) => seen.some((m) => m.key === a.body.data.messageId)), { ms: 30000, what: 'each of them on the topic' });
	deep([...new Set(answers.map((a) => a.status))].filter((s) => ![202, 503, 504].includes(s)), [], 'each refused request was told to retry');
});
await done();
