// kafka.mjs -- an outside pipeline: kafkajs on the brokers that a Dure uses, and the schemas that neighbours are given.
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import fs from 'node:fs';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { client } from './client.mjs';
import { root } from './dure.mjs';
import { atEnd } from './tap.mjs';
import { until } from './until.mjs';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';

// The brokers' addresses, as GET /api/kafka/status tells them once the bridge is connected.
export async function brokersOf(d) {
	const status = await until(async () => {
		const { body } = await client(d.url).get('/api/kafka/status');
		return body?.data?.connected && body.data.brokers.length > 0 && body.data;
	}, { what: 'the bridge to be connected' });
	return status.brokers.map((b) => `${b.host}:${b.port}`);
}

// { send(topic, key, value, headers), sendAll(topic, messages), listen(topics) -> [{ topic, partition, offset, key, value, headers, json }] growing }
export async function outsider(brokers, name = 'outsider') {
	const kafka = new Kafka({ clientId: name, brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } });
	const producer = kafka.producer({ allowAutoTopicCreation: false });
	await producer.connect();
	atEnd(() => producer.disconnect());
	return {
		send: (topic, key, value, headers = {}) => producer.send({ topic, acks: -1,
			messages: [{ key, value: typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value), headers }] }),
		// messages of one topic in one request: [{ key, value, headers }]
		sendAll: (topic, messages) => producer.send({ topic, acks: -1, messages }),
		async listen(topics) {
			const seen = [];
			const consumer = kafka.consumer({ groupId: `${name}-${process.pid}`, maxWaitTimeInMs: 50, sessionTimeout: 10000 });
			await consumer.connect();
			atEnd(() => consumer.disconnect());
			await consumer.subscribe({ topics, fromBeginning: true });
			await consumer.run({ eachMessage: async ({ topic, partition, message }) => {
				const text = message.value.toString();
				const headers = Object.fromEntries(Object.entries(message.headers).map(([k, v]) => [k, v.toString()]));
				let json;
				try { json = JSON.parse(text); } catch { /* some are sent malformed on purpose */ }
				seen.push({ topic, partition, offset: Number(message.offset), key: message.key?.toString(), value: text, headers, json });
			} });
			return seen;
		},
	};
}

// schemaFaults(topic, value): what the schema of the topic has against it; '' when it conforms.
const ajv = formats(new Ajv({ allErrors: true, strict: false }));
const checks = new Map();
export function schemaFaults(topic, value) {
	if (!checks.has(topic))
		checks.set(topic, ajv.compile(JSON.parse(fs.readFileSync(path.join(root, 'etc/schemas', `${topic}.json`), 'utf8'))));
	return checks.get(topic)(value) ? '' : ajv.errorsText(checks.get(topic).errors);
}
export const schemaExamples = (topic) =>
	JSON.parse(fs.readFileSync(path.join(root, 'etc/schemas', `${topic}.json`), 'utf8')).examples;
