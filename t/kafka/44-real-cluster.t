#!/usr/bin/env t/lib/run
// 44-real-cluster.t -- three brokers, two hosts of one Dure: replicas as the contract says, partitions and outbox shared, taken over when a host is killed, leaves
// or is replaced, and every broker restarted in turn while requests flow.
import { startKafka } from './lib/broker.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { account, startClients, startPipeline } from './lib/faults.mjs';
import { deep, diag, done, is, like, ok, test } from './lib/tap.mjs';
import { until, within } from './lib/until.mjs';

const kafka = await startKafka({ brokers: 3 });
const env = { KAFKA_BROKERS: kafka.bootstrap, ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', RESTART_BACKOFF_MAX_MS: '200', WS_ROOMS_MAX: '10000' };
const one = await startDure({ env });
like(one.cli('kafka', 'init-topics').stdout, /created/, 'the topics are made');
const pipeline = await startPipeline(kafka.bootstrap);
const two = await startDure({ env, share: one });
const http = client(one.url);
const lines = (d, text) => d.log().split('\n').filter((l) => l.includes(text)).length;

// Requests at both hosts while `change` happens: all take effect, once.
async function round(name, hosts, change = async () => {}) {
	const loads = hosts.map((d) => startClients(d, 2, 25));
	try {
		await until(() => loads.every((l) => l.acked.size >= 5), { ms: 60000, what: 'requests to flow' });
		const began = Date.now();
		await within(240000, name, change());
		const enough = loads.map((l) => l.acked.size + 5);
		await until(() => loads.every((l, i) => l.acked.size >= enough[i]), { ms: 60000, what: 'requests to flow on' });
		await Promise.all(loads.map((l) => l.stop()));
		for (const [i, load] of loads.entries()) {
			const c = await account(hosts[i], pipeline, load, 90000);
			diag(`${name}, host ${i + 1}: ${Date.now() - began} ms ${JSON.stringify(c)}`);
			deep([c.lost, c.doubled, c.untold, c.disordered], [0, 0, 0, 0], `${name}: host ${i + 1}: nothing lost, doubled, untold or out of order`);
		}
	} finally {
		await Promise.all(loads.map((l) => l.stop()));
		loads.forEach((l) => l.close());
	}
}

await test('the cluster', async () => {
	const { data } = await until(async () => {
		const { body } = await http.get('/api/kafka/status');
		return body.data.brokers.length === 3 && body.data.topics.length >= 10 && body;
	}, { ms: 30000, what: 'the status' });
	deep(data.brokers.map((b) => b.id).sort(), [1, 2, 3], 'all brokers are listed');
	deep([...new Set(data.topics.map((t) => t.replication))], [2], 'two replicas of everything');
	like(one.cli('kafka', 'topics').stdout, /analysis-requests +5 +2/, 'dure kafka topics says so too');
});
await test('two hosts', async () => {
	await until(() => lines(one, 'partitions assigned') > 0 && lines(two, 'partitions assigned') > 0, { ms: 60000, what: 'both bridges to have partitions' });
	ok(true, 'both have partitions');
	await until(async () => (await Promise.all([one, two].map((d) => client(d.url).get('/api/kafka/status')))).every((r) => r.body.data.shards.length === 4),
		{ ms: 60000, what: 'each to hold half of the outbox' });
	ok(true, 'each holds half of the outbox');
	await round('two hosts', [one, two]);
});
await test('a bridge killed', () => round('a bridge killed', [one, two], async () => one.kill9(/^dure: kafka/)));
await test('a host reloaded', () => round('a host reloaded', [one, two], async () => {
	const before = lines(two, 'partitions assigned');
	two.child.kill('SIGHUP');
	await until(() => lines(two, 'partitions assigned') > before, { ms: 60000, what: 'the new bridge to have partitions' });
}));
for (const node of kafka.nodes)
	await test(`broker ${node.id}`, () => round(`broker ${node.id} killed and started`, [one, two], async () => { await node.stop('SIGKILL'); await node.start(); }));
await test('a host leaves', async () => {
	is((await one.stop()).code, 0, 'it stops cleanly');
	await round('a host left', [two]);
});
await done();
