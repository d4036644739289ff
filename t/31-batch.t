#!/usr/bin/env t/lib/run
// 31-batch.t -- scheduled batch jobs: created, run by cron on one host at a time, caught up after downtime, listed, cancelled;
// and the reports of pipelines on batch-job-status.
import { account } from './lib/account.mjs';
import { client, ioConnect, raw } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider, schemaFaults } from './lib/kafka.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', BATCH_POLL_MS: '100', BATCH_SCHEDULES_MAX: '5' } });
const web = client(d.url);
const out = await outsider(await brokersOf(d));
const seen = await out.listen(['batch-jobs', 'analysis-requests']);
const [kim, lee, admin] = [await account(d, 'kim@example.com'), await account(d, 'lee@example.com'), await account(d, 'ann@example.com', { role: 'admin' })];
const path = '/api/kafka/analysis/multi-batch';
const job = async (id) => (await d.psql('SELECT *, extract(epoch FROM next_run_at - now())::int AS ahead FROM batch_jobs WHERE job_id = $1', [id]))[0];
const announced = (id) => seen.filter((m) => m.topic === 'batch-jobs' && m.json.jobId === id);
const tasks = (id) => d.psql('SELECT r.* FROM analysis_jobs j JOIN analysis_requests r USING (task_id) WHERE job_id = $1 ORDER BY product_id', [id]);
const result = (t, more = {}) => out.send('analysis-results', t.product_id, { requestId: t.task_id, productId: t.product_id, status: 'completed',
	sentiment: { positive: 50, negative: 25, neutral: 25 }, summary: 's', keywords: [], totalReviews: 1, ...more });

await test('once', async () => {
	const r = await web.post(path, { productIds: ['b', 'a', 'b'], schedule: 'now', options: { includeKeywords: true } }, { token: kim.token });
	is(r.status, 202, 'the job is accepted');
	deep([r.body.data.topic, r.body.data.status], ['batch-jobs', 'queued'], 'the reply says queued');
	const id = r.body.data.jobId, s = await ioConnect(d.url, { auth: { token: kim.token } });
	await s.ask('join-user-room', kim.id);
	await s.ask('subscribe-batch', id);
	const [first] = await s.next('batch-update');
	deep([first.jobId, first.status, first.progress, first.total, first.tasks.map((t) => t.productId)], [id, 'processing', 0, 2, ['a', 'b']], 'a late socket receives the job\'s state');
	const message = await until(() => announced(id)[0], { ms: 20000, what: 'the announcement' });
	is(schemaFaults('batch-jobs', message.json), '', 'the message on batch-jobs conforms to its schema');
	deep([message.key, message.json.schedule, message.json.productIds, message.json.options], [id, 'now', ['a', 'b'], { includeKeywords: true }], 'the message names the products');
	const started = await tasks(id);
	deep(message.json.tasks.map((t) => t.requestId), started.map((t) => t.task_id), 'the message names the analyses');
	await until(() => seen.filter((m) => m.topic === 'analysis-requests' && m.json.jobId === id).length === 2, { what: 'the requests of its analyses' });
	await result(started[0]);
	is((await s.next('batch-update', (u) => u.progress === 50))[0].completed, 1, 'the job\'s progress follows its analyses');
	deep((await s.next(`batch:${id}`, (u) => u.progress === 50))[0].status, 'processing', 'the update is also sent as batch:{jobId}');
	await out.send('batch-job-status', id, { jobId: id, status: 'processing', progress: 70, message: 'nearly' });
	deep((await s.next('batch-update', (u) => u.message === 'nearly'))[0].progress, 70, 'a pipeline\'s higher progress wins');
	await out.send('batch-job-status', id, { jobId: id, status: 'processing', progress: 60, message: 'late' });
	await result(started[1]);
	const [end] = await s.next('batch-update', (u) => u.status === 'completed');
	deep([end.progress, end.completed, end.failed, end.message], [100, 2, 0, '상품 2개의 분석이 완료되었습니다.'], 'the job completes, and its last message says so');
	is(s.all('batch-update').some(([u]) => u.message === 'late'), false, 'a late report is not published');
	is((await s.next('notification', (n) => n.type === 'batch'))[0].data.jobId, id, 'the owner is notified');
	is((await job(id)).next_run_at, null, 'a one-time job runs once');
	const read = (await web.get(`${path}/${id}`, { token: kim.token })).body.data;
	deep([read.status, read.runs, read.progress.status, read.schedule], ['done', 1, 'completed', 'now'], 'the job can be read');
});

