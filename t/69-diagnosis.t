#!/usr/bin/env t/lib/run
// 69-diagnosis.t -- what an operator asks the command line when something is wrong: dure doctor, with each store well, refused, locked out,
// silent and slow; dure top; dure explain; what the log is about.
import { execFile, execFileSync } from 'node:child_process';
import net from 'node:net';
import pg from 'pg';
import { binary, createDatabase, runCli, startDure } from './lib/dure.mjs';
import { ioConnect } from './lib/client.mjs';
import { files, read } from './lib/house.mjs';
import { freePort, startProxy } from './lib/ports.mjs';
import { atEnd, between, deep, done, is, like, ok, test, unlike } from './lib/tap.mjs';
import { sleep, slower, until } from './lib/until.mjs';

const d = await startDure({ env: { BACKUP_DIR: '/', CACHE_WARM_COUNT: '0' } });
const doctor = (env = {}, ...args) => new Promise((settle) => {
	const began = Date.now();
	execFile(binary, ['doctor', '--json', ...args.map(String)], { env: { ...d.env, ...env } }, (error, stdout) => {
		const report = JSON.parse(stdout);
		settle({ code: error?.code ?? 0, ...report, ms: Date.now() - began, find: (check) => report.findings.find((f) => f.check === check) });
	});
});
// What a busy test machine has to do with.
const busy = (f) => /^(host|disk)\.|^process\.(loop|heartbeat)|latency/.test(f.check);
const dead = await freePort();
const mute = net.createServer(() => {});
await new Promise((settle) => mute.listen(0, '127.0.0.1', settle));
atEnd(() => mute.close());

// Two that take their time begin at once: all stores silent, and a slow network to Redis.
const at = `127.0.0.1:${mute.address().port}`, limit = 3, proxy = await startProxy(d.redisServer.port);
atEnd(() => proxy.stop());
proxy.lag(1050);
const silent = doctor({ DATABASE_URL: `postgres://dure@${at}/x`, REDIS_URL: `redis://${at}`, KAFKA_BROKERS: at, DURE_RUN_DIR: '/nowhere' }, '--timeout', limit);
const late = doctor({ REDIS_URL: `redis://127.0.0.1:${proxy.port}/0` });
await Promise.all([silent, late]);

await test('all is well', async () => {
	const r = await doctor();
	deep(Object.keys(r.connections), ['postgres', 'redis', 'kafka'], 'every store is reached');
	for (const [store, c] of Object.entries(r.connections))
		deep([c.connected, c.error, c.latency > 0 && c.latency < 1000 * slower], [true, null, true], `${store} is connected, with its latency`);
	deep(r.findings.filter((f) => f.severity !== 'note' && !busy(f)), [], 'nothing is found');
	ok(r.code === 0 || r.findings.some((f) => f.severity === 'warning' && busy(f)), 'the exit status is 0');
	deep(Object.keys(r.bottlenecks), ['metrics', 'bottlenecks', 'recommendations'], 'the bottlenecks have their members');
	deep(Object.keys(r.bottlenecks.metrics).sort(), ['api', 'cpu', 'database', 'memory', 'redis'], 'and the figures theirs');
	deep(r.bottlenecks.metrics.database, [], 'no query is slow');
	between(r.bottlenecks.metrics.memory, 1, 100, 'the memory is a percentage');
	like(r.cache.hitRate, /^\d+\.\d\d%$/, 'the hit rate is a percentage too');
	deep(Object.keys(r.cache), ['hitRate', 'totalCommands', 'connectedClients', 'usedMemory', 'recommendations'], 'the cache has its members');
	ok(r.find('backup.never').severity === 'note' && r.find('redis.persistence').severity === 'note', 'what production needs is a note in development');
	is(runCli({ ...d.env, NODE_ENV: 'staging' }, 'doctor', '--json').stdout.match(/"backup.never","severity":"(\w+)"/)?.[1], 'warning', 'and a warning in production');
	const text = d.cli('doctor').stdout;
	like(text, /^Dure \S+ on \S+: 0 failures, \d+ warnings, \d+ notes\n\nSTORE +CONNECTED +LATENCY_MS +ERROR\npostgres +yes /, 'the text says the same');
	is(d.cli('doctor', '--loud').code, 64, 'an unknown option is refused');
});

