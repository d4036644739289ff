// broker.mjs -- a real Apache Kafka of the test's own: one broker or three, in KRaft mode on free loopback ports.
//
//	const kafka = await startKafka({ brokers: 3 });	KAFKA_BROKERS: kafka.bootstrap
//
// secure: another listener (kafka.secure) over TLS with SASL PLAIN and SCRAM, user `dure`; kafka.ca is the file of its
// authority. proxied: another listener (kafka.proxied) that clients reach through kafka.proxy only. A test that imports this
// file is skipped where there is no Kafka to be had (t/kafka/jars says why).
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { background, isAlive, root, scratchDir } from './dure.mjs';
import { freePort, startProxy } from './ports.mjs';
import { atEnd, skipAll } from './tap.mjs';
import { until } from './until.mjs';

export const user = 'dure', password = 'a password of the tests';

function findJars() {
	if (process.env.DURE_KAFKA_JARS)
		return process.env.DURE_KAFKA_JARS;
	const r = spawnSync(path.join(root, 't/kafka/jars'), { encoding: 'utf8' });
	return r.status === 0 ? r.stdout.trim() : skipAll(r.stderr.trim() || 'no Apache Kafka');
}
const jars = findJars();

// Small: a test's broker shares two processors with everything else. `swift` leaves the compiler its second stage.
const java = (dir, heapMb, swift, ...args) => [`-Xmx${heapMb}m`, '-Xms64m', '-XX:+UseSerialGC', ...(swift ? [] : ['-XX:TieredStopAtLevel=1']),
	`-Dlog4j.configuration=file:${dir}/log4j.properties`, '-cp', `${jars}/*`, ...args];

const loggers = `log4j.rootLogger=WARN, out
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.logger.org.apache.kafka.common.network.Selector=ERROR
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1} %m%n
`;

const execute = promisify(execFile);
const run = (command, args, what) => execute(command, args).catch((e) => { throw new Error(`${what}: ${e.message}`); });

// A certificate authority, and a key with a certificate of it for 127.0.0.1, and for no name: { ca, store } in PEM.
export async function makeCertificate(dir, name = 'broker') {
	const at = (file) => path.join(dir, `${name}.${file}`);
	fs.writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1\n');
	await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Dure tests', '-keyout', at('ca.key'), '-out', at('ca.pem')], 'an authority');
	await run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-keyout', at('key'), '-out', at('csr')], 'a request');
	await run('openssl', ['x509', '-req', '-days', '2', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('ext'), '-out', at('crt')], 'a certificate');
	fs.writeFileSync(at('store.pem'), [at('key'), at('crt'), at('ca.pem')].map((f) => fs.readFileSync(f, 'utf8')).join(''));
	return { ca: at('ca.pem'), store: at('store.pem') };
}

function secureSettings(store) {
	const login = `required username="${user}" password="${password}"`;
	return {
		'listener.name.secure.ssl.keystore.type': 'PEM', 'listener.name.secure.ssl.keystore.location': store,
		'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
		'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule ${login} user_${user}="${password}";`,
		...Object.fromEntries(['256', '512'].map((bits) => [`listener.name.secure.scram-sha-${bits}.sasl.jaas.config`,
			'org.apache.kafka.common.security.scram.ScramLoginModule required;'])),
	};
}