await test('how a job ended', async () => {
	for (const [options, failed, want] of [[{ language: 'en' }, 1, 'The analysis of 2 products is complete; 1 of them failed.'], [{}, 2, '일괄 분석에 실패했습니다.']]) {
		const { jobId } = (await web.post(path, { productIds: [`e-${failed}-1`, `e-${failed}-2`], options }, { token: kim.token })).body.data, s = await ioConnect(d.url);
		await s.ask('subscribe-batch', jobId);
		for (const [i, t] of (await tasks(jobId)).entries())
			await (i < failed ? out.send('analysis-results', t.product_id, { requestId: t.task_id, status: 'failed', error: 'X: y' }) : result(t));
		is((await s.next('batch-update', (u) => /completed|failed/.test(u.status)))[0].message, want, `${failed} of 2 failed analyses: the last message of the job says so`);
	}
});

await test('invalid schedules', async () => {
	for (const [schedule, why] of [['yearly', /5 fields/], ['61 * * * *', /Field 1 \(minute\): '61'/], ['0 0 30 2 *', /No date fits/], ['* * * *', /not 4/], ['', null], [5, null]]) {
		const r = await web.post(path, { productIds: ['a'], schedule }, { language: 'en' });
		is(r.status, 400, `the schedule "${schedule}" is refused`);
		is(r.body.error.details[0].field, 'schedule', 'the error names the field schedule');
		if (why)
			like(r.body.error.message, why, 'the error gives the reason');
	}
	like((await web.post(path, { productIds: ['a'], schedule: '* * 32 * *' })).body.error.message, /3번째 필드\(일\)의 '32'/, 'the error is in Korean by default');
	const faults = (await web.post(path, { productIds: [1, 'a', ''], options: { includeTrends: 'x' } })).body.error.details;
	deep(faults.map((f) => f.field), ['productIds[0]', 'productIds[2]', 'options.includeTrends'], 'every faulty item is named by its index');
	const words = (await web.post('/api/analyze', { productId: 'a', url: 'ftp://x', keywords: ['맛', 5, '값', '', 'x'.repeat(256)] })).body.error.details;
	deep(words.map((f) => f.field), ['url', 'keywords[1]', 'keywords[3]', 'keywords[4]'], 'every faulty keyword of an analysis is named by its index');
	for (const body of [{}, { productIds: [] }, { productIds: 'a' }, { productIds: [''] }])
		is((await web.post(path, body)).status, 400, `POST ${path} refuses ${JSON.stringify(body)}`);
});

