#!/usr/bin/env t/lib/run
// 22-guard-operators.t -- in production /metrics and the details of /health are for operators: an address of OPS_ALLOW, or METRICS_TOKEN;
// a token for front ends on another host; an origin list that means what it says.
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
	is((await web.get('/metrics')).status, 200, 'this host is an operator');
	is((await web.get('/metrics', from('10.1.2.3'))).status, 401, 'a client elsewhere is none');
	is((await web.get('/metrics', { headers: { via: '1.1 proxy' } })).status, 200, 'a trusted proxy on this host may ask for itself');
	is((await web.get('/metrics', from('10.1.2.3', { authorization: `Bearer ${token}` }))).status, 200, 'but with the token he is');
	is((await web.get('/metrics', from('10.1.2.3', { authorization: `Bearer ${token}x` }))).status, 401, 'not with another one');
	deep(shown(await web.get('/health')), details, '/health says everything to an operator');
	const r = await web.get('/health', from('10.1.2.3'));
	deep([shown(r), typeof r.body.status, r.body.info.database], [[], 'string', { status: 'up' }], 'and to others whether all is well');
	is((await web.get('/api/v1/health/ready', from('10.1.2.3'))).status, 200, 'probes go on');
	is(d.log().includes(token), false, 'the token is in no log');
	like(d.cli('config', 'dump').stdout, /^METRICS_TOKEN=\*\*\*$/m, 'nor in what is shown of the configuration');
	const near = await startDure({ share: d, http: 1, env: { ...production, METRICS_TOKEN: '', TRUSTED_PROXIES: '', OPS_ALLOW: '10.0.0.0/8' } });
	is((await client(near.url).get('/metrics')).status, 403, 'OPS_ALLOW names others');
	const proxied = await startDure({ share: d, http: 1, env: { ...production, METRICS_TOKEN: '', TRUSTED_PROXIES: '' } });
	is((await client(proxied.url).get('/metrics', { headers: { 'x-forwarded-for': '1.2.3.4' } })).status, 403, 'what a proxy that is not trusted hands on comes from nowhere');
});

await test('many ask at once', async () => {
	const asked = async () => Number((await web.get('/metrics')).text.match(/^db_query_duration_seconds_count\{operation="select",table="catalogs"\} (\d+)/m)[1]);
	const before = await asked();
	const all = await Promise.all(Array.from({ length: 200 }, () => web.get('/health')));
	deep([...new Set(all.map((r) => r.status))].length, 1, 'all hear the same');
	ok(await asked() - before < 100, 'and the database is not asked for each');
});

await test('a token for front ends on another host', async () => {
	const r = await web.get('/api/auth/csrf', { headers: { origin: 'https://front.test' } });
	like(r.body.csrfToken, /^[0-9a-f]{48}$/, 'it is given');
	deep([r.headers.get('access-control-allow-origin'), r.headers.get('access-control-allow-credentials')], ['https://front.test', 'true'], 'to an allowed origin, with credentials');
	like(r.headers.get('set-cookie'), new RegExp(`^csrf-token=${r.body.csrfToken};`), 'as the cookie has it');
	const cookie = `csrf-token=${r.body.csrfToken}; refreshToken=x`;
	is((await web.get('/api/auth/csrf', { headers: { cookie } })).body.csrfToken, r.body.csrfToken, 'a client that has one keeps it');
	is((await web.get('/api/auth/csrf', { headers: { origin: 'https://evil.test' } })).status, 403, 'not to another origin');
	const refresh = (headers) => web.post('/api/auth/refresh', undefined, { headers: { cookie, origin: 'https://front.test', ...headers } });
	deep([(await refresh({})).body.error.code, (await refresh({ 'x-csrf-token': r.body.csrfToken })).body.error.code], ['CSRF_FAILED', 'REFRESH_TOKEN_INVALID'], 'and with it a request with cookies passes');
});

await test('CORS_ORIGINS', async () => {
	const check = (env) => runCli({ PATH: process.env.PATH, ...production, ...env }, 'config', 'check');
	for (const [list, why] of [['https://a.example,*', /\* is not allowed/], ['*,https://a.example', /\* is not allowed/], ['https://a.example/', /is no origin/], ['a.example', /is no origin/], ['https://*.a.example', /is no origin/]]) {
		const r = check({ CORS_ORIGINS: list });
		ok(r.code !== 0, `refused: ${list}`);
		like(r.stdout + r.stderr, why, 'with the reason');
	}
	is(check({ CORS_ORIGINS: 'https://a.example, http://b.example:8080' }).code, 0, 'a list of origins is taken');
	const props = check({ KAFKA_PROP_linger_ms: '5', KAFKA_PROP_lingr_ms: '5', KAFKA_PROP_queue_buffering_max_messages: 'many' });
	is(props.code, 1, 'config check refuses a KAFKA_PROP_* that librdkafka does not know');
	deep(props.stderr.match(/KAFKA_PROP_\w+(?=:)/g), ['KAFKA_PROP_lingr_ms', 'KAFKA_PROP_queue_buffering_max_messages'], 'each with its name');
	like(props.stderr, /No such configuration property/, 'and the reason');
	is(check({ KAFKA_PROP_linger_ms: '5', KAFKA_PROP_fetch_min_bytes: '1' }).code, 0, 'others are taken');
	const open = await startDure({ share: d, http: 1, env: { ANALYZER: 'off' } });
	const ask = async (origin) => { const { headers: h } = await client(open.url).get('/api/v1/health/live', { headers: { origin } }); return [h.get('access-control-allow-origin'), h.get('access-control-allow-credentials')]; };
	for (const origin of ['http://localhost:5173', 'http://[::1]:3000', 'https://other.example'])
		deep(await ask(origin), [origin, 'true'], `in development CORS names the caller's origin, with credentials: ${origin}`);
	deep(await ask('null'), ['*', null], 'an opaque origin has no name: it reads without cookies');
	const flight = await fetch(`${open.url}/api/auth/login`, { method: 'OPTIONS', headers: { origin: 'https://other.example', 'access-control-request-method': 'POST' } });
	deep([flight.headers.get('access-control-allow-origin'), flight.headers.get('access-control-allow-credentials')], ['https://other.example', 'true'], 'a preflight too');
});

await done();
