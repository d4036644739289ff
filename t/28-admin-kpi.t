#!/usr/bin/env t/lib/run
// 28-admin-kpi.t -- the KPIs: what is recorded of users and of the service, and what is counted from it, day by day.
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', NODE_ENV: 'test', ARGON2_MEMORY_BYTES: '65536' } });
const root = await account(d, 'root@example.com', { role: 'admin', tier: 'admin' });
const web = client(d.url, { token: root.token });
const read = async (days = 3) => (await web.get(`/api/v1/stats/kpi?days=${days}`)).body;
// Runs the job and waits for its end: a round of its own may be under way.
const count = async () => {
	let since;
	const run = await until(async () => { since = Date.now(); const r = await web.post('/api/v1/admin/jobs/count-kpis/run', {}); return r.status !== 409 && r.status !== 503 && r; }, { what: 'the job to start' });
	is(run.status, 202, 'the job is run');
	const job = async () => (await web.get('/api/v1/admin/jobs')).body.data.find((j) => j.name === 'count-kpis');
	is((await until(async () => { const j = await job(); return new Date(j.lastRunAt) >= since && j; }, { what: 'its end' })).outcome, 'ok', 'and succeeds');
};

await test('what is recorded', async () => {
	const seen = () => d.psql('SELECT user_id, sessions, seconds, day = (now() AT TIME ZONE \'UTC\')::date AS today FROM user_activity');
	await web.get('/api/auth/me');
	deep(await until(async () => { const r = await seen(); return r.length > 0 && r; }, { what: 'the activity' }), [{ user_id: root.id, sessions: 1, seconds: 0, today: true }], 'a user who was there');
	for (let i = 0; i < 20; i++)
		await web.get('/api/auth/me');
	is((await seen()).length, 1, 'once');
	const user = await account(d, 'user@example.com');
	await client(d.url).post('/api/auth/login', { email: user.email, password: user.password });
	await until(async () => (await seen()).some((r) => r.user_id === user.id), { what: 'who has logged in' });
	await d.psql('DELETE FROM users WHERE id = $1', [user.id]);
	deep((await seen()).map((r) => r.user_id), [root.id], 'nothing of it outlives the account');
	const [day] = await until(async () => { const r = await d.psql('SELECT requests::int, failures::int, cardinality(took) AS cells, took FROM service_days WHERE requests > 0'); return r.length > 0 && r; }, { ms: 40000, what: 'the requests' });
	ok(day.failures === 0 && day.cells === 20 && day.took.slice(0, -1).reduce((n, v) => n + Number(v), 0) > 0, 'what was answered, and how fast');
	ok((await d.psql('SELECT FROM service_minutes')).length >= 1, 'and that the service was there');
});