await test('by the clock', async () => {
	const make = async (schedule) => (await web.post(path, { productIds: ['c', 'd'], schedule }, { token: lee.token })).body.data?.jobId;
	const [hourly, daily, weekly, monthly, cron] = [await make('hourly'), await make('daily'), await make('weekly'), await make('monthly'), await make('0 3 * * *')];
	is(await make('daily'), undefined, 'BATCH_SCHEDULES_MAX scheduled jobs are allowed');
	ok(await (await web.post(path, { productIds: ['c'], schedule: 'now' }, { token: lee.token })).body.data.jobId, 'one-time jobs are not limited');
	deep([(await job(hourly)).runs, (await job(daily)).runs, (await job(cron)).runs], [1, 1, 0], 'an interval runs at once, an expression at its time');
	between((await job(hourly)).ahead, 3300, 3600, 'hourly is due in an hour');
	between((await job(daily)).ahead, 86000, 86400, 'daily is due in a day');
	between((await job(weekly)).ahead, 604400, 604800, 'weekly is due in a week');
	between((await job(monthly)).ahead, 28 * 86400 - 400, 31 * 86400, 'monthly is due in a month');
	is((await job(cron)).next_run_at.toISOString().slice(11), '03:00:00.000Z', 'an expression is in UTC');
	const s = await ioConnect(d.url);
	await s.ask('subscribe-batch', cron);
	deep([(await s.next('batch-update'))[0].status], ['scheduled'], 'a late socket receives the scheduled state');
	// Down for three days and a half: one run makes up for all, and the next is at its time.
	await d.psql("UPDATE batch_jobs SET next_run_at = next_run_at - interval '4 days', created_at = created_at - interval '4 days' WHERE job_id = ANY ($1)", [[hourly, daily, cron]]);
	await until(async () => (await job(hourly)).runs === 2 && (await job(daily)).runs === 2 && (await job(cron)).runs === 1, { what: 'the missed runs' });
	await until(() => announced(hourly).length === 2 && announced(cron).length === 1, { ms: 20000, what: 'their announcements' });
	between((await job(hourly)).ahead, 3000, 3600, 'an overdue hourly job runs once, then hourly again');
	between((await job(daily)).ahead, 85000, 86400, 'an overdue daily job runs once, then daily again');
	is((await s.next('batch-update', (u) => u.run === 1))[0].status, 'processing', 'the run is announced');
	is((await tasks(cron)).length, 2, 'the run has its analyses');
	for (const id of [weekly, monthly])
		await web.del(`${path}/${id}`, undefined, { token: lee.token });
	// A job that runs once accepts recent results; a scheduled one starts new analyses.
	for (const t of await tasks(cron))
		await result(t);
	await s.next('batch-update', (u) => u.status === 'completed');
	await d.psql('UPDATE batch_jobs SET next_run_at = now() WHERE job_id = $1', [cron]);
	await s.next('batch-update', (u) => u.run === 2 && u.status === 'processing');
	ok((await tasks(cron)).every((t) => t.status === 'pending'), 'each run starts new analyses');
	await out.send('batch-job-status', cron, { jobId: cron, status: 'failed', progress: 10, message: 'no room' });
	is((await s.next('batch-update', (u) => u.status === 'failed'))[0].message, 'no room', "the message of a pipeline's failure is published");
	const [error] = await s.next('error');
	deep([error.type, error.requestId, error.details], ['batch-error', cron, 'no room'], 'a pipeline may report failure');
	is((await s.next(`error:${cron}`))[0].type, 'batch-error', 'the error is also sent as error:{jobId}');
	const late = await ioConnect(d.url);
	await late.ask('subscribe-batch', cron);
	is((await late.next('batch-update'))[0].status, 'failed', 'a late socket receives the failed state');
	is((await late.next('error'))[0].details, 'no room', 'a late socket receives the error');
	deep((await web.get(path, { token: lee.token })).body.data.map((j) => j.schedule), ['now', 'monthly', 'weekly', '0 3 * * *', 'daily', 'hourly'], 'the list is newest first');
	const page = (await web.get(`${path}?limit=5`, { token: lee.token })).body;
	deep((await web.get(`${path}?limit=5&cursor=${encodeURIComponent(page.nextCursor)}`, { token: lee.token })).body.data.map((j) => j.jobId), [hourly], 'the list is paged');
	is((await web.get(path)).status, 401, 'an anonymous caller has no list');
	is((await web.get(`${path}/${cron}`, { token: kim.token })).status, 404, 'a job of another user answers 404');
	is((await web.del(`${path}/${cron}`, undefined, { token: kim.token })).status, 404, 'another user\'s job cannot be cancelled');
	is((await web.get(`${path}/${cron}`, { token: admin.token })).status, 200, 'an admin can read any job');
	for (let i = 0; i < 2; i++)
		is((await web.del(`${path}/${cron}`, undefined, { token: lee.token })).status, 200, 'the owner can cancel twice');
	deep([(await web.get(`${path}/${cron}`, { token: lee.token })).body.data.status, (await job(cron)).next_run_at], ['cancelled', null], 'a cancelled job does not run');
	is((await web.del(`${path}/nothing`)).status, 404, 'an unknown job cannot be cancelled');
	for (const schedule of ['hourly', 'daily', 'weekly', 'monthly', '* * * * *'])
		is((await web.post(path, { productIds: ['z'], schedule })).body.error.code, 'UNAUTHORIZED', `an anonymous caller cannot schedule: ${schedule}`);
	const many = await web.post(path, { productIds: Array.from({ length: 101 }, (_, i) => `n${i}`) }, { language: 'en' });
	deep([many.status, many.body.error.message], [401, 'More than 100 products need an account.'], 'more than 100 products need an account');
	const free = (await web.post(path, { productIds: ['z'], schedule: 'now' })).body.data.jobId;
	is((await web.get(`${path}/${free}`)).body.data.status, 'done', 'an anonymous job can be read by its id');
	is((await web.del(`${path}/${free}`)).status, 200, 'an anonymous job can be cancelled by its id');
});

