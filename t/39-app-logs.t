#!/usr/bin/env t/lib/run
// 39-app-logs.t -- warnings and errors of all processes in app_logs: content, access, and operation without PostgreSQL.
import { account } from './lib/account.mjs';
import { metric } from './lib/answers.mjs';
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const quiet = { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0', RESTART_BACKOFF_MAX_MS: '500' };
const d = await startDure({ proxied: true, env: { ...quiet, NODE_ENV: 'test', LOG_ACCESS: 'true', APP_LOGS_LEVEL: 'info', APP_LOGS_RATE: '10000' } });
const web = client(d.url), admin = await account(d, 'admin@example.com', { role: 'admin' }), kim = await account(d, 'kim@example.com');
const logs = async (query = '') => (await web.get(`/api/v1/logs?${query}`, { token: admin.token })).body;
// The bridge refuses what makes no sense, and warns of it.
const warn = (x, id, text = '[') => x.redisServer.client.call('PUBLISH', Buffer.from(`analysis_updates:${id}`, 'latin1'), text);
const listening = (x, n = 3) => until(async () => (await x.redis('PUBSUB', 'NUMPAT')) >= n, { what: 'the bridge to listen' });
const line = (query, what) => until(async () => (await logs(query)).data?.[0], { ms: 30000, what });
await listening(d);

await test('a line', async () => {
	await warn(d, 'x1');
	const l = await line('q=x1', 'the warning');
	deep([l.level, l.service, l.message, l.details.id], ['warn', 'kafka', 'message on a channel refused', 'x1'], 'the row has message and fields');
	ok(d.pids().some((p) => p.pid === l.pid), 'the row has the process');
	between(Date.parse(l.time), Date.now() - 60000, Date.now(), 'the row has the time');
	ok(l.host.length > 0, 'the row has the host');
	is((await d.psql('SELECT tableoid::regclass::text AS t FROM app_logs LIMIT 1'))[0].t, `app_logs_${new Date().toISOString().slice(0, 7).replace('-', '')}`, 'the row is in the partition of its month');
});

await test('every process', async () => {
	const [pid] = d.kill9(/: ws/);
	const l = await line(`service=master&q=${pid}`, "the master's word");
	like(l.message, /^process/, `the master writes to app_logs: ${l.message}`);
	await d.ready();
	await until(async () => new Set((await logs('limit=200')).data.map((x) => x.service.split(' ')[0])).size >= 5, { ms: 30000, what: 'master, http, ws, kafka and cron' });
	ok(true, 'every kind of process writes to app_logs');
});

await test('no secrets, no addresses', async () => {
	await warn(d, 'password=hunter2&x2');
	const l = await line('q=x2', 'the warning');
	ok(!JSON.stringify(l).includes('hunter2'), 'app_logs masks secrets');
	await warn(d, 'x3\xff\xfe');
	like((await line('q=x3', 'the warning')).details.id, /^x3/, 'invalid UTF-8 does no harm');
	await web.get('/api/v1/users/me', { token: kim.token, headers: { 'x-request-id': 'the-request-of-kim' } });
	const r = await line('requestId=the-request-of-kim', 'the access line');
	deep([r.userId, r.details.route, r.details.ip, r.details.user], [kim.id, '/api/v1/users/me', '127.0.***.***', undefined], 'the user id has its column, and the IP address is masked');
	await web.post('/api/auth/login', { email: 'kim@example.com', password: 'wrong' });
	await until(async () => (await d.psql("SELECT FROM security_logs WHERE event_type = 'failed_login'")).length > 0, { what: 'the security event' });
	deep((await logs('q=failed_login')).data, [], 'security events are in security_logs only');
	is((await web.del('/api/v1/privacy/account', { password: kim.password }, { token: kim.token })).status, 200, 'an account is erased');
	deep(await d.psql("SELECT seq FROM app_logs WHERE user_id = $1 AND doc->>'route' LIKE '%me'", [kim.id]), [], "an erased account's lines are erased");
});

await test('filters', async () => {
	deep([...new Set((await logs('level=warn&limit=200')).data.map((l) => l.level))].filter((l) => !['warn', 'error'].includes(l)), [], 'a level includes those above it');
	const first = await logs('limit=2'), second = await logs(`limit=2&cursor=${first.nextCursor}`);
	ok(first.data[1].id > second.data[0].id && first.data[0].id > first.data[1].id, 'the list is paged, newest first');
	deep((await logs(`until=${encodeURIComponent('2020-01-01T00:00:00Z')}`)).data, [], 'lines are found by time');
	is((await web.get('/api/v1/logs?level=loud', { token: admin.token })).status, 400, 'an unknown level is refused');
	is((await web.get('/api/v1/logs?since=yesterday', { token: admin.token })).status, 400, 'a malformed time is refused');
	is((await web.get('/api/v1/logs')).status, 401, 'GET /api/v1/logs answers 401 without an admin');
	const cli = (...args) => runCli({ ...d.env, DATABASE_URL: d.databaseUrl }, ...args);
	const out = cli('logs', '--level', 'warn', '--service', 'kafka', '-n', '2');
	is(out.code + out.stderr, '0', 'dure logs succeeds');
	like(out.stdout, /^(\S+Z warn  kafka@\S+: message on a channel refused \{.*\}\n){2}$/, 'dure logs prints the lines');
	is(JSON.parse(cli('logs', '--grep', 'x1', '--level', 'warn', '--json').stdout).details.id, 'x1', 'dure logs prints JSON too');
	is(cli('logs', '--loud').code, 64, 'dure logs prints its usage');
});

await test('PostgreSQL down', async () => {
	d.pgProxy.cut();
	await until(() => /postgres.*(lost|down|connect)/i.test(d.log()), { what: 'the loss to be noticed' });
	const [pid] = d.kill9(/: ws/);
	await until(() => new RegExp(`"process died".*${pid}|${pid}.*died`).test(d.log()), { ms: 60000, what: 'the log file to have a line' });
	deep(await d.psql("SELECT seq FROM app_logs WHERE level = 'error' AND doc->>'child' = $1", [pid]), [], 'the table lacks the line meanwhile');
	d.pgProxy.heal();
	await line(`service=master&level=error&q=${pid}`, 'the table to have it');
	ok(true, 'queued lines are written when PostgreSQL is back');
	await d.ready();
});

await test('a missing table', async () => {
	const dropped = await metric(web, 'app_logs_total', /dropped/), before = d.log().length;
	await d.psql('ALTER TABLE app_logs RENAME TO app_logs_away');
	await warn(d, 'lines are dropped');
	await until(async () => await metric(web, 'app_logs_total', /dropped/) > dropped, { ms: 30000, what: 'the line to be given up' });
	await d.psql('ALTER TABLE app_logs_away RENAME TO app_logs');
	const refusals = d.log().slice(before).split('\n').filter((l) => /app_logs.* does not exist/.test(l)).length;
	between(refusals, 1, 3, 'the refusal is logged without feedback');
});

await test('bounds', async () => {
	const small = await startDure({ env: { ...quiet, APP_LOGS_RATE: '1' } }), there = client(small.url);
	await listening(small);
	for (let i = 0; i < 100; i++)
		await warn(small, `many-${i}`);
	await until(() => small.log().includes('"many-99"'), { ms: 60000, what: 'the log file to have them' });
	await until(async () => await metric(there, 'app_logs_total', /dropped/) >= 50, { ms: 30000, what: 'most to be left out' });
	const kept = () => small.psql("SELECT FROM app_logs WHERE doc->>'id' LIKE 'many-%'").then((r) => r.length);
	await until(kept, { ms: 30000, what: 'some to be kept' });
	between(await kept(), 1, 50, 'a process may write no more than its rate');
	deep((await small.psql("SELECT DISTINCT level FROM app_logs WHERE level NOT IN ('warn', 'error')")), [], 'the default is warnings and errors');
	const off = await startDure({ env: { ...quiet, APP_LOGS_LEVEL: 'off' }, share: small });
	await warn(off, 'nobody');
	await until(() => off.log().includes('"nobody"') || small.log().includes('"nobody"'), { what: 'the log file to have it' });
	is(await metric(client(off.url), 'app_logs_total', /./), 0, 'APP_LOGS_LEVEL=off disables app_logs');
});

await done();
