#!/usr/bin/env t/lib/run
// 29-trace.t -- one analysis request from HTTP over SQL, outbox, Kafka, effects and Redis to the socket's event, as one trace.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { TRACE_SAMPLE_RATIO: '0', TRACE_FLUSH_MS: '50', TRACE_KEEP: '5' } });
const http = client(d.url);
const traceId = '0af7651916cd43dd8448eb211c80319c', caller = 'b7ad6b7169203331';
const parent = (flags, id = traceId) => ({ traceparent: `00-${id}-${caller}-${flags}` });
const reviews = Array.from({ length: 8 }, (_, i) => ({ text: i % 2 ? `정말 맛있어요 ${i}` : `포장이 엉망입니다 ${i}` }));
const traceOf = (id) => http.get(`/api/v1/trace/${id}`);
// The trace of a request once it has spans of all these names.
async function wholeTrace(id, names) {
	let missing = names, body;
	const look = async () => {
		const answer = await traceOf(id);
		body = answer.body;
		missing = names.filter((n) => !body.spans?.some((x) => x.name === n));
		return answer.status === 200 && missing.length === 0;
	};
	await until(look, { ms: 15000 }).catch(() => { throw new Error(`the trace of ${id} lacks ${missing.join(', ')}`); });
	return body;
}
const steps = ['POST /api/analyze', 'INSERT analysis_requests', 'wait in kafka_outbox', 'send analysis-requests', 'process analysis-requests',
	'process realtime-status', 'INSERT emotion_cards', 'process analysis-results', 'INSERT analysis_results', 'apply effects',
	'publish analysis-update', 'deliver analysis-update', 'deliver sentiment-card'];

await test('a request whose caller traces it', async () => {
	await http.post('/api/products/seen-1/reviews', reviews);
	const s = await ioConnect(d.url);
	const { body } = await http.post('/api/analyze', { productId: 'seen-1' }, { headers: { ...parent('01'), 'x-request-id': 'seen-1' } });
	await s.ask('subscribe-analysis', body.taskId);
	await s.next('analysis-update', (u) => u.status === 'completed');
	const trace = await wholeTrace('seen-1', steps);
	const { spans, timeline } = trace, by = Object.fromEntries(spans.map((x) => [x.spanId, x]));
	is(trace.traceId, traceId, 'a trace keeps the id that the caller gave it');
	deep(spans.filter((x) => !by[x.parentSpanId]).map((x) => [x.name, x.parentSpanId]), [['POST /api/analyze', caller]],
		"every span is below another of the trace, but the request, which is below the caller's");
	deep(spans.filter((x) => x.parentSpanId !== caller && x.start + 2000 < by[x.parentSpanId].start).map((x) => x.name).filter((n) => !/^wait/.test(n)), [],
		'no span begins before the one that it is below');
	const way = (span) => (by[span.parentSpanId] ? [...way(by[span.parentSpanId]), span.step] : [span.step]);
	deep(way(spans.find((x) => x.name === 'deliver sentiment-card')), ['http', 'outbox', 'kafka', 'analysis', 'kafka', 'effect', 'publish', 'fanout'],
		'the delivery of a card leads back to the request, over every process between');
	deep([...new Set(spans.map((x) => x.service))].sort(), ['analyzer', 'http 1', 'kafka', 'ws 1'], 'all processes contribute');
	const of = (name) => timeline.find((t) => t.operation === name).details;
	const root = of('POST /api/analyze'), sql = of('INSERT analysis_requests'), sent = of('send analysis-requests');
	deep([root['http.request.method'], root['http.route'], root['url.path'], root['http.response.status_code']], ['POST', '/api/analyze', '/api/analyze', 200],
		'attributes of HTTP have the names of the semantic conventions');
	deep([sql['db.system.name'], sql['db.operation.name'], sql['db.collection.name']], ['postgresql', 'INSERT', 'analysis_requests'], 'those of SQL too');
	deep([sent['messaging.system'], sent['messaging.destination.name'], sent['messaging.message.id']], ['kafka', 'analysis-requests', body.taskId], 'and those of Kafka');
	is(of('deliver sentiment-card')['dure.sockets'], 1, 'a delivery says to how many sockets');
	ok(trace.totalDuration >= timeline[0].duration && trace.bottlenecks.length > 0, 'a trace has its duration and its bottlenecks');
	deep(timeline.map((t) => t.spanId), spans.map((x) => x.spanId), 'timeline and spans are in one order');
});

await test('which requests are traced', async () => {
	const get = (id, headers = {}) => http.get('/api/analyze/status/nothing', { headers: { 'x-request-id': id, ...headers } });
	await get('no-1', parent('00'));
	await get('no-2');
	await get('no-3', { traceparent: `00-${'0'.repeat(32)}-${caller}-01` });
	await get('yes-1', parent('01', '1af7651916cd43dd8448eb211c80319c'));
	const trace = await wholeTrace('yes-1', ['GET /api/analyze/status/{productId}']);
	is(trace.timeline[0].details['http.response.status_code'], 404, 'a request that fails is traced too');
	for (const id of ['no-1', 'no-2', 'no-3', 'never-was']) {
		const { status, body } = await traceOf(id);
		deep([status, body.error?.code], [404, 'TRACE_NOT_FOUND'], `${id}: a request that is not traced is a 404 with a code of its own`);
	}
});

await test('the list, and what is kept', async () => {
	for (let i = 0; i < 8; i++)
		await http.get('/api/v1/health/live', { headers: { ...parent('01', `2af7651916cd43dd8448eb211c8031${10 + i}`), 'x-request-id': `kept-${i}` } });
	await wholeTrace('kept-7', ['GET /api/v1/health/live']);
	const { body } = await http.get('/api/v1/traces');
	deep(body.data.map((t) => t.requestId), ['kept-7', 'kept-6', 'kept-5', 'kept-4', 'kept-3'], 'the newest TRACE_KEEP are listed, newest first');
	deep([body.data[0].route, body.data[0].status, body.data[0].spans, body.data[0].durationMs > 0], ['/api/v1/health/live', 200, 1, true], 'each with route, status, spans and duration');
	is((await traceOf('seen-1')).status, 404, 'an older one is forgotten');
	deep(await Promise.all([d.redis('EXISTS', 'trace:request:seen-1', `trace:spans:${traceId}`), d.redis('HLEN', 'trace:summaries')]), [0, 5], 'with all that was stored of it');
	deep((await http.get('/api/v1/traces?route=analyze')).body.data, [], 'the list is filtered by route');
	deep((await http.get('/api/v1/traces?minMs=60000')).body.data, [], 'and by duration');
	ok(await d.redis('TTL', 'trace:ids') > 3000, 'everything expires after TRACE_TTL');
});
await done();
