#!/usr/bin/env t/lib/run
// 45-kafka-shards.t -- the shards of the outbox are shared evenly by the bridges that reach the brokers; hosts come, leave and are killed
// while rows are written: each row is sent, and those of a key in order. (The cluster is a Dure's embedded one, as in 42.)
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider } from './lib/kafka.mjs';
import { diag, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const SHARDS = 8, KEYS = 24, TOPIC = 'product-search-requests';
const cluster = await startDure({ env: { ANALYZER: 'off' } });
const brokers = await brokersOf(cluster);
const seen = await (await outsider(brokers)).listen([TOPIC]);
const env = { KAFKA_BROKERS: brokers.join(), ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', RESTART_BACKOFF_MAX_MS: '200', RESTART_QUARANTINE: '0' };

const statusOf = async (d) => (await client(d.url).get('/api/kafka/status')).body.data;
const countsOf = async (hosts) => (await Promise.all(hosts.map(statusOf))).map((s) => s.shards?.length);
const share = (counts, hosts, what) => until(async () => String(await countsOf(hosts)) === String(counts),
	{ ms: 60000, every: 100, what: `${what}: shards ${counts}` });
const sentBy = async (d) => Number((await client(d.url).get('/metrics')).text.match(/^kafka_messages_produced_total (\d+)/m)?.[1] ?? 0);
const depth = async () => (await one.psql('SELECT count(*)::int AS n FROM kafka_outbox'))[0].n;

let written = 0;
// One more row of every key.
const write = (d) => d.psql(`INSERT INTO kafka_outbox (shard, topic, key, message_id, type, payload)
	SELECT k % ${SHARDS}, '${TOPIC}', 'key-' || k, 'm-' || k || '-' || $1, '', json_build_object('n', $1::int)::text FROM generate_series(0, ${KEYS - 1}) k`, [written++]);

// A host without brokers has them all while it is alone, and rows under way that nobody takes.
const lost = await startDure({ env: { ...env, KAFKA_BROKERS: '127.0.0.1:1' } });
await share([SHARDS], [lost], 'alone, without brokers');
await write(lost);
const one = await startDure({ env, share: lost });

await test('a bridge without brokers holds no shard when alone', async () => {
	await share([0, SHARDS], [lost, one], 'a bridge with brokers takes every shard');
	await until(async () => await depth() === 0, { ms: 30000, what: 'an empty outbox' });
	ok(true, 'a bridge without brokers leaves every shard to the other');
	is((await until(async () => { const s = await statusOf(one); return s.outbox.bridges === 1 && s; }, { what: 'the report' })).outbox.bridges, 1, 'a bridge without brokers is not counted');
	await lost.stop();
});

const two = await startDure({ env, share: lost });
await test('two hosts', async () => {
	const all = [...Array(SHARDS).keys()].join();
	await until(async () => {
		const lists = (await Promise.all([one, two].map(statusOf))).map((s) => s.shards);
		return lists.every((l) => l.length === SHARDS / 2) && lists.flat().sort().join() === all;
	}, { ms: 60000, every: 100, what: 'each to hold half of the shards' });
	ok(true, 'two bridges hold half of the shards each');
	const before = await Promise.all([one, two].map(sentBy));
	await until(async () => {
		await write(one);
		return (await Promise.all([one, two].map(sentBy))).every((n, i) => n - before[i] >= KEYS);
	}, { ms: 60000, every: 300, what: 'rows sent by each' });
	await until(async () => await depth() === 0, { ms: 30000, what: 'an empty outbox' });
	ok(true, 'both bridges send messages');
});

await test('hosts come and go', async () => {
	let writing = true, three;
	const writer = (async () => {
		while (writing) {
			await write(one);
			await sleep(40 + written / 2);	// the embedded broker holds little
		}
	})();
	const timed = async (what, counts, hosts) => {
		const began = Date.now();
		await share(counts, hosts, what);
		diag(`${what}: ${Date.now() - began} ms`);
	};
	try {
		for (let i = 0; i < 3; i++) {
			await until(() => two.kill9(/^dure: kafka/).length > 0, { what: 'a bridge to kill' });
			await sleep(Math.random() * 600);
		}
		await timed('a bridge that was killed is back', [4, 4], [one, two]);
		three = await startDure({ env, share: lost });
		await until(async () => { const c = await countsOf([one, two, three]); return c.every((n) => n >= 2 && n <= 3); }, { ms: 60000, what: 'three to share' });
		const pids = three.pids();
		three.child.kill('SIGKILL');
		pids.forEach((p) => { try { process.kill(p.pid, 'SIGKILL'); } catch { /* gone with its master */ } });
		await timed('a host that was killed is stood in for', [4, 4], [one, two]);
		two.child.kill('SIGHUP');
		await sleep(1000);
		await timed('a host that was reloaded has its part', [4, 4], [one, two]);
		is((await two.stop()).code, 0, 'a host leaves');
		await timed('and leaves its part', [SHARDS], [one]);
	} finally {
		writing = false;
		await writer;
	}
	await until(async () => await depth() === 0, { ms: 60000, what: 'an empty outbox' });
	const first = Object.fromEntries(Array.from({ length: KEYS }, (_, k) => [`key-${k}`, []]));
	const all = () => {
		Object.values(first).forEach((list) => { list.length = 0; });
		seen.forEach((m) => first[m.key].includes(m.json.n) || first[m.key].push(m.json.n));
		return Object.values(first).every((list) => list.length === written);
	};
	await until(all, { ms: 30000, every: 200, what: 'every row on its topic' }).catch((e) => diag(e.message));
	const want = [...Array(written).keys()].join();
	is(Object.values(first).filter((list) => [...list].sort((a, b) => a - b).join() !== want).length, 0, `no message is lost (${written} rows of ${KEYS} keys, ${seen.length} messages)`);
	is(Object.values(first).filter((list) => list.some((n, i) => i > 0 && n < list[i - 1])).length, 0, 'messages of one key stay in order');
});
await done();