await test('stores away', async () => {
	const wrong = new URL(d.databaseUrl);
	wrong.password = 'wrong';
	const cases = [
		['postgres', 'refused', { DATABASE_URL: `postgres://dure:x@127.0.0.1:${dead}/x` }, /refused/, /Start the server/, 'PostgreSQL is gone'],
		['postgres', 'a wrong password', { DATABASE_URL: wrong.href }, /password authentication failed/, /Check user and password/, 'PostgreSQL is gone'],
		['postgres', 'no such database', { DATABASE_URL: d.databaseUrl.replace(/\w+$/, 'nowhere') }, /does not exist/, /Create the database/, 'PostgreSQL is gone'],
		['redis', 'refused', { REDIS_URL: `redis://127.0.0.1:${dead}/0` }, /refused/, /Start the server/, 'Redis is gone'],
		['redis', 'a wrong password', { REDIS_URL: d.redisServer.url.replace('//', '//:wrong@') }, /password/, /Check user and password/, 'Redis is gone'],
		['kafka', 'refused', { KAFKA_BROKERS: `127.0.0.1:${dead}` }, /refused/, /Start the server/, 'Kafka is gone'],
	];
	const reports = await Promise.all(cases.map((c) => doctor(c[2])));
	for (const [i, [store, what, , error, advice, heading]] of cases.entries()) {
		const r = reports[i], c = r.connections[store], f = r.find(`${store}.connection`);
		is(c.connected, false, `${store}, ${what}: it is not connected`);
		like(c.error, error, 'the error names the cause');
		like(c.suggestions[0], advice, 'the suggestion is the one for it');
		deep([f.severity, f.heading, r.code], ['failure', heading, 2], 'it is a failure, under its heading');
		ok(Object.entries(r.connections).every(([s, o]) => s === store || o.connected), 'the other stores are reached all the same');
	}
	const bad = await doctor({ PORT: 'loud' });
	like(bad.find('conf.valid').message, /PORT/, 'a bad configuration is a finding');
});

await test('stores that do not answer', async () => {
	const r = await silent;
	deep(Object.values(r.connections).map((c) => c.connected), [false, false, false], 'all three are silent');
	for (const [store, c] of Object.entries(r.connections))
		like(c.suggestions[0], /Check firewalls/, `${store}: the suggestion is the one for a time-out (${c.error})`);
	is(r.find('server.running').severity, 'failure', 'that no server runs is found besides');
	between(r.ms, 0, limit * 1000 + 2000 * slower, 'the time-out bounds it');
});

await test('a slow network', async () => {
	const { connections, bottlenecks } = await late;
	between(connections.redis.latency, 1000, 2500, 'the latency is measured');
	deep(connections.redis.suggestions, ['High latency detected', 'Check network connection', 'Consider using connection pooling'], 'the suggestions are those for it');
	ok(bottlenecks.bottlenecks.some((b) => /High latency/.test(b)) && bottlenecks.recommendations.includes('Check network connection'), 'it is a bottleneck');
});

await test('inside PostgreSQL', async () => {
	const other = new pg.Client({ connectionString: d.databaseUrl, application_name: 'forgotten' });
	await other.connect();
	await other.query('BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE');
	const waiting = d.psql('SELECT count(*) FROM products'), slow = d.psql('SELECT pg_sleep(4)');
	await d.psql(`INSERT INTO dead_letters (topic, partition, "offset", reason) VALUES ('realtime-status', 0, 1, 'no such request')`);
	await d.psql(`INSERT INTO cron_runs (job, ran_at) VALUES ('backup', now() - interval '3 days')`);
	await d.psql(`INSERT INTO app_logs (level, service, host, doc) SELECT 'error', 'http 1', 'a', '{"msg":"it broke"}' FROM generate_series(1, 12)`);
	await sleep(2300);
	const r = await doctor();
	await other.query('ROLLBACK');
	await Promise.all([waiting, slow, other.end()]);
	for (const [check, severity, message] of [['postgres.locks', 'warning', /waits \d+ s for .*forgotten.*: SELECT count/], ['postgres.query', 'warning', /pg_sleep/],
		['kafka.dead_letters', 'warning', /1 of realtime-status \(no such request\)/], ['backup.age', 'warning', /72 hours/], ['logs.errors', 'warning', /12 in ten minutes, most often: it broke/]]) {
		is(r.find(check)?.severity, severity, `${check} is found`);
		like(r.find(check)?.message, message, 'with its detail');
	}
	ok(r.bottlenecks.metrics.database.some((q) => /pg_sleep/.test(q.query) && q.duration > 100), 'the slow query is among the figures');
	ok(r.code >= 1, 'the exit status tells');
	const bare = await doctor({ DATABASE_URL: await createDatabase({ template: '' }) });
	like(bare.find('postgres.migrations').message, /0001_create_products/, 'missing migrations are found');
});