await test('what is counted', async () => {
	// Ten accounts: of those made 7 days ago half were there today, of those made 30 days ago a quarter.
	await d.psql(`INSERT INTO users (id, email, password_hash, tier, created_at)
		SELECT 'u' || i, 'u' || i || '@example.com', '!', CASE WHEN i = 0 THEN 'pro' ELSE 'free' END, now() - make_interval(days => CASE WHEN i < 4 THEN 30 WHEN i < 8 THEN 7 ELSE 100 END) FROM generate_series(0, 9) i`);
	await d.psql(`INSERT INTO user_activity (user_id, day, sessions, seconds, last_at)
		SELECT 'u' || i, (now() AT TIME ZONE 'UTC')::date - ago, 2, 2400, now() - make_interval(days => ago)
		FROM (VALUES (0, 0), (4, 0), (5, 0), (8, 3), (8, 40), (9, 40), (1, 45)) v(i, ago)`);
	await d.psql(`INSERT INTO orders (id, user_id, status, total, expires_at, created_at, paid_at)
		VALUES (gen_random_uuid(), 'u4', 'paid', 1000, now(), now() - interval '2 days', now() - interval '2 days'), (gen_random_uuid(), 'u5', 'pending', 1000, now(), now(), NULL)`);
	await d.psql("UPDATE service_days SET requests = 2000, failures = 1, took = array_fill(0::bigint, ARRAY[20])");
	await d.psql("UPDATE service_days SET took[6] = 1990, took[9] = 10");
	await d.psql("DELETE FROM service_minutes; INSERT INTO service_minutes SELECT date_trunc('minute', now()) - make_interval(mins => i) FROM generate_series(1, 4) i WHERE i <> 3");
	await count();
	const { data, day } = await read(), by = Object.fromEntries(data.map((k) => [k.name, k]));
	is(day, (await d.psql("SELECT (now() AT TIME ZONE 'UTC')::date::text AS day"))[0].day, 'of today');
	const value = (n) => by[n].value;
	deep(['dau', 'mau', 'retentionD7', 'retentionD30', 'conversion', 'premiumShare', 'churn'].map(value), [4, 5, 50, 25, 20, 10, 66.667], 'users');
	deep([value('sessionMinutes') > 15 && value('sessionMinutes') <= 20, by.sessionMinutes.met], [true, true], 'the length of sessions');
	ok(value('apiP95') > 10 && value('apiP95') <= 100 && by.apiP95.unit === 'ms', 'the time of requests');
	ok(value('errorRate') > 0 && value('errorRate') < 0.1 && by.errorRate.met, 'errors');
	ok(value('uptime') >= 60 && value('uptime') < 100 && by.uptime.met === false, 'a minute without the service');
	deep(data.map((k) => [k.name, k.target]), [['dau', '10,000+'], ['mau', '100,000+'], ['retentionD7', '>40 %'], ['retentionD30', '>20 %'], ['sessionMinutes', '>15 min'], ['videosPerSession', '>5'],
		['ctr', '>30 %'], ['conversion', '>5 %'], ['premiumShare', '>10 %'], ['churn', '<10 %'], ['apiP95', '<100 ms'], ['uptime', '>99.9 %'], ['errorRate', '<0.1 %']], 'beside the targets');
	deep(['dau', 'retentionD7', 'churn', 'conversion'].map((n) => by[n].met), [false, true, false, true], 'which are met or not');
	ok(data.every((k) => (k.value === null) === (k.reason !== undefined) && (k.value === null) === (k.met === null)), 'what is not known has a reason');
});

await test('videos, and the course of days', async () => {
	await d.psql(`INSERT INTO recommendation_lists (user_id, type, algorithm, item_ids, clicked_at) SELECT 'u1', 'videos', 'trends', '{v}', CASE WHEN i < 2 THEN now() END FROM generate_series(1, 4) i`);
	await d.psql(`INSERT INTO user_video_interactions (user_id, video_id, type) SELECT 'u1', 'v' || i, CASE WHEN i <= 14 THEN 'view' ELSE 'like' END FROM generate_series(1, 20) i`);
	await d.psql("INSERT INTO kpi_daily (day, name, value) SELECT (now() AT TIME ZONE 'UTC')::date - i, 'dau', 100 * i FROM generate_series(2, 5) i");
	await count();
	const known = Object.fromEntries((await read(4)).data.map((k) => [k.name, k]));
	deep([known.ctr.value, known.videosPerSession.value], [25, 2], 'clicks of lists, views of sessions');
	deep(known.dau.series.filter((p) => p.value >= 100).map((p) => p.value), [300, 200], 'the last days, the oldest first');
	await d.psql('DROP TABLE recommendation_lists, user_video_interactions CASCADE');
	await count();
	const unknown = Object.fromEntries((await read()).data.map((k) => [k.name, k]));
	deep([unknown.ctr.value, unknown.ctr.reason, unknown.videosPerSession.value], [null, 'videos are not curated here', null], 'where there is no curation: not known');
	deep([(await web.get('/api/v1/stats/kpi?days=0')).status, (await web.get('/api/v1/stats/kpi?days=1000')).status], [400, 400], 'as many as are kept');
});

await done();
