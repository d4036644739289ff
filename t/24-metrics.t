#!/usr/bin/env t/lib/run
// 24-metrics.t -- a real Prometheus reads /metrics in both formats and loads the rules; alerts of real faults pass through it
// and a real Alertmanager to a stand-in for Slack. The copy of the rules that is tested here waits seconds instead of minutes.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { client } from './lib/client.mjs';
import { background, isAlive, root, scratchDir, startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const etc = path.join(root, 'etc/prometheus'), dir = scratchDir();
const tool = (command, args, options = {}) => {
	try {
		return execFileSync(command, args, { cwd: etc, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], ...options });
	} catch (e) {
		return `${e.stdout}${e.stderr}`;
	}
};

await test('rules and configuration', () => {
	like(tool('promtool', ['check', 'rules', 'alerts.yml']), /SUCCESS/, 'promtool accepts the alert rules');
	like(tool('promtool', ['test', 'rules', 'alerts.test.yml']), /^ {2}SUCCESS$/m, 'each alert rule fires when it should and not before');
	like(tool('promtool', ['check', 'config', '--syntax-only', 'prometheus.yml']), /SUCCESS/, 'promtool accepts the configuration of Prometheus');
	like(tool('amtool', ['check-config', 'alertmanager.yml']), /SUCCESS/, 'amtool accepts the configuration of the Alertmanager');
	const names = (text) => [...text.matchAll(/alert(?:name)?: (\w+)/g)].map((m) => m[1]);
	const tried = new Set(names(fs.readFileSync(path.join(etc, 'alerts.test.yml'), 'utf8')));
	deep(names(fs.readFileSync(path.join(etc, 'alerts.yml'), 'utf8')).filter((n) => !tried.has(n)), [], 'every alert rule has a test');
});

// The outside broker is not there, so that the outbox grows old.
const d = await startDure({ proxied: {}, env: { KAFKA_BROKERS: '127.0.0.1:1', STORE_METRICS_INTERVAL: '1s', DB_IDLE_TIMEOUT: '200', RESTART_QUARANTINE: '1',
	RESTART_BACKOFF_MAX_MS: '200' } });
const web = client(d.url, { headers: { connection: 'close' } });

