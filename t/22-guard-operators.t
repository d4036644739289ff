#!/usr/bin/env t/lib/run
// 22-guard-operators.t -- in production /metrics and the details of /health are for operators: an address in OPS_ALLOW, or METRICS_TOKEN;
// the CSRF token for front ends on another host; the checks of CORS_ORIGINS and KAFKA_PROP_*.
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const secret = 'a secret of the tests, of more than 32 bytes', token = 'metrics-token-of-the-tests';
const production = { NODE_ENV: 'production', JWT_SECRET: secret, CORS_ORIGINS: 'https://front.test', ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1', TRUSTED_PROXIES: '127.0.0.1' };
const d = await startDure({ http: 1, env: { ...production, METRICS_TOKEN: token } });
const web = client(d.url);
const from = (ip, headers = {}) => ({ headers: { 'x-forwarded-for': ip, ...headers } });
const details = ['version', 'environment', 'uptime', 'versions', 'processes'];
const shown = (r) => details.filter((k) => k in r.body);

await test('/metrics and /health', async () => {
	is((await web.get('/metrics')).status, 200, "/metrics answers the server's own host");
	is((await web.get('/metrics', from('10.1.2.3'))).status, 401, '/metrics answers 401 to another client');
	is((await web.get('/metrics', { headers: { via: '1.1 proxy' } })).status, 200, '/metrics answers a trusted proxy on this host');
	is((await web.get('/metrics', from('10.1.2.3', { authorization: `Bearer ${token}` }))).status, 200, '/metrics answers another client with METRICS_TOKEN');
	is((await web.get('/metrics', from('10.1.2.3', { authorization: `Bearer ${token}x` }))).status, 401, '/metrics answers 401 to a wrong token');
	deep(shown(await web.get('/health')), details, '/health reports its details to an operator');
	const r = await web.get('/health', from('10.1.2.3'));
	deep([shown(r), typeof r.body.status, r.body.info.database], [[], 'string', { status: 'up' }], '/health reports only the status to others');
	is((await web.get('/api/v1/health/ready', from('10.1.2.3'))).status, 200, 'the readiness probe answers every client');
	is(d.log().includes(token), false, 'METRICS_TOKEN is in no log');
	like(d.cli('config', 'dump').stdout, /^METRICS_TOKEN=\*\*\*$/m, 'config dump masks METRICS_TOKEN');
	const near = await startDure({ share: d, http: 1, env: { ...production, METRICS_TOKEN: '', TRUSTED_PROXIES: '', OPS_ALLOW: '10.0.0.0/8' } });
	is((await client(near.url).get('/metrics')).status, 403, '/metrics answers 403 outside OPS_ALLOW');
	const proxied = await startDure({ share: d, http: 1, env: { ...production, METRICS_TOKEN: '', TRUSTED_PROXIES: '' } });
	is((await client(proxied.url).get('/metrics', { headers: { 'x-forwarded-for': '1.2.3.4' } })).status, 403, '/metrics answers 403 to a request forwarded by an untrusted proxy');
});

await test('many concurrent health requests', async () => {
	const asked = async () => Number((await web.get('/metrics')).text.match(/^db_query_duration_seconds_count\{operation="select",table="catalogs"\} (\d+)/m)[1]);
	const before = await asked();
	const all = await Promise.all(Array.from({ length: 200 }, () => web.get('/health')));
	deep([...new Set(all.map((r) => r.status))].length, 1, '200 concurrent health requests get the same status');
	ok(await asked() - before < 100, '200 concurrent health requests share the reads of the database');
});

await test('the CSRF token for front ends on another host', async () => {
	const r = await web.get('/api/auth/csrf', { headers: { origin: 'https://front.test' } });
	like(r.body.csrfToken, /^[0-9a-f]{48}$/, 'GET /api/auth/csrf answers a token');
	deep([r.headers.get('access-control-allow-origin'), r.headers.get('access-control-allow-credentials')], ['https://front.test', 'true'], 'GET /api/auth/csrf allows a listed origin with credentials');
	like(r.headers.get('set-cookie'), new RegExp(`^csrf-token=${r.body.csrfToken};`), 'GET /api/auth/csrf sets the token as its cookie');
	const cookie = `csrf-token=${r.body.csrfToken}; refreshToken=x`;
	is((await web.get('/api/auth/csrf', { headers: { cookie } })).body.csrfToken, r.body.csrfToken, 'a client that has a CSRF token keeps it');
	is((await web.get('/api/auth/csrf', { headers: { origin: 'https://evil.test' } })).status, 403, 'GET /api/auth/csrf answers 403 to another origin');
	const refresh = (headers) => web.post('/api/auth/refresh', undefined, { headers: { cookie, origin: 'https://front.test', ...headers } });
	deep([(await refresh({})).body.error.code, (await refresh({ 'x-csrf-token': r.body.csrfToken })).body.error.code], ['CSRF_FAILED', 'REFRESH_TOKEN_INVALID'], 'a request with cookies passes with the token only');
});

await test('CORS_ORIGINS and KAFKA_PROP_*', async () => {
	const check = (env) => runCli({ PATH: process.env.PATH, ...production, ...env }, 'config', 'check');
	for (const [list, why] of [['https://a.example,*', /\* is not allowed/], ['*,https://a.example', /\* is not allowed/], ['https://a.example/', /is no origin/], ['a.example', /is no origin/], ['https://*.a.example', /is no origin/]]) {
		const r = check({ CORS_ORIGINS: list });
		ok(r.code !== 0, `config check refuses CORS_ORIGINS=${list}`);
		like(r.stdout + r.stderr, why, `config check names the reason to refuse CORS_ORIGINS=${list}`);
	}
	is(check({ CORS_ORIGINS: 'https://a.example, http://b.example:8080' }).code, 0, 'config check accepts a list of origins');
	const props = check({ KAFKA_PROP_linger_ms: '5', KAFKA_PROP_lingr_ms: '5', KAFKA_PROP_queue_buffering_max_messages: 'many' });
	is(props.code, 1, 'config check refuses a KAFKA_PROP_* that librdkafka does not know');
	deep(props.stderr.match(/KAFKA_PROP_\w+(?=:)/g), ['KAFKA_PROP_lingr_ms', 'KAFKA_PROP_queue_buffering_max_messages'], 'config check names each faulty KAFKA_PROP_*');
	like(props.stderr, /No such configuration property/, 'config check names the reason for a faulty KAFKA_PROP_*');
	is(check({ KAFKA_PROP_linger_ms: '5', KAFKA_PROP_fetch_min_bytes: '1' }).code, 0, 'config check accepts valid KAFKA_PROP_*');
	const open = await startDure({ share: d, http: 1, env: { ANALYZER: 'off' } });
	const ask = async (origin) => { const { headers: h } = await client(open.url).get('/api/v1/health/live', { headers: { origin } }); return [h.get('access-control-allow-origin'), h.get('access-control-allow-credentials')]; };
	for (const origin of ['http://localhost:5173', 'http://[::1]:3000', 'https://other.example'])
		deep(await ask(origin), [origin, 'true'], `in development CORS names the caller's origin, with credentials: ${origin}`);
	deep(await ask('null'), ['*', null], 'an opaque origin in development is allowed without credentials');
	const flight = await fetch(`${open.url}/api/auth/login`, { method: 'OPTIONS', headers: { origin: 'https://other.example', 'access-control-request-method': 'POST' } });
	deep([flight.headers.get('access-control-allow-origin'), flight.headers.get('access-control-allow-credentials')], ['https://other.example', 'true'], "a preflight in development names the caller's origin");
});

await done();
