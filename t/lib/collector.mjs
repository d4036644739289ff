// collector.mjs -- an OpenTelemetry collector for the tests, which writes what it takes into a file of OTLP JSON lines: the real one that
// $DURE_COLLECTOR names (`make test-collector` builds it), else a stand-in that refuses what the protocol's JSON mapping does not have.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { background, isAlive } from './dure.mjs';
import { freePort } from './ports.mjs';
import { atEnd } from './tap.mjs';
import { until } from './until.mjs';

const hex = (n) => (v) => typeof v === 'string' && v.length === n && /^[0-9a-f]+$/.test(v) && !/^0+$/.test(v);
const text = (v) => typeof v === 'string', int = Number.isInteger, nanos = (v) => /^[1-9]\d{18}$/.test(v), i64 = (v) => /^-?\d{1,19}$/.test(v);
const list = (row) => (v) => Array.isArray(v) && v.every((x) => fits(row, x));
const fits = (row, v) => (typeof row === 'function' ? row(v) : v !== null && typeof v === 'object' && !Array.isArray(v) &&
	Object.entries(v).every(([k, x]) => k in row && fits(row[k], x)) && (row.$need ?? []).every((k) => k in v));
const value = (v) => fits({ stringValue: text, intValue: i64, doubleValue: (x) => typeof x === 'number', boolValue: (x) => typeof x === 'boolean' }, v) && Object.keys(v).length === 1;
const attributes = list({ key: (v) => text(v) && v !== '', value, $need: ['key', 'value'] });
const span = { traceId: hex(32), spanId: hex(16), parentSpanId: hex(16), flags: int, name: text, kind: (v) => int(v) && v >= 1 && v <= 5, startTimeUnixNano: nanos,
	endTimeUnixNano: nanos, attributes, status: { code: (v) => v === 2, message: text },
	$need: ['traceId', 'spanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano', 'attributes'] };
const record = { timeUnixNano: nanos, severityNumber: (v) => int(v) && v >= 1 && v <= 24, severityText: text, body: value, traceId: hex(32), spanId: hex(16), flags: int,
	attributes, $need: ['timeUnixNano', 'severityNumber', 'body'] };
const scope = { name: text, version: text }, resource = { attributes };
const bodies = {
	'/v1/traces': { resourceSpans: list({ resource, scopeSpans: list({ scope, spans: list(span) }) }), $need: ['resourceSpans'] },
	'/v1/logs': { resourceLogs: list({ resource, scopeLogs: list({ scope, logRecords: list(record) }) }), $need: ['resourceLogs'] },
};

function standIn(c) {
	const server = http.createServer(async (req, res) => {
		let body = '';
		try {
			for await (const chunk of req)
				body += chunk;
		} catch {
			return;		/* stop() cut it off */
		}
		let good = req.method === 'POST' && req.headers['content-type'] === 'application/json' && req.url in bodies;
		try { good &&= fits(bodies[req.url], JSON.parse(body)); } catch { good = false; }
		c.headers = req.headers;
		if (!good)
			c.refused.push(`${req.url}: ${body.slice(0, 2000)}`);
		else
			fs.appendFileSync(c.file, `${body}\n`);
		res.writeHead(good ? 200 : 400, { 'content-type': 'application/json' }).end('{}');
	});
	return {
		start: () => new Promise((settle) => server.listen(c.port, '127.0.0.1', settle)),
		stop: () => new Promise((settle) => { server.close(settle); server.closeAllConnections?.(); }),
	};
}

function real(c, dir) {
	const config = path.join(dir, 'collector.yaml');
	let child;
	fs.writeFileSync(config, `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${c.port}"}}}}
exporters: {file: {path: ${c.file}, append: true, flush_interval: 100ms}}
service: {telemetry: {metrics: {level: none}, logs: {level: warn}}, pipelines: {traces: {receivers: [otlp], exporters: [file]}, logs: {receivers: [otlp], exporters: [file]}}}
`);
	return {
		async start() {
			child = background(path.join(dir, 'collector.log'), 'KILL', process.env.DURE_COLLECTOR, ['--config', `file:${config}`]);
			await until(() => fetch(`http://127.0.0.1:${c.port}/v1/traces`).then(() => true, () => false), { ms: 20000, what: 'the collector to listen' });
		},
		async stop() {
			if (!isAlive(child))
				return;
			child.kill('SIGKILL');
			await child.gone;
		},
	};
}

// { port, url, start(), stop(), isReal, spans(), logs(), refused, headers }; spans and logs are those in the file, each with the attributes of its resource.
export async function makeCollector(dir) {
	const c = { port: await freePort(), file: path.join(dir, 'otlp.jsonl'), refused: [], isReal: !!process.env.DURE_COLLECTOR };
	Object.assign(c, c.isReal ? real(c, dir) : standIn(c), { url: `http://127.0.0.1:${c.port}` });
	const plain = (v) => v.stringValue ?? (v.intValue !== undefined ? Number(v.intValue) : v.doubleValue ?? v.boolValue);
	const flat = (attributes = []) => Object.fromEntries(attributes.map((a) => [a.key, plain(a.value)]));
	const read = (top, mid, leaf) => (fs.existsSync(c.file) ? fs.readFileSync(c.file, 'utf8') : '').split('\n').slice(0, -1).map((l) => JSON.parse(l))
		.flatMap((x) => x[top] ?? []).flatMap((r) => r[mid].flatMap((s) => s[leaf].map((x) => ({ ...x, attributes: flat(x.attributes), resource: flat(r.resource.attributes) }))));
	c.spans = () => read('resourceSpans', 'scopeSpans', 'spans');
	c.logs = () => read('resourceLogs', 'scopeLogs', 'logRecords');
	atEnd(() => c.stop());
	return c;
}