await test('dure top', async () => {
	const once = d.cli('top', '--once');
	is(once.code + once.stderr, '0', 'dure top --once');
	like(once.stdout, /^Dure \S+ on \S+, running, port \d+.*\nrequests [\d.]+\/s +deliveries [\d.]+\/s +sockets 0 .*\ncpu [\d.]+ %.*\noutbox 0, .* lag 0 .*\n\nPROCESS +PID/, 'it has the figures of the host');
	for (const title of ['http 1', 'ws 1', 'kafka', 'cron'])
		like(once.stdout, new RegExp(`^${title} +\\d+ +ready +[\\d.]+ `, 'm'), `and the row of ${title}`);
	unlike(once.stdout, /\x1b/, 'without colours');
	is(d.cli('top', '-n', '2').stdout.match(/^PROCESS/gm).length, 2, '-n counts the pictures');
	deep([d.cli('top', '-n', '0').code, runCli({ ...d.env, DURE_RUN_DIR: '/nowhere' }, 'top').code], [64, 3], 'wrong usage and no server have their exit status');

	// A terminal of its own: a server of tmux, with the figures that a socket and requests make.
	const tmux = (...args) => execFileSync('tmux', ['-L', `dure-${process.pid}`, ...args], { encoding: 'utf8', env: { ...d.env, TERM: 'xterm-256color' } });
	const screen = (...args) => tmux('capture-pane', '-p', '-t', 'top', ...args);
	const socket = await ioConnect(d.url), load = setInterval(() => fetch(`${d.url}/api/v1/health/live`).catch(() => {}), 20);
	atEnd(() => { clearInterval(load); socket.disconnect(); });
	tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'top', '-x', '100', '-y', '20', `'${binary}' top; echo "ended with $?"; exec sleep 60`);
	atEnd(() => { try { tmux('kill-server'); } catch {} });
	await until(() => /sockets 1 /.test(screen()) && /requests [1-9][\d.]*\/s/.test(screen()), { ms: 20000, what: 'the socket and the requests' });
	ok(true, 'on a terminal the picture shows the socket and the rate of requests');
	like(screen(), /q quits\n*$/, 'with how to leave it');
	like(screen('-e'), /\x1b\[1mPROCESS/, 'in colour');
	tmux('resize-window', '-t', 'top', '-x', '60', '-y', '10');
	const fits = (lines) => lines.length === 10 && lines.every((l) => l.length <= 60) && /^Dure /.test(lines[0]) && /^q quits/.test(lines[9]);
	await until(() => fits(screen().trimEnd().split('\n')), { what: 'the smaller picture' });
	ok(true, 'a smaller terminal cuts it, and it does not scroll');
	tmux('send-keys', '-t', 'top', 'q');
	await until(() => /ended with 0/.test(screen()), { what: 'the end' });
	unlike(screen(), /PROCESS/, 'q ends it, and the terminal is as it was');
});

await test('dure explain', async () => {
	await d.psql('CREATE TABLE shelf AS SELECT i AS id, i % 97 AS kind, md5(i::text) AS label FROM generate_series(1, 30000) i; ANALYZE shelf');
	const explain = (...args) => d.cli('explain', ...args), report = (sql) => JSON.parse(explain('--json', sql).stdout);
	const r = report("SELECT * FROM shelf WHERE label = 'x'");
	deep(Object.keys(r), ['totalTime', 'planning', 'execution', 'scans', 'suggestions'], 'the report has its members');
	ok(r.execution > 0 && Math.abs(r.totalTime - r.planning - r.execution) < 0.01, 'the times add up');
	deep(r.scans.map((s) => [s.type, s.relation, s.rows, s.removed]), [['Seq Scan', 'shelf', 0, 30000]], 'the scan is listed');
	like(r.suggestions[0], /an index on the condition .*\(shelf\): \(label = 'x'::text\)/, 'and the index that is missing is named');
	await d.psql('CREATE INDEX shelf_label ON shelf (label)');
	const indexed = report("-- a comment\n WITH x AS (SELECT * FROM shelf WHERE label = 'x') SELECT * FROM x;");
	deep([indexed.scans[0].index, indexed.suggestions], ['shelf_label', []], 'with the index there is nothing to suggest');
	like(report('SELECT label FROM shelf ORDER BY label DESC, kind OFFSET 29999').suggestions.join(), /whole table is read/, 'a read of everything is told');
	like(explain('SELECT count(*) FROM shelf').stdout, /^[\d.]+ ms: [\d.]+ planning, [\d.]+ execution\n\nSCAN +RELATION/, 'the text says the same');
	for (const [sql, why] of [['DELETE FROM shelf', /only SELECT and WITH/], ['selection', /only SELECT and WITH/], ['EXPLAIN SELECT 1', /only SELECT and WITH/],
		['SELECT 1; DELETE FROM shelf', /multiple commands/], ['SELECT 1; COMMIT; DELETE FROM shelf', /multiple commands/], ["WITH x AS (DELETE FROM shelf RETURNING 1) SELECT * FROM x", /data-modifying/],
		['SELECT * INTO other FROM shelf', /INTO/i], ['SELECT * FROM shelf FOR UPDATE', /read-only transaction/], ["SELECT set_config('transaction_read_only', 'off', false)", /must be set before any query/],
		['SELECT * FROM shelf WHERE id = $1', /requires 1\nPut values/], ['SELECT nonsense', /does not exist/]]) {
		const refused = explain(sql);
		ok(refused.code !== 0 && why.test(refused.stderr), `refused: ${sql}`, refused.stderr);
	}
	like(explain('--timeout', '1', 'SELECT pg_sleep(30)').stderr, /statement timeout/, 'a query that takes too long is cancelled');
	is((await d.psql('SELECT count(*)::int AS n FROM shelf'))[0].n, 30000, 'nothing was changed');
	is(explain().code, 64, 'without a query the usage is printed');
});

