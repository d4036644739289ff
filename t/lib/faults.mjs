// faults.mjs -- requests and messages under way while something breaks, and an account of what was acknowledged and what took effect.
//
// The load: clients that ask for analyses, a pipeline (kafkajs, straight to the broker) that answers each request with progress, two
// cards and a result, and sends messages that can never be applied besides, which have no identity but their place in the log.
import { Kafka, logLevel } from 'kafkajs';
import { client, ioConnect } from './client.mjs';
import { atEnd } from './tap.mjs';
import { sleep, until } from './until.mjs';

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const CARDS = 2, WORDS = ['one', 'two'], KEYS = 4, BEHIND_MAX = 150;

export async function startPipeline(bootstrap) {
	const kafka = new Kafka({ clientId: 'pipeline', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING, requestTimeout: 4000, connectionTimeout: 2000,
		retry: { initialRetryTime: 50, maxRetryTime: 400, retries: 1000 } });
	const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
	const consumer = kafka.consumer({ groupId: `pipeline-${process.pid}`, maxWaitTimeInMs: 50, sessionTimeout: 10000, heartbeatInterval: 1000 });
	const p = { queue: [], requests: new Map(), notices: [], seen: new Set(), poison: new Map(), failed: 0, playing: true };
	const queue = p.queue;

	// A request may come twice, a notice too; each is told apart by its id.
	await producer.connect();
	await consumer.connect();
	await consumer.subscribe({ topics: ['analysis-requests', 'error-notifications'], fromBeginning: true });
	await consumer.run({ eachMessage: async ({ topic, partition, message }) => {
		const place = `${topic}:${partition}:${message.offset}`;
		if (p.seen.has(place))
			return;		// read twice by us, after a rebalance
		p.seen.add(place);
		const body = JSON.parse(message.value.toString());
		if (topic === 'error-notifications')
			return void p.notices.push(body);
		const n = p.requests.get(body.requestId) ?? 0;
		p.requests.set(body.requestId, n + 1);
		if (n === 0)
			queue.push(body);
	} });
	const messages = ({ requestId, productId }) => [
		{ topic: 'realtime-status', messages: [
			{ key: productId, value: JSON.stringify({ type: 'progress', requestId, productId, progress: 40, totalReviews: 7 }) },
			...Array.from({ length: CARDS }, (_, i) => ({ key: productId, value: JSON.stringify({ type: 'sentiment-card', requestId, productId,
				card: { id: `${requestId}-${i}`, sentiment: 'neutral', text: `card ${i}` } }) }))] },
		{ topic: 'analysis-results', messages: [{ key: productId, value: JSON.stringify({ requestId, productId, status: 'completed',
			sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: productId, keywords: WORDS, totalReviews: 7 }) }] },
	];
	// Sent again until acknowledged: the broker may hold an answer twice then. A poison is never sent again: it may be lost when not acknowledged.
	async function answer(request) {
		for (;;) {
			try {
				return await producer.sendBatch({ acks: -1, topicMessages: messages(request) });
			} catch {
				p.failed++;
				await sleep(100);
			}
		}
	}
	async function poison(n) {
		const id = `poison-${process.pid}-${n}`;
		p.poison.set(id, false);
		try {
			await producer.send({ topic: 'realtime-status', acks: -1, messages: [{ key: `key-${n % KEYS}`, value: `{"poison":"${id}"` }] });
			p.poison.set(id, true);
		} catch { p.failed++; }
	}
	let n = 0;
	const players = Array.from({ length: 4 }, async () => {
		while (p.playing) {
			const request = queue.shift();
			if (request === undefined) {
				await sleep(10);
				continue;
			}
			await answer(request);
			await poison(n++);
		}
	});
	atEnd(async () => {
		p.playing = false;
		await Promise.all(players);
		await Promise.all([consumer.disconnect(), producer.disconnect()]);
	});
	return p;
}

