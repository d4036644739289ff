#!/usr/bin/env t/lib/run
// 36-course.t -- the course of an analysis (realtime_analysis_sessions): written while it runs, read by its users, dropped by retention.
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0', RESTART_BACKOFF_MAX_MS: '500', RETENTION_SESSION_DAYS: '400' } });
const web = client(d.url);
const [kim, lee, admin] = [await account(d, 'kim@example.com'), await account(d, 'lee@example.com'), await account(d, 'admin@example.com', { role: 'admin' })];
const as = (who) => ({ token: who.token });
const start = async (productId, who) => (await web.post('/api/analyze', { productId }, who && as(who))).body.taskId;
const say = (task, message) => d.redis('PUBLISH', `analysis_updates:${task}`, JSON.stringify(message));
const course = async (task) => (await web.get(`/api/analyze/sessions/${task}`)).body.data;
const list = async (query, who) => (await web.get(`/api/analyze/sessions${query}`, as(who))).body;
const result = { sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: '요약', keywords: ['맛'], totalReviews: 8 };
await web.get('/api/kafka/status').then(() => until(async () => (await d.redis('PUBSUB', 'NUMPAT')) >= 3, { what: 'the bridge to listen' }));

let task;
await test('while it runs', async () => {
	task = await start('tea', kim);
	is(await start('tea', lee), task, 'another user joins the analysis');
	let c = await course(task);
	deep([c.taskId, c.productId, c.kind, c.status, c.progress, c.waiting, c.stages, c.endedAt], [task, 'tea', 'analysis', 'pending', 0, 2, [], undefined], 'the course counts two waiting users');
	for (const [step, progress] of [[1, 0], [1, 4], [1, 9], [2, 9], [2, 15], [2, 19], [3, 55]])
		await say(task, { status: 'processing', progress, currentStep: step, message: `${step} at ${progress}` });
	c = await until(async () => { const now = await course(task); return now.progress === 55 && now; }, { what: 'the last report' });
	deep(c.stages.map((s) => [s.step, s.progress, s.message]), [[1, 0, '1 at 0'], [2, 9, '2 at 9'], [2, 19, '2 at 19'], [3, 55, '3 at 55']],
		'a stage is a new step, or ten per cent more');
	ok(c.stages.every((s, i) => s.at >= (c.stages[i - 1]?.at ?? c.startedAt)), 'each stage has its time');
	await say(task, { status: 'processing', progress: 57, currentStep: 3 });
	await until(async () => (await course(task)).progress === 57, { what: 'progress between two stages' });
	is((await course(task)).stages.length, 4, 'a resent request adds no stage');
	is(JSON.stringify(c).includes(kim.id), false, 'the course names no user');
	is((await web.get('/api/analyze/sessions/unknown')).status, 404, 'an unknown task has no course');
});

await test('access', async () => {
	deep((await list('', kim)).data.map((c) => c.taskId), [task], 'a user sees courses they requested');
	const [own] = (await list('', kim)).data;
	deep([own.waiting, own.waitingUsers], [2, undefined], 'a user sees how many wait, not who');
	deep((await list('', lee)).data, [], 'other users do not see the course');
	const [c] = (await list('?productId=tea', admin)).data;
	deep([c.userId, c.waitingUsers.sort()], [kim.id, [kim.id, lee.id].sort()], 'an admin sees all courses and the waiting users');
	is((await web.get('/api/analyze/sessions')).status, 401, 'an anonymous caller sees no list');
});

await test('after the end', async () => {
	await say(task, { status: 'completed', results: result });
	const c = await until(async () => { const now = await course(task); return now.endedAt && now; }, { what: 'the end' });
	deep([c.status, c.progress, c.totalReviews, c.waiting, c.stages.length, c.error], ['completed', 100, 8, 2, 4, undefined], 'an ended course has the outcome and the number of waiting users');
	between(c.durationMs - (Date.parse(c.endedAt) - Date.parse(c.startedAt)), -1, 1, 'an ended course has its duration');
	const [seen] = (await list('', kim)).data;
	is(seen.waitingUsers, undefined, 'an ended course lists no waiting users');
	const other = await start('pen');
	await say(other, { status: 'processing', progress: 30, currentStep: 2 });
	await until(async () => (await course(other)).progress === 30, { what: 'the progress' });
	await say(other, { status: 'failed', error: 'NO_REVIEWS: none' });
	const failed = await until(async () => { const now = await course(other); return now.endedAt && now; }, { what: 'the failure' });
	deep([failed.status, failed.progress, failed.error, failed.waiting], ['failed', 30, 'NO_REVIEWS: none', 0], 'a failed course has its error and progress');
});

await test('pages and filters', async () => {
	deep((await list('?status=failed', admin)).data.map((c) => c.productId), ['pen'], 'the list is filtered by status');
	const first = await list('?limit=1', admin), second = await list(`?limit=1&cursor=${first.nextCursor}`, admin);
	deep([first.data[0].productId, second.data[0].productId], ['pen', 'tea'], 'the list is paged, newest first');
	is((await web.get('/api/analyze/sessions?status=odd', as(admin))).status, 400, 'an unknown status is refused');
	is((await web.get('/api/analyze/sessions?cursor=odd', as(admin))).status, 400, 'a malformed cursor is refused');
});

await test('the table', async () => {
	is((await d.psql('SELECT count(*)::int AS n FROM realtime_analysis_sessions'))[0].n, 2, 'each task has one row');
	const month = new Date().toISOString().slice(0, 7).replace('-', '');
	is((await d.psql('SELECT tableoid::regclass::text AS t FROM realtime_analysis_sessions LIMIT 1'))[0].t, `realtime_analysis_sessions_${month}`, 'rows are in the partition of their month');
	await d.psql(`CREATE TABLE realtime_analysis_sessions_202103 PARTITION OF realtime_analysis_sessions FOR VALUES FROM ('2021-03-01') TO ('2021-04-01');
		INSERT INTO realtime_analysis_sessions (task_id, product_id, doc, started_at) VALUES ('old', 'old', '{}', '2021-03-05'), ('older', 'old', '{}', '2019-03-05')`);
	d.kill9(/cron/);
	await until(async () => (await d.psql("SELECT to_regclass('realtime_analysis_sessions_202103') AS t"))[0].t === null, { ms: 60000, what: 'an old month to go' });
	await until(async () => (await d.psql('SELECT count(*)::int AS n FROM realtime_analysis_sessions'))[0].n === 2, { ms: 60000, what: 'old rows to go' });
	ok(true, 'retention drops old rows and leaves the others');
});

await test('erasure', async () => {
	is((await web.del('/api/v1/privacy/account', { password: kim.password }, as(kim))).status, 200, 'the account is erased');
	deep(await d.psql('SELECT task_id FROM realtime_analysis_sessions WHERE user_id IS NOT NULL'), [], 'erased users are not named any more');
	is((await course(task)).status, 'completed', 'the course of an erased user stays');
	between((await list('', admin)).data.length, 2, 2, 'operators still see the course');
});

await test('resent and failed', async () => {
	const lame = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '500', ANALYSIS_ATTEMPTS: '2', CACHE_WARM_COUNT: '0' } });
	const there = client(lame.url), { taskId } = (await there.post('/api/analyze', { productId: 'p' })).body;
	const c = await until(async () => { const now = (await there.get(`/api/analyze/sessions/${taskId}`)).body.data; return now.endedAt && now; }, { ms: 60000, what: 'the end' });
	deep([c.status, c.stages.map((s) => s.attempt), /^NO_ANSWER/.test(c.error)], ['failed', [2], true], 'a resend and the failure are in the course');
});

await done();