await test('what the log is about', async () => {
	const at = '2026-01-31T09:08:07Z', later = '2026-01-31T10:30:00Z';
	const lines = [['error', 'connect ECONNREFUSED: Connection refused', at], ['warn', 'redis cannot be reached', at], ['error', 'statement timeout', at], ['error', 'out of memory', at],
		['error', 'Too many requests to the API', later], ['error', 'SQLSTATE 23505', later], ['error', 'something else', later], ['error', 'something else', later], ['error', 'something else', later]];
	for (const [level, msg, time] of lines)
		await d.psql("INSERT INTO app_logs (level, service, host, doc, created_at) VALUES ($1, 'http 1', 'elsewhere', jsonb_build_object('msg', $2::text), $3)", [level, msg, time]);
	const args = ['logs', '--analyze', '--host', 'elsewhere', '--since', '2026-01-31T00:00:00Z', '--until', '2026-02-01T00:00:00Z'];
	const a = JSON.parse(d.cli(...args, '--json').stdout);
	deep(a.topErrors.map((e) => [e.pattern, e.count]), [['Other', 3], ['Connection Refused', 2], ['Timeout', 1], ['Memory Error', 1], ['Rate Limit', 1], ['Database Error', 1]], 'each line belongs to a pattern');
	deep([a.topErrors[0].message, a.topErrors[0].lastSeen, a.totalErrors], ['something else', '2026-01-31T10:30:00.000Z', 9], 'with the commonest message and the last time');
	deep(a.errorsByHour, { '2026-01-31T09': 4, '2026-01-31T10': 5 }, 'they are counted by hour');
	is(a.suggestions.length, 6, 'each pattern has its advice');
	is(JSON.parse(d.cli(...args, '--level', 'error', '--json').stdout).totalErrors, 8, 'errors alone on demand');
	like(d.cli(...args).stdout, /^9 warnings and errors\nPATTERN +COUNT +LAST +MOST OFTEN\nOther +3 +2026/, 'the text says the same');
	const r = await fetch(`${d.url}/api/v1/logs/analysis?host=elsewhere&since=2026-01-31`);
	deep([r.status, (await r.json()).data], [200, a], 'the route gives the same');
	deep(JSON.parse(d.cli('logs', '--analyze', '--host', 'nowhere', '--json').stdout), { topErrors: [], errorsByHour: {}, totalErrors: 0, suggestions: [] }, 'no line: nothing');
});

await test('Redis under pressure', async () => {
	await d.redis('CONFIG', 'SET', 'maxmemory', '1000000');
	await d.redis('CONFIG', 'RESETSTAT');
	await Promise.all(Array.from({ length: 1100 }, () => d.redisServer.client.get('nothing')));
	const r = await doctor();
	await d.redis('CONFIG', 'SET', 'maxmemory', '0');
	like(r.find('redis.memory').message, /nearly full: .*noeviction/, 'a full Redis is found');
	like(r.find('redis.hits').message, /often: \d+\.\d\d% of \d+ reads/, 'many misses are found');
	is(r.cache.recommendations.length, 4, 'with four pieces of advice');
});

await test('a process that dies', async () => {
	for (let i = 0; i < 3; i++) {
		await d.ready();
		d.kill9(/: analyzer/);
		await until(() => JSON.parse(d.cli('status', '--json').stdout).processes.some((p) => p.kind === 'analyzer' && p.restarts > i), { ms: 30000, what: 'its successor' });
	}
	const r = await doctor();
	like(r.find('process.restarts')?.message ?? r.find('process.quarantined')?.message, /again: analyzer was replaced 3 times|started again: analyzer/, 'a process that dies again and again is found');
});

await test('the document', async () => {
	const headings = [...read('etc/doc/failures.md').matchAll(/^## (.*)$/gm)].map((m) => m[1]);
	const sources = files().filter((f) => /^master\/cmd\/(cmd_)?doctor/.test(f)).map(read).join('\n');
	const told = [...sources.matchAll(/\.heading = "([^"]+)"/g)].map((m) => m[1]);
	ok(told.length > 40, `${told.length} checks name a heading`);
	deep([...new Set(told)].filter((h) => !headings.includes(h)), [], 'each is in etc/doc/failures.md');
});

await done();
