#!/usr/bin/env t/lib/run
// 29-trace.t -- one analysis request from HTTP over SQL, outbox, Kafka, effects and Redis to the socket's event, as one trace: in Dure's
// store and at an OpenTelemetry collector (t/lib/collector.mjs), which goes away and comes back.
import fs from 'node:fs';
import path from 'node:path';
import { client, ioConnect } from './lib/client.mjs';
import { makeCollector } from './lib/collector.mjs';
import { background, scratchDir, startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { atEnd, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const dir = scratchDir(), errors = path.join(dir, 'errors.log');
const collector = await makeCollector(dir);
await collector.start();
const d = await startDure({ env: { TRACE_SAMPLE_RATIO: '0', TRACE_RATE: '0', TRACE_FLUSH_MS: '50', TRACE_KEEP: '5', TRACE_QUEUE: '256', LOG_ACCESS: 'true', LOG_ERROR_FILE: errors,
	OTLP_LOGS_LEVEL: 'info', OTEL_METRIC_EXPORT_INTERVAL: '1000', OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b, x-other=c' } });
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

await test('the same at the collector', async () => {
	const spans = await until(() => {
		const all = collector.spans().filter((x) => x.traceId === traceId);
		return steps.every((n) => all.some((x) => x.name === n)) && all;
	}, { ms: 15000, what: 'the whole trace at the collector' });
	const ids = new Set(spans.map((x) => x.spanId)), root = spans.find((x) => x.name === 'POST /api/analyze');
	deep(spans.filter((x) => !ids.has(x.parentSpanId)).map((x) => x.name), ['POST /api/analyze'], 'the collector has every span with the one above it');
	deep([root.parentSpanId, root.kind, root.attributes['http.route'], root.attributes['http.response.status_code']], [caller, 2, '/api/analyze', 200],
		'the request has its kind and its attributes');
	deep([...new Set(spans.map((x) => x.resource['service.instance.id'].replace(/^.*\//, '')))].sort(), ['analyzer', 'http 1', 'kafka', 'ws 1'], 'each process is an instance');
	deep([root.resource['service.name'], root.resource['deployment.environment.name']], ['dure', 'development'], 'of the service, in its environment');
	const line = await until(() => collector.logs().find((l) => l.traceId === traceId && l.attributes.route === '/api/analyze'), { what: 'the log line at the collector' });
	deep([line.body.stringValue, line.severityText, line.spanId], ['request', 'info', root.spanId], 'a log line arrives with the span that it was written in');
	deep(['requestId', 'method', 'path', 'ip', 'status'].map((k) => line.attributes[k]), ['seen-1', 'POST', '/api/analyze', '127.0.0.1', 200], "a request's log line says which");
	deep(collector.refused, [], 'nothing that was sent breaks the protocol');
	if (!collector.isReal)
		deep([collector.headers['x-tenant'], collector.headers['x-other']], ['a b', 'c'], 'OTEL_EXPORTER_OTLP_HEADERS are sent, decoded');
});

await test('metrics at the collector', async () => {
	const started = (m) => m.name === 'http_request_duration_seconds' && m.histogram.dataPoints.find((p) => collector.flat(p.attributes).route === '/api/analyze');
	const all = await until(() => collector.metrics().some(started) && collector.metrics(), { ms: 15000, what: 'the metrics at the collector' });
	const point = started(all.findLast(started)), rooms = all.find((m) => m.name === 'ws_rooms'), requests = all.findLast((m) => m.name === 'http_requests_total');
	deep([point.count, point.bucketCounts.reduce((sum, n) => sum + Number(n), 0), point.bucketCounts.length - point.explicitBounds.length], ['1', 1, 1],
		'a histogram has its observations in the buckets between its bounds');
	ok(rooms.gauge.dataPoints.length === 1 && rooms.description.length > 5, 'a gauge has its value and its help text');
	ok(requests.sum.isMonotonic && requests.sum.dataPoints.some((p) => collector.flat(p.attributes).status === '200' && p.asDouble > 0), 'a counter is a growing sum, by its labels');
	deep([...new Set(all.map((m) => m.resource['service.instance.id'].replace(/^.*\//, '')))], ['http 1'], 'one process exports those of the host');
	const shown = (await http.get('/metrics')).text.match(/^# TYPE \w+/gm).map((l) => l.slice(7)), names = new Set(all.map((m) => m.name));
	deep([...names].filter((n) => !shown.includes(n)), [], 'each is one that /metrics has');
	ok(names.size > 60, `${names.size} of them`);
	deep(collector.refused, [], 'none breaks the protocol');
});

await test('a request that fails', async () => {
	const id = 'faf7651916cd43dd8448eb211c80319c';
	await d.psql('ALTER TABLE categories RENAME TO hidden');
	const { status } = await http.get('/api/v1/categories', { headers: { ...parent('01', id), 'x-request-id': 'fails-1' } });
	await d.psql('ALTER TABLE hidden RENAME TO categories');
	const { spans } = await wholeTrace('fails-1', ['GET /api/v1/categories', 'SELECT categories']);
	deep(spans.map((x) => x.error), [String(status), 'SCHEMA_OUTDATED'], 'the spans that failed say why');
	const record = await until(() => collector.logs().find((l) => l.traceId === id && l.severityText === 'error'), { what: 'the error at the collector' });
	deep([record.spanId, record.severityNumber], [spans[1].spanId, 17], 'the error at the collector names the statement');
	const lines = fs.readFileSync(errors, 'utf8').trim().split('\n').map((l) => JSON.parse(l));
	deep([...new Set(lines.map((l) => `${l.level} ${l.environment}`))], ['error development'], 'LOG_ERROR_FILE has the errors alone');
	ok(lines.some((l) => l.traceId === id && l.msg === 'query failed'), 'with the trace that they are of');
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
await test('exemplars', async () => {
	const get = (accept) => http.get('/metrics', { headers: { accept } }).then((a) => a.text);
	const text = await get('application/openmetrics-text; version=1.0.0');
	const shown = (metric, labels) => text.match(new RegExp(`^${metric}_bucket\\{${labels}[^}]*\\} \\d+ # \\{trace_id="(\\w{32})"\\} [\\d.]+ [\\d.]+$`, 'm'))?.[1];
	is(shown('http_request_duration_seconds', 'method="POST",route="/api/analyze",status="2xx"'), traceId, 'the duration of a request has its trace as exemplar');
	is(shown('db_query_duration_seconds', 'operation="insert",table="analysis_requests"'), traceId, 'that of a statement too');
	ok(!/trace_id/.test(await get('text/plain')), "Prometheus' text format has none");
	const port = await freePort(), yml = path.join(dir, 'prometheus.yml');
	fs.writeFileSync(yml, `scrape_configs: [{job_name: dure, scrape_interval: 1s, static_configs: [{targets: ["127.0.0.1:${d.port}"]}]}]\n`);
	const prometheus = background(path.join(dir, 'prometheus.log'), 'KILL', 'prometheus', ['--enable-feature=exemplar-storage', `--config.file=${yml}`,
		`--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${path.join(dir, 'tsdb')}`]);
	atEnd(() => prometheus.kill('SIGKILL'));
	const query = `http://127.0.0.1:${port}/api/v1/query_exemplars?query=http_request_duration_seconds_bucket&start=${Date.now() / 1000 - 600}&end=${Date.now() / 1000 + 600}`;
	const stored = await until(async () => {
		const { data } = await fetch(query).then((r) => r.json()).catch(() => ({}));
		return data?.length > 0 && data;
	}, { ms: 20000, what: 'Prometheus to have exemplars' });
	ok(stored.some((s) => s.seriesLabels.route === '/api/analyze' && s.exemplars.some((e) => e.labels.trace_id === traceId)), 'a real Prometheus stores it');
});

await test('a collector that goes away', async () => {
	const count = async (name) => Number((await http.get('/metrics')).text.match(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (\\d+)`, 'm'))?.[1]);
	const flood = (tag, n) => Promise.all(Array.from({ length: n }, (_, i) => http.get('/api/v1/health/live', { headers:
		{ ...parent('01', `${tag}af7651916cd43dd8448eb211c8${String(i).padStart(5, '0')}`), 'x-request-id': `${tag}-${i}` } })));
	const timed = async (tag) => {
		const began = Date.now(), answers = await flood(tag, 600);
		return { took: Date.now() - began, good: answers.every((a) => a.status === 200) };
	};
	const usual = await timed('4');
	await collector.stop();
	const away = await timed('3');
	ok(away.good && away.took < 4 * usual.took + 1000, `requests do not wait for a collector that is away (${away.took} ms for 600, else ${usual.took})`);
	await until(() => /"the collector does not take telemetry"/.test(d.log()), { what: 'the warning' });
	ok(await until(() => count('trace_dropped_total{reason="export_behind"}'), { what: 'drops' }) > 0, 'what does not fit into the queue is dropped and counted');
	await wholeTrace('3-599', ['GET /api/v1/health/live']);
	is((await traceOf('3-599')).status, 200, "Dure's own store is not affected");
	await collector.start();
	const over = await until(() => d.log().split('\n').find((l) => /"http 1".*"the collector takes telemetry again"/.test(l)), { ms: 20000, what: 'the end of the outage in the log' });
	ok(JSON.parse(over).lost > 100, 'the log says when the outage is over, and how much is lost');
	await flood('4', 1);
	ok(await until(() => collector.spans().some((x) => x.traceId.startsWith('4af')), { ms: 20000, what: 'a span after the outage' }), 'the export goes on by itself');
	const warnings = d.log().split('\n').filter((l) => /does not take traces/.test(l)).map((l) => JSON.parse(l).service);
	is(warnings.length, new Set(warnings).size, 'each process warns once');
	ok(await count('trace_spans_total{result="exported"}') > 0 && await count('otlp_logs_total{result="exported"}') > 0, 'exports are counted');
});
await test('a Redis that goes away', async () => {
	const id = 'eaf7651916cd43dd8448eb211c80319c';
	await d.redisServer.stop();
	const { status } = await http.get('/api/analyze/result/seen-1', { headers: { ...parent('01', id), 'x-request-id': 'away-1' } });
	is(status, 200, 'a traced request is answered while Redis is away');
	await until(async () => /^trace_dropped_total\{reason="store"\} [1-9]/m.test((await http.get('/metrics')).text), { what: 'the spans to be dropped' });
	ok(await until(() => collector.spans().some((x) => x.traceId === id), { what: 'its trace' }), 'its trace is at the collector');
	await d.redisServer.start();
	await until(async () => {
		await http.get('/api/analyze/result/seen-1', { headers: { ...parent('01', id), 'x-request-id': 'back-1' } });
		return (await traceOf('back-1')).status === 200;
	}, { every: 200, what: 'traces to be stored again' });
	ok(true, 'and traces are stored again when Redis is back');
});
await done();