// Clients that ask for analyses until stop(): { acked: task -> product, refused }.
let serial = 0;
export function startClients(d, n = 3, pauseMs = 15) {
	const http = client(d.url), load = { acked: new Map(), refused: 0, told: new Set() };
	let going = true, socket;
	const subscribe = (task) => socket?.connected && socket.emit('subscribe-analysis', task);
	const listening = (async () => {
		socket = await ioConnect(d.url, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 200 });
		socket.on('connect', () => [...load.acked.keys()].filter((t) => !load.told.has(t)).forEach(subscribe));
		socket.on('analysis-update', (u) => {
			if (u.status === 'completed' && load.acked.has(u.requestId) && !load.told.has(u.requestId)) {
				load.told.add(u.requestId);
				socket.emit('unsubscribe-analysis', u.requestId);
			}
		});
	})();
	const loops = Array.from({ length: n }, async () => {
		await listening;
		while (going) {
			if (load.acked.size - load.told.size > BEHIND_MAX) {
				await sleep(50);
				continue;
			}
			const productId = `p-${process.pid}-${serial++}`;
			try {
				const { status, body } = await http.post('/api/analyze', { productId }, { timeoutMs: 8000 });
				if (status !== 200 || !body?.taskId)
					throw new Error(`${status}`);
				load.acked.set(body.taskId, productId);
				subscribe(body.taskId);
				await sleep(pauseMs);
			} catch {
				load.refused++;
				await sleep(50);
			}
		}
	});
	load.stop = async () => {
		going = false;
		await Promise.all(loops);
	};
	load.again = () => [...load.acked.keys()].filter((t) => !load.told.has(t)).forEach(subscribe);
	load.close = () => socket.disconnect();
	return load;
}

const patiently = (fn) => fn().catch(() => false);

// Wait until everything acknowledged took effect, then count: what is lost, what is doubled, and what the topics hold twice.
export async function account(d, pipeline, load, ms = 60000) {
	const tasks = [...load.acked.keys()], acked = [...pipeline.poison].filter(([, sure]) => sure).map(([id]) => id);
	const effects = () => d.psql(`SELECT t.task, coalesce(r.n, 0) AS results, coalesce(c.n, 0) AS cards, coalesce(k.n, 0) AS words FROM unnest($1::text[]) t (task)
		LEFT JOIN (SELECT task_id, count(*)::int AS n FROM analysis_results WHERE status = 'completed' GROUP BY 1) r ON r.task_id = t.task
		LEFT JOIN (SELECT task_id, count(*)::int AS n FROM emotion_cards GROUP BY 1) c ON c.task_id = t.task
		LEFT JOIN (SELECT task_id, count(*)::int AS n FROM keyword_details GROUP BY 1) k ON k.task_id = t.task`, [tasks]);
	const dead = () => d.psql(`SELECT topic, partition, "offset"::int AS offset, key, convert_from(value, 'UTF8') AS value FROM dead_letters ORDER BY id`);
	const whole = (r) => r.results >= 1 && r.cards >= CARDS && r.words >= WORDS.length;
	const place = (m) => `${m.topic}:${m.partition}:${m.offset}`;
	const began = Date.now();
	let rows = [], letters = [];

	await until(() => pipeline.queue.length === 0 && tasks.every((t) => pipeline.requests.has(t)), { ms: 180000, what: 'the pipeline to answer' }).catch(() => {});
	await until(() => patiently(async () => {
		rows = await effects();
		letters = await dead();
		const noticed = new Set(pipeline.notices.map(place)), buried = letters.map((l) => l.value).join();
		load.again();
		return rows.every(whole) && acked.every((id) => buried.includes(`"${id}"`)) && letters.every((l) => noticed.has(place(l))) && tasks.every((t) => load.told.has(t));
	}), { ms, every: 200, what: 'everything acknowledged to take effect' }).catch(() => {});

	const ids = letters.map((l) => l.value.match(/poison-\d+-\d+/)?.[0]).filter(Boolean);
	const first = new Map();		// the order of first appearance on error-notifications, by key
	pipeline.notices.forEach((m) => { if (!first.has(place(m))) first.set(place(m), m); });
	const orderOf = (list, key) => list.filter((m) => m.key === key).map(place).join();
	const keys = [...new Set(letters.map((l) => l.key))];
	return {
		requests: tasks.length, refused: load.refused, poison: acked.length,
		lost: rows.filter((r) => !whole(r)).length + acked.filter((id) => !ids.includes(id)).length + letters.filter((l) => !first.has(place(l))).length,
		doubled: rows.filter((r) => r.results > 1 || r.cards > CARDS || r.words > WORDS.length).length + (ids.length - new Set(ids).size)
			+ (letters.length - new Set(letters.map(place)).size),
		untold: tasks.filter((t) => !load.told.has(t)).length,
		disordered: keys.filter((k) => orderOf(letters, k) !== orderOf([...first.values()], k)).length,
		sentTwice: tasks.filter((t) => pipeline.requests.get(t) > 1).length, unsent: tasks.filter((t) => !pipeline.requests.has(t)).length,
		unanswered: pipeline.queue.length, ms: Date.now() - began,
	};
}
