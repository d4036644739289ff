#!/usr/bin/env t/lib/run
// 43-real-pipeline.t -- one real broker: topics made as the contract says, an analysis from request to socket, and the same over TLS
// with a login; a wrong authority or password is reported and takes nothing else down.
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { makeCertificate, password, startKafka } from './lib/broker.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { root, startDure } from './lib/dure.mjs';
import { outsider, schemaFaults } from './lib/kafka.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const kafka = await startKafka({ secure: true }), token = 'a token for the metrics of the tests';
const DAY = 24 * 3600 * 1000, HOUR = 3600 * 1000;
const contract = { 'product-search-requests': [3, DAY], 'product-search-results': [3, DAY], 'analysis-requests': [5, 7 * DAY], 'realtime-status': [5, HOUR],
	'analysis-results': [5, 30 * DAY], 'watchlist-requests': [3, 30 * DAY], 'watchlist-updates': [3, 7 * DAY], 'batch-jobs': [2, 30 * DAY],
	'batch-job-status': [2, 7 * DAY], 'error-notifications': [2, 7 * DAY] };
const d = await startDure({ env: { KAFKA_BROKERS: kafka.bootstrap, ANALYSIS_STALL_MS: '120000' } });
const http = client(d.url);
const reviews = Array.from({ length: 40 }, (_, i) => ({ id: `r${i}`, text: `정말 좋아요 ${i}` }));
async function statusOf(h, fine, what, ms = 60000) {
	let last;
	const look = async () => {
		last = (await h.get('/api/kafka/status')).body.data;
		return fine(last) && last;
	};
	return until(look, { ms, what }).catch((e) => { throw new Error(`${e.message}; the last was ${JSON.stringify(last)}`, { cause: e }); });
}
const resultOf = (dure, task) => until(async () => (await dure.psql('SELECT status, total_reviews FROM analysis_results WHERE task_id = $1', [task]))[0],
	{ ms: 60000, what: 'the result' });
async function analyse(dure, productId) {
	const h = client(dure.url);
	await h.post(`/api/products/${productId}/reviews`, reviews);
	return (await h.post('/api/analyze', { productId })).body.taskId;
}

await test('topics', async () => {
	const early = await analyse(d, 'before-the-topics');
	const made = d.cli('kafka', 'init-topics');
	is(made.code, 0, 'init-topics makes them');
	is(made.stdout.match(/created/g)?.length, 11, 'all of the contract, and order-events');
	const admin = new Kafka({ brokers: kafka.bootstrap.split(','), logLevel: logLevel.NOTHING }).admin();
	await admin.connect();
	const { topics } = await admin.fetchTopicMetadata({ topics: Object.keys(contract) });
	deep(Object.fromEntries(topics.map((t) => [t.name, t.partitions.length])), Object.fromEntries(Object.entries(contract).map(([k, v]) => [k, v[0]])), 'with their partitions');
	deep([...new Set(topics.flatMap((t) => t.partitions.map((p) => p.replicas.length)))], [1], 'with no more replicas than there are brokers');
	const { resources } = await admin.describeConfigs({ includeSynonyms: false,
		resources: Object.keys(contract).map((name) => ({ type: 2, name, configNames: ['retention.ms'] })) });
	deep(Object.fromEntries(resources.map((r) => [r.resourceName, Number(r.configEntries[0].configValue)])),
		Object.fromEntries(Object.entries(contract).map(([k, v]) => [k, v[1]])), 'with their retention');
	await admin.disconnect();
	like(d.cli('kafka', 'init-topics').stdout, /analysis-requests +is there\n/, 'a second time finds them');
	is((await resultOf(d, early)).status, 'completed', 'what was asked for before is sent then');
});

await test('the pipeline', async () => {
	const out = await outsider(kafka.bootstrap.split(','));
	const seen = await out.listen(['analysis-requests', 'realtime-status', 'analysis-results']);
	const task = await analyse(d, 'real-1');
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', task);
	const [end] = await s.next('analysis-update', (u) => u.status === 'completed', 60000);
	is(end.requestId, task, 'the socket hears of the end');
	is((await resultOf(d, task)).total_reviews, reviews.length, 'every review was counted');
	await until(() => ['analysis-requests', 'realtime-status', 'analysis-results'].every((t) => seen.some((m) => m.topic === t && m.json?.requestId === task)),
		{ ms: 60000, what: 'the messages on their topics' });
	const mine = seen.filter((m) => m.json?.requestId === task);
	is(mine.filter((m) => m.topic === 'analysis-requests').length, 1, 'one request was sent');
	is(mine.filter((m) => m.topic === 'analysis-results').length, 1, 'one result');
	is(mine.map((m) => schemaFaults(m.topic, m.json)).join(''), '', 'all conform to their schemas');
	is(new Set(mine.map((m) => m.key)).size, 1, 'all under one key');
	const tail = await d.cli('kafka', 'topics');
	like(tail.stdout, /analysis-requests +5 +1 +[1-9]/, 'dure kafka topics counts them');
});

await test('status and lag', async () => {
	const idle = await statusOf(http, (s) => s.connected && s.lag === 0 && s.outbox.depth === 0 && s.topics.length >= 10, 'no lag, an empty outbox');
	is(idle.cluster, kafka.cluster, 'the cluster is named');
	deep(idle.brokers.map((b) => `${b.host}:${b.port}`), kafka.bootstrap.split(','), 'the brokers are listed');
	is(idle.error, null, 'nothing is wrong');
	deep(idle.topics.find((t) => t.name === 'analysis-results'), { name: 'analysis-results', partitions: 5, replication: 1, lag: 0 }, 'a topic with partitions, replicas and lag');
	is(idle.topics.find((t) => t.name === 'analysis-requests').lag, null, 'no lag where Dure does not read');
	like(d.cli('kafka', 'lag').stdout, /total +0\n/, 'dure kafka lag says the same');
});

