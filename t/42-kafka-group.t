#!/usr/bin/env t/lib/run
// 42-kafka-group.t -- two hosts on one cluster that is none of theirs: they share partitions and outbox, and each takes over from the
// other, whether it leaves or is killed. (The cluster is a third Dure's embedded one, reached as any other is.)
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf } from './lib/kafka.mjs';
import { diag, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const cluster = await startDure({ env: { ANALYZER: 'off' } });
const brokers = (await brokersOf(cluster)).join();
const env = { KAFKA_BROKERS: brokers, ANALYZER: 'embedded', ANALYSIS_STALL_MS: '20000', RESTART_BACKOFF_MAX_MS: '200' };
const one = await startDure({ env });
const two = await startDure({ env, share: one });
const reviews = Array.from({ length: 50 }, (_, i) => ({ id: `r${i}`, text: `정말 좋아요 ${i}` }));

const assigned = (d) => d.log().split('\n').filter((l) => l.includes('"service":"kafka"') && l.includes('partitions assigned')).length;
const number = async (sql) => (await one.psql(sql))[0].n;

// Analyses asked for at both hosts: all end completed, once.
async function round(name, hosts, n = 8) {
	const tasks = [];
	for (let i = 0; i < n; i++) {
		const http = client(hosts[i % hosts.length].url);
		const productId = `${name}-${i}`;
		await http.post(`/api/products/${productId}/reviews`, reviews);
		tasks.push((await http.post('/api/analyze', { productId })).body.taskId);
	}
	const began = Date.now();
	await until(async () => (await one.psql(`SELECT count(*)::int AS n FROM analysis_results WHERE status = 'completed' AND task_id = ANY($1)`,
		[tasks]))[0].n === n, { ms: 60000, what: `${name}: all to be completed` });
	diag(`${name}: ${Date.now() - began} ms`);
	is((await one.psql('SELECT count(*)::int AS n FROM analysis_results WHERE task_id = ANY($1)', [tasks]))[0].n, n, `${name}: every analysis ends once`);
	is(await number('SELECT count(*)::int AS n FROM dead_letters'), 0, `${name}: nothing is in dead_letters`);
}

await test('both', async () => {
	await until(() => assigned(one) > 0 && assigned(two) > 0, { ms: 40000, what: 'both bridges to have partitions' });
	ok(true, 'both bridges have partitions');
	await round('both', [one, two]);
	const [{ n }] = await one.psql(`SELECT count(DISTINCT cluster)::int AS n FROM kafka_offsets`);
	is(n, 1, 'both bridges know the cluster by one name');
	like((await one.psql('SELECT DISTINCT cluster FROM kafka_offsets'))[0].cluster, /^(?!embedded)/, "the name is the cluster's own");
});
await test('one is killed', async () => {
	two.kill9(/^dure: kafka/);
	await round('killed', [one, two]);
});
await test('one leaves', async () => {
	const { code } = await one.stop();
	is(code, 0, 'a bridge that leaves the group stops cleanly');
	await round('left', [two]);
});
await done();