await test('both formats of /metrics', async () => {
	await until(async () => /^redis_memory_used_bytes [1-9]/m.test((await web.get('/metrics')).text), { what: 'cron to read the stores' });
	const { text } = await web.get('/metrics');
	is(tool('promtool', ['check', 'metrics'], { input: text }), '', 'promtool accepts the text format');
	for (const re of [/^dure_build_info\{version="[^"]+",revision="[^"]+"\} 1$/m, /^process_start_time_seconds 1\d{9}\.\d+$/m, /^process_open_fds \d{2,}$/m,
		/^dure_process_resident_memory_bytes\{kind="http",index="1"\} \d{6,}$/m, /^postgres_connections\{state="idle"\} [1-9]/m,
		/^redis_memory_used_bytes [1-9]/m, /^backend_up\{store="kafka"\} 0$/m, /^http_request_duration_seconds_count\{method="GET",route="\/metrics",status="2xx"\} [1-9]/m])
		like(text, re, `/metrics has a line like ${re}`);
	const r = await web.get('/metrics', { headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5' } });
	is(r.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8', '/metrics answers OpenMetrics to a client that accepts it');
	like(r.text, /# TYPE http_requests counter\nhttp_requests_total\{[^]*# EOF\n$/, 'OpenMetrics has its counter names and ends with EOF');
});

const messages = [];
const slack = http.createServer((rq, answer) => {
	let text = '';
	rq.on('data', (c) => { text += c; });
	rq.on('end', () => { messages.push(JSON.parse(text)); answer.end('ok'); });
});
await new Promise((settle) => slack.listen(0, '127.0.0.1', settle));
atEnd(() => { slack.closeAllConnections(); slack.close(); });

const [promPort, alertPort] = [await freePort(), await freePort()];
const put = (name, text) => fs.writeFileSync(path.join(dir, name), text);
const started = [];
const run = (name, args) => started.push(background(path.join(dir, `${name}.log`), 'KILL', name, args, { cwd: dir }));
atEnd(() => Promise.all(started.filter(isAlive).map((c) => { c.kill('SIGKILL'); return c.gone; })));
const alerts = async () => (await (await fetch(`http://127.0.0.1:${promPort}/api/v1/alerts`)).json()).data.alerts
	.filter((a) => a.state === 'firing').map((a) => a.labels.alertname);
const expect = async (names) => {
	const lacking = () => names.filter((n) => !messages.some((m) => m.attachments[0].title.includes(n)));
	try {
		await until(() => lacking().length === 0, { ms: 45000, what: 'messages' });
	} catch (e) {
		throw new Error(`no message of ${lacking().join(', ')}; firing: ${await alerts().catch((why) => why.message)}`, { cause: e });
	}
};

await test('alerts reach Slack', async () => {
	put('alerts.yml', fs.readFileSync(path.join(etc, 'alerts.yml'), 'utf8').replace(/interval: 30s/g, 'interval: 1s').replace(/for: \d+m/g, 'for: 1s')
		.replace(/\[\d+[mhd]\]/g, '[8s]').replace('> 800e6', '> 1e6').replace('le) (rate(http_request_duration_seconds_bucket[8s]))) > 1', 'le) (rate(http_request_duration_seconds_bucket[8s]))) > 1e-6')
		.replace('> 60', '> 1').replace('process_max_fds > 0) > 0.9', 'process_max_fds > 0) > 0.0001')
		.replace('restarts_total[8s])) > 3', 'restarts_total[8s])) > 0'));
	put('prometheus.yml', fs.readFileSync(path.join(etc, 'prometheus.yml'), 'utf8').replace('scrape_interval: 15s', 'scrape_interval: 1s')
		.replace('evaluation_interval: 30s', 'evaluation_interval: 1s').replace('127.0.0.1:9093', `127.0.0.1:${alertPort}`)
		.replace("['127.0.0.1:3001']", `['127.0.0.1:${d.port}', '127.0.0.1:1']`));
	put('slack', `http://127.0.0.1:${slack.address().port}/services/x`);
	put('alertmanager.yml', fs.readFileSync(path.join(etc, 'alertmanager.yml'), 'utf8').replace('group_wait: 10s', 'group_wait: 0s').replace('group_interval: 1m', 'group_interval: 1s')
		.replace('/etc/prometheus/slack-webhook', path.join(dir, 'slack')));
	run('prometheus-alertmanager', ['--config.file=alertmanager.yml', `--web.listen-address=127.0.0.1:${alertPort}`, '--cluster.listen-address=', '--storage.path=am']);
	run('prometheus', ['--config.file=prometheus.yml', `--web.listen-address=127.0.0.1:${promPort}`, '--storage.tsdb.path=tsdb']);

	await web.post('/api/analyze', { productId: 'p1' });		// waits in the outbox
	const held = await d.hold('products'), reader = web.get('/api/v1/products?sort=newest');
	await expect(['Dure does not answer', 'Slow response time', 'High memory usage', 'Kafka connection failed', 'Messages wait for Kafka', 'File descriptors run out',
		'PostgreSQL\'s sessions wait for locks']);
	ok(true, 'alerts for a target that is down, slow answers, memory, Kafka, the outbox, descriptors and locks reach Slack');
	await held.release();
	await reader;
	d.kill9(/dure: analyzer/);
	await expect(['A process keeps dying']);
	await until(async () => { d.kill9(/dure: analyzer/); return /^process_quarantined\{kind="analyzer",index="1"\} 1/m.test((await web.get('/metrics')).text); },
		{ ms: 30000, what: 'the analyzer to be quarantined' });
	await expect(['A process is not restarted any more']);
	ok(true, 'alerts for a process that dies repeatedly and its quarantine reach Slack');
	d.redisProxy.cut();
	d.pgProxy.cut();
	const fail = setInterval(() => web.get('/api/v1/products').catch(() => {}), 200);
	atEnd(() => clearInterval(fail));
	await expect(['Database connection failed', 'Redis connection failed', 'High error rate detected', 'The error budget burns fast', 'The error budget burns']);
	clearInterval(fail);
	ok(true, 'alerts for lost PostgreSQL, lost Redis and failing requests reach Slack');
	d.pgProxy.heal();
	d.redisProxy.heal();
	const critical = messages.map((m) => m.attachments[0]).find((a) => a.title.includes('Database connection failed'));
	deep([critical.color, critical.title.split(' ')[0], critical.title_link], ['#990000', '🚨', 'etc/doc/failures.md#postgresql-is-gone'], 'a critical alert is red and links to its heading in failures.md');
	const warning = messages.map((m) => m.attachments[0]).find((a) => a.title.includes('High memory usage') && !a.title.startsWith('ℹ️'));
	deep([warning.color, warning.title.split(' ')[0]], ['#ff9900', '⚠️'], 'a warning is orange');
	await d.ready();
	await expect(['ℹ️ Database connection failed']);
	ok(true, 'a resolved alert is announced');
});

await done();