function settingsOf(node, nodes, extra) {
	const at = node.ports, n = Math.min(3, nodes.length);
	const listeners = Object.entries(at).map(([name, port]) => `${name.toUpperCase()}://127.0.0.1:${port}`);
	const advertised = Object.entries({ ...at, ...node.advertised }).filter(([name]) => name !== 'controller');
	return {
		'process.roles': 'broker,controller', 'node.id': node.id,
		'controller.quorum.voters': nodes.map((v) => `${v.id}@127.0.0.1:${v.ports.controller}`),
		'controller.listener.names': 'CONTROLLER', 'inter.broker.listener.name': 'PLAIN', listeners,
		'advertised.listeners': advertised.map(([name, port]) => `${name.toUpperCase()}://127.0.0.1:${port}`),
		'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT,SECURE:SASL_SSL',
		'log.dirs': path.join(node.dir, 'data'), 'auto.create.topics.enable': 'false',
		'offsets.topic.replication.factor': n, 'offsets.topic.num.partitions': 3, 'min.insync.replicas': 1,
		'transaction.state.log.replication.factor': n, 'transaction.state.log.min.isr': 1, 'transaction.state.log.num.partitions': 3,
		// Generous: on a busy machine short ones end in elections without end.
		'group.initial.rebalance.delay.ms': 0, 'broker.session.timeout.ms': 9000, 'controller.quorum.request.timeout.ms': 6000,
		'controller.quorum.election.timeout.ms': 3000, 'controller.quorum.fetch.timeout.ms': 6000,
		'num.network.threads': 1, 'num.io.threads': 2, 'background.threads': 1, 'log.cleaner.dedupe.buffer.size': 4 << 20,
		'log.index.size.max.bytes': 1 << 20, ...extra,
	};
}

function makeNode(node, jvm) {
	const log = path.join(node.dir, 'kafka.log');
	const logged = () => fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '';
	node.config = path.join(node.dir, 'server.properties');
	node.log = logged;
	node.start = async () => {
		const before = logged().length;
		node.child = background(log, 'KILL', 'java', jvm('kafka.Kafka', node.config));
		await until(() => {
			if (!isAlive(node.child))
				throw new Error(`the broker ended: ${logged().slice(-3000)}`);
			return logged().slice(before).includes('Kafka Server started');
		}, { ms: 180000, every: 100, what: `broker ${node.id} to start: ${logged().slice(-3000)}` });
	};
	node.stop = async (signal = 'SIGTERM') => {
		node.child.kill(signal);
		await node.child.gone;
	};
	return node;
}

export async function startKafka({ brokers = 1, secure = false, proxied = false, heapMb = 256, swift = false, config = {} } = {}) {
	const dir = scratchDir(), nodes = [], cluster = randomBytes(16).toString('base64url');
	const jvm = (...args) => java(dir, heapMb, swift, ...args);
	const certificate = secure && await makeCertificate(dir), kafka = { dir, nodes, cluster, ca: certificate?.ca };

	fs.writeFileSync(path.join(dir, 'log4j.properties'), loggers);
	for (let id = 1; id <= brokers; id++) {
		const node = makeNode({ id, dir: path.join(dir, String(id)), ports: { plain: await freePort(), controller: await freePort() }, advertised: {} }, jvm);
		if (secure)
			node.ports.secure = await freePort();
		if (proxied) {
			node.ports.proxied = await freePort();
			node.proxy = await startProxy(node.ports.proxied);
			node.advertised.proxied = node.proxy.port;
		}
		nodes.push(node);
	}
	for (const node of nodes) {
		const settings = settingsOf(node, nodes, { ...(secure ? secureSettings(certificate.store) : {}), ...config });
		fs.mkdirSync(node.dir, { recursive: true });
		fs.writeFileSync(node.config, Object.entries(settings).map(([k, v]) => `${k}=${v}\n`).join(''));
	}
	await Promise.all(nodes.map((node) => run('java', jvm('kafka.tools.StorageTool', 'format', '-t', cluster, '-c', node.config,
			...(secure ? ['256', '512'].flatMap((bits) => ['--add-scram', `SCRAM-SHA-${bits}=[name=${user},password=${password}]`]) : [])), 'a formatted disk')));
	atEnd(async () => {
		for (const node of nodes) {
			if (node.child && isAlive(node.child))
				await node.stop('SIGKILL');
			await node.proxy?.stop();
		}
	});
	await Promise.all(nodes.map((n) => n.start()));
	const on = (name) => nodes.map((n) => `127.0.0.1:${n.advertised[name] ?? n.ports[name]}`).join();
	return Object.assign(kafka, { bootstrap: on('plain'), secure: secure && on('secure'), proxied: proxied && on('proxied'), proxy: nodes[0].proxy });
}