await test('a body too large for an anonymous caller', async () => {
	const large = { productIds: Array.from({ length: 1000 }, (_, i) => `p-${i}`), schedule: 'daily' };
	const r = await web.post(path, large, { language: 'en' });
	deep([r.status, r.body.error.code], [401, 'UNAUTHORIZED'], 'a large body needs an account');
	const broken = await web.post(path, `{"productIds":[${'"p",'.repeat(2000)}`, { headers: { 'content-type': 'application/json' } });
	is(broken.status, 401, 'a large body is refused before its JSON is parsed');
	const chunks = ['{"productIds":[', '"p",'.repeat(2000), '"p"]}'].map((s) => `${s.length.toString(16)}\r\n${s}\r\n`).join('');
	like(await raw(d.port, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n` +
		`Connection: close\r\n\r\n${chunks}0\r\n\r\n`), /^HTTP\/1.1 401 /, 'a large chunked body is refused too');
	is((await web.post(path, { ...large, schedule: 'yearly' }, { token: kim.token })).body.error.details[0].field, 'schedule', 'a large body of a user is read');
	const uuid = (i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
	const fits = await web.post(path, { productIds: Array.from({ length: 100 }, (_, i) => uuid(i)), schedule: 'daily' }, { language: 'en' });
	deep([fits.status, /bytes/.test(fits.body.error.message)], [401, false], 'an anonymous body with 100 products is read');
});

await test('reports that cannot be applied', async () => {
	await out.send('batch-job-status', 'x', { jobId: 'nobody', status: 'processing' });
	await out.send('batch-job-status', 'x', { jobId: 'x', status: 'dancing' });
	const dead = await until(async () => { const r = await d.psql("SELECT reason FROM dead_letters WHERE topic = 'batch-job-status'"); return r.length === 2 && r; });
	deep(dead.map((r) => r.reason.split(':')[0]).sort(), ['NOT_FOUND', 'VALIDATION_FAILED'], 'a report that cannot be applied becomes a dead letter');
});

await test('killed in a run', async () => {
	const id = (await web.post(path, { productIds: Array.from({ length: 200 }, (_, i) => `many-${i}`), schedule: '0 0 1 1 *' }, { token: kim.token })).body.data.jobId;
	for (let i = 0; i < 3; i++) {
		await d.psql('UPDATE batch_jobs SET next_run_at = now() WHERE job_id = $1', [id]);
		d.kill9(/cron/);
		await until(async () => (await job(id)).runs === i + 1, { ms: 60000, what: `run ${i + 1}` });
	}
	await until(() => announced(id).length === 3, { ms: 20000, what: 'three announcements' });
	is((await tasks(id)).length, 200, 'every run is complete and happened once');
	is(new Set((await tasks(id)).map((t) => t.task_id)).size, 200, 'analyses that still ran were joined');
});
await done();