await test('a topic that is missing', async () => {
	const admin = new Kafka({ brokers: kafka.bootstrap.split(','), logLevel: logLevel.NOTHING }).admin();
	await admin.connect();
	await admin.deleteTopics({ topics: ['watchlist-requests'] });
	await until(async () => !(await admin.listTopics()).includes('watchlist-requests'), { ms: 20000, what: 'the topic to be gone' });
	await admin.disconnect();
	await d.psql(`INSERT INTO kafka_outbox (shard, topic, key, message_id, type, payload)
		SELECT n % 8, 'watchlist-requests', 'k' || n, 'm' || n, 'watch', '{}' FROM generate_series(1, 3000) n`);
	const task = await analyse(d, 'beside-the-missing');
	is((await resultOf(d, task)).status, 'completed', 'its rows, more than a batch, hold up no other');
	is((await d.psql('SELECT count(*)::int AS n FROM kafka_outbox'))[0].n, 3000, 'they wait');
	is(d.cli('kafka', 'init-topics').code, 0, 'the topic is made');
	await until(async () => (await d.psql('SELECT count(*)::int AS n FROM kafka_outbox'))[0].n === 0, { ms: 60000, what: 'an empty outbox' });
	const [{ n }] = await d.psql(`SELECT count(*)::int AS n FROM dead_letters WHERE topic = 'watchlist-requests'`);
	is(n, 0, 'then they go');
});

await d.stop();		// its analyzer would answer for those that follow

// A Dure of etc/examples/managed-stores.conf on the secure listener, but for what the provider gives; whatever is wrong there, it starts, is ready and takes
// requests. t/63-stores-tls.t has the other stores.
const hex = (c) => c.repeat(64);
const secureDure = (env) => startDure({ env: { DURE_CONF: path.join(root, 'etc/examples/managed-stores.conf'), NODE_ENV: 'production', REDIS_TLS: 'false',
	JWT_SECRET: hex('1'), JWT_REFRESH_SECRET: hex('2'), API_KEY_SECRET: hex('3'), ENCRYPTION_KEY: hex('4'), METRICS_TOKEN: token, OPS_ALLOW: '127.0.0.1,::1',
	KAFKA_BROKERS: kafka.secure, KAFKA_PROP_ssl_ca_location: kafka.ca, KAFKA_SASL_PASSWORD: password, KAFKA_GROUP_ID: `secure-${Math.random()}`, ANALYSIS_STALL_MS: '600000', ...env } });
for (const mechanism of [undefined, 'SCRAM-SHA-256', 'PLAIN'])
	await test(mechanism ?? 'the example', async () => {
		const secure = await secureDure(mechanism ? { KAFKA_SASL_MECHANISM: mechanism } : {}), what = mechanism ?? 'SCRAM-SHA-512 of the example';
		const task = await analyse(secure, `secure-${mechanism}`);
		is((await resultOf(secure, task)).total_reviews, reviews.length, `${what} over TLS: an analysis is completed`);
		like(secure.cli('kafka', 'topics').stdout, /^broker 1 at 127/, `${what} over TLS: the command line gets in too`);
		deep(JSON.parse(secure.cli('doctor', '--json').stdout).connections.kafka.error, null, `${what} over TLS: the doctor too`);
		await secure.stop();
	});
const stranger = await makeCertificate(kafka.dir, 'stranger');
for (const [what, env, why, advice] of [
	['a wrong authority', { KAFKA_PROP_ssl_ca_location: stranger.ca }, /certificate/i, /KAFKA_PROP_ssl_ca_location/],
	['a wrong name', { KAFKA_BROKERS: kafka.secure.replaceAll('127.0.0.1', 'localhost') }, /certificate|hostname/i, /names another host: use a name that it holds in KAFKA_BROKERS/],
	['a wrong password', { KAFKA_SASL_PASSWORD: 'not this one' }, /authentication|SASL/i, /user and password/],
])
	await test(what, async () => {
		const lost = await secureDure(env), h = client(lost.url);
		const answer = await h.post('/api/analyze', { productId: what });
		is(answer.status, 200, `${what}: requests are accepted`);
		const status = await statusOf(h, (s) => s.updatedAt && s.connected === false && why.test(s.error ?? '') && s.outbox.depth >= 1, `${what} to be reported`);
		like(status.error, why, `${what}: the status says why`);
		ok(!JSON.stringify(status).includes('not this one'), `${what}: without telling the secret`);
		const ready = await h.get('/api/v1/health/ready');
		is(ready.status, 200, `${what}: it stays ready`);
		is(ready.body.info.kafka.status, 'down', `${what}: health says that Kafka is down`);
		is(ready.body.info.database.status, 'up', `${what}: and nothing else`);
		// On a busy machine the probe may end before it has tried the second address of a name.
		const { error, suggestions } = await until(() => {
			const { kafka: c } = JSON.parse(lost.cli('doctor', '--json').stdout).connections;
			return why.test(c.error) && c;
		}, { ms: 60000, every: 500, what: `${what} to be told by the doctor` });
		like(error, why, `${what}: the doctor says why`);
		like(suggestions.join(' '), advice, `${what}: and what to do`);
		const metrics = await (await fetch(`${lost.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
		like(metrics, /^backend_links_up\{store="kafka"\} 0$/m, `${what}: the metrics say that Kafka is away`);
		await lost.stop();
	});
await done();
