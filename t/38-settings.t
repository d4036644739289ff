#!/usr/bin/env t/lib/run
// 38-settings.t -- runtime settings: maintenance, registration, analyses; on all hosts, with and without Redis.
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const env = { NODE_ENV: 'test', ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', ARGON2_MEMORY_BYTES: '65536', SETTINGS_POLL_MS: '3600000' };
const d = await startDure({ env, http: 2, proxied: true });
const second = await startDure({ env: { ...env, SETTINGS_POLL_MS: '200' }, share: d });
const [here, there] = [client(d.url), client(second.url)];
const admin = await account(d, 'admin@example.com', { role: 'admin' }), kim = await account(d, 'kim@example.com');
const as = (who) => ({ token: who.token });
const set = (changes, who = admin) => here.patch('/api/v1/settings', changes, as(who));
const values = async () => Object.fromEntries((await here.get('/api/v1/settings', as(admin))).body.data.map((s) => [s.key, s.value]));
// Every worker of both hosts answers so.
const everywhere = (ask, want) => until(async () => {
	for (const web of [here, here, here, here, here, here, there])
		if (await ask(web) !== want)
			return false;
	return true;
}, { ms: 30000, what: `${ask} to be ${want} everywhere` });
const fresh = { headers: { connection: 'close' } };
const me = (web) => web.get('/api/v1/users/me', { ...fresh, ...as(kim) }).then((r) => r.status);

await test('access', async () => {
	deep(await values(), { maintenance: 'off', maintenanceMessage: null, maintenanceRetryAfter: 60, registrationOpen: true, analysisOpen: true, classificationOpen: true }, 'an admin sees the defaults');
	for (const [who, status] of [[kim, 403], [{}, 401]])
		deep([(await here.get('/api/v1/settings', as(who))).status, (await set({ maintenance: 'full' }, who)).status], [status, status], 'other users see nothing');
	const bad = await set({ maintenance: 'perhaps', analysisOpen: 'yes', maintenanceRetryAfter: 0, registrationOpen: false });
	deep([bad.status, bad.body.error.details.map((f) => f.field).sort()], [400, ['analysisOpen', 'maintenance', 'maintenanceRetryAfter']], 'invalid values are refused, every fault named');
	is((await values()).registrationOpen, true, 'valid values beside them are refused too');
});

await test('maintenance', async () => {
	const s = await ioConnect(d.url);
	is((await set({ maintenance: 'full', maintenanceMessage: '밤 열두 시까지 점검합니다.', maintenanceRetryAfter: 120 })).status, 200, 'maintenance begins');
	await everywhere(me, 503);
	const r = await here.get('/api/v1/users/me', as(kim));
	deep([r.body.error.code, r.body.error.message, r.headers.get('retry-after')], ['MAINTENANCE', '밤 열두 시까지 점검합니다.', '120'], 'users get the message and Retry-After');
	is((await here.get('/api/v1/settings', as(admin))).status, 200, 'admins are served');
	deep([(await here.get('/api/v1/health/ready')).status, (await here.get('/metrics')).status, (await here.get('/')).status], [200, 200, 200], 'health, metrics and pages are served');
	is((await here.post('/api/auth/login', { email: 'x@example.com', password: 'wrong' })).status, 401, 'logins are served, for admins');
	ok(s.connected, 'sockets stay connected during maintenance');
	await set({ maintenance: 'read-only', maintenanceMessage: null });
	await everywhere(me, 200);
	const w = await here.post('/api/analyze', { productId: 'p' }, { ...as(kim), language: 'en' });
	deep([w.status, w.body.error.message], [503, 'The service is being maintained; try again later.'], 'read-only maintenance refuses changes');
	is((await set({ maintenance: null, maintenanceRetryAfter: null })).body.data[0].value, 'off', 'null restores the default');
	await everywhere((web) => web.post('/api/analyze', { productId: 'p' }, { ...fresh, ...as(kim) }).then((x) => x.status), 200);
	is((await d.psql('SELECT count(*)::int AS n FROM system_config'))[0].n, 0, 'a default has no row');
});

await test('registration and analyses', async () => {
	const account = { email: 'new@example.com', password: 'Correct-horse-1', confirmPassword: 'Correct-horse-1' };
	await set({ registrationOpen: false, analysisOpen: false });
	const start = (web) => web.post('/api/analyze', { productId: 'q' }, fresh).then((r) => r.body.error?.code);
	await everywhere(start, 'ANALYSIS_PAUSED');
	const begun = () => d.psql("SELECT user_count FROM analysis_requests WHERE product_id = 'q'");
	const before = await begun();	// by workers that had not heard yet
	is((await here.post('/api/kafka/analysis/realtime', { productId: 'q' })).body.error.code, 'ANALYSIS_PAUSED', 'requests over the topics are paused too');
	is((await here.post('/api/kafka/analysis/multi-batch', { productIds: ['q'], schedule: 'daily' }, as(kim))).body.error.code, 'ANALYSIS_PAUSED', 'scheduled jobs are paused too');
	deep(await begun(), before, 'no analysis was started');
	const r = await here.post('/api/auth/register', account);
	deep([r.status, r.body.error.code], [403, 'REGISTRATION_CLOSED'], 'registrationOpen=false refuses a registration');
	is((await here.post('/api/auth/register', account, as(admin))).status, 201, 'admins still create accounts');
	await set({ registrationOpen: true, analysisOpen: true });
	await everywhere(start, undefined);
});

await test('the record of a change', async () => {
	const [row] = (await here.get('/api/v1/settings', as(admin))).body.data.filter((s) => s.key === 'analysisOpen');
	deep([row.updatedBy, typeof row.updatedAt], [admin.id, 'string'], 'a setting has its author and time');
	const events = await d.psql("SELECT user_id, details FROM security_logs WHERE event_type = 'setting_changed' ORDER BY id");
	deep(events[0] && [events[0].user_id, events[0].details.setting, events[0].details.value], [admin.id, 'maintenance', 'full'], 'every change is a security event');
});

await test('without Redis', async () => {
	d.redisProxy.cut();
	await set({ maintenance: 'full' });
	await until(async () => await me(there) === 503, { ms: 30000, what: 'the other host to look by itself' });
	d.redisProxy.heal();
	await everywhere(me, 503);
	ok(true, 'a host that missed a change reads it when Redis is back');
	await set({ maintenance: 'off' });
	await everywhere(me, 200);
});

await test('a table of another version', async () => {
	await d.psql(`INSERT INTO system_config (key, value) VALUES ('fromTheFuture', '{"x":1}')`);
	await set({ registrationOpen: false });
	let n = 0;
	const r = () => here.post('/api/auth/register', { email: `z${n++}@example.com`, password: 'Correct-horse-1', confirmPassword: 'Correct-horse-1' });
	ok(await until(async () => (await r()).status === 403, { what: 'registration to be closed' }), 'an unknown key is ignored');
	await d.psql(`UPDATE system_config SET value = '"maybe"' WHERE key = 'registrationOpen'`);
	await set({ analysisOpen: true });
	is((await r()).status, 403, 'an invalid value changes nothing');
	await until(() => /system_config is not understood/.test(d.log()), { what: 'a warning' });
	like(d.log(), /registrationOpen: /, 'the log names the invalid value');
});

await done();
