#!/usr/bin/env t/lib/run
// 90-fault-kill.t -- kill -9 of each kind of process while an analysis runs: the analysis still ends with the right result, once. The clients keep
// their subscriptions as the real socket.io-client does: it reconnects, and subscribes again on connect.
import { startDure } from './lib/dure.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const count = 6000;
const words = ['정말 재미있고 감동적인 영화', '지루하고 최악이었다 돈이 아깝다', '배우들 연기가 훌륭해요 추천합니다', '스토리가 엉망이고 실망했습니다'];
const reviews = (tag) => Array.from({ length: count }, (_, i) =>
	JSON.stringify({ id: `${tag}-${i}`, text: `${words[i % words.length]} ${i}` })).join('\n');

// Small chunks, so that an analysis is long enough to be hit in its middle.
const d = await startDure({ http: 2, env: {
	ANALYZER_CHUNK: '10', ANALYZER_PROGRESS_MS: '5', ANALYSIS_STALL_MS: '1500', RESTART_BACKOFF_MAX_MS: '500',
} });
const http = client(d.url);

// A request that fails while a worker dies is repeated, as a client does.
const again = (fn, ms = 30000) => until(async () => {
	try {
		const answer = await fn();
		return answer.status < 500 ? answer : false;
	} catch {
		return false;
	}
}, { ms, what: fn.toString() });

// A running analysis of which a socket has got an update: { product, taskId, socket, seen }. Where the analysis ended before
// the socket subscribed, another one.
async function startAnalysis(kind) {
	for (let i = 0; i < 5; i++) {
		const product = `kill-${kind}-${i}`, seen = [];
		const upload = await again(() => http.post(`/api/products/${product}/reviews`, reviews(kind), { headers: { 'content-type': 'application/x-ndjson' } }));
		is(upload.body.accepted + upload.body.duplicates, count, `${kind}: every review is accepted`);
		const { taskId } = (await again(() => http.post('/api/analyze', { productId: product }))).body;
		const socket = await ioConnect(d.url, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 100 });
		socket.on('analysis-update', (u) => seen.push(u));
		socket.on('connect', () => socket.emit('subscribe-analysis', taskId));
		socket.emit('subscribe-analysis', taskId);
		await until(() => seen.some((u) => u.progress > 0), { ms: 60000, what: `${kind}: the analysis to run` });
		if (seen.every((u) => u.status !== 'completed'))
			return { product, taskId, socket, seen };
		socket.disconnect();
	}
	throw new Error(`${kind}: no analysis is still running when it is heard of`);
}

async function analyseWhileKilling(kind) {
	const { product, taskId, socket, seen } = await startAnalysis(kind);
	const killed = d.kill9(new RegExp(`^dure: ${kind}\\b`));
	ok(killed.length > 0, `${kind}: the process is killed`);

	await until(() => seen.some((u) => u.status === 'completed'), { ms: 40000, what: `${kind}: the analysis to complete` });
	const result = (await again(async () => {
		const answer = await http.get(`/api/analyze/result/${product}`);
		return answer.status === 200 ? answer : { status: 503 };
	})).body.result;
	is(result.totalReviews, count, `${kind}: every review counts once`);
	is(Math.round((result.sentiment.positive + result.sentiment.negative + result.sentiment.neutral) * 100), 10000, `${kind}: the shares add up to 100 %`);
	const rows = await d.psql('SELECT status, total_reviews FROM analysis_results WHERE task_id = $1', [taskId]);
	deep(rows, [{ status: 'completed', total_reviews: count }], `${kind}: one result row is stored`);
	const [{ cards: stored, distinct }] = await d.psql('SELECT count(*)::int AS cards, count(DISTINCT card_id)::int AS distinct FROM emotion_cards WHERE task_id = $1', [taskId]);
	ok(stored > 0 && stored === distinct, `${kind}: no card is stored twice (${stored})`);
	const finals = new Set(seen.filter((u) => u.status === 'completed').map((u) => JSON.stringify(u.results)));
	is(finals.size, 1, `${kind}: one outcome is published`);
	await until(() => d.pids().some((p) => new RegExp(`^dure: ${kind}\\b`).test(p.title) && !killed.includes(p.pid)), { ms: 15000, what: `${kind} to be replaced` });
	socket.disconnect();
	return result;
}

const reference = [];
for (const kind of ['analyzer', 'kafka', 'broker', 'ws', 'http', 'cron'])
	await test(kind, async () => {
		const { sentiment, summary } = await analyseWhileKilling(kind);
		reference.push(JSON.stringify(sentiment), summary === '' ? 'empty' : JSON.stringify(sentiment));
		await until(() => d.isReady().catch(() => false), { ms: 30000, what: 'ready again' });
	});
is(new Set(reference).size, 1, 'the same reviews get the same shares every time');
const metrics = (await http.get('/metrics')).text;
ok(/process_restarts_total\{kind="analyzer"\} [1-9]/.test(metrics), 'process_restarts_total counts the restarts');
await done();
