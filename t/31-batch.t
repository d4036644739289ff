#!/usr/bin/env t/lib/run
// 31-batch.t -- batch jobs by a schedule: made, run by the clock on one host at a time, made up for after downtime, listed, cancelled;
// what pipelines say of them on batch-job-status.
import { account } from './lib/account.mjs';
import { client, ioConnect, raw } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider, schemaFaults } from './lib/kafka.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', BATCH_POLL_MS: '100', BATCH_SCHEDULES_MAX: '3' } });
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
	is(r.status, 202, 'accepted');
	deep([r.body.data.topic, r.body.data.status], ['batch-jobs', 'queued'], 'queued');
	const id = r.body.data.jobId, s = await ioConnect(d.url, { auth: { token: kim.token } });
	await s.ask('join-user-room', kim.id);
	await s.ask('subscribe-batch', id);
	const [first] = await s.next('batch-update');
	deep([first.jobId, first.status, first.progress, first.total, first.tasks.map((t) => t.productId)], [id, 'processing', 0, 2, ['a', 'b']], 'a late socket gets the state');
	const message = await until(() => announced(id)[0], { ms: 20000, what: 'the announcement' });
	is(schemaFaults('batch-jobs', message.json), '', 'the announcement conforms to its schema');
	deep([message.key, message.json.schedule, message.json.productIds, message.json.options], [id, 'now', ['a', 'b'], { includeKeywords: true }], 'and says what is to be done');
	const started = await tasks(id);
	deep(message.json.tasks.map((t) => t.requestId), started.map((t) => t.task_id), 'by which analyses');
	await until(() => seen.filter((m) => m.topic === 'analysis-requests' && m.json.jobId === id).length === 2, { what: 'the requests of its analyses' });
	await result(started[0]);
	is((await s.next('batch-update', (u) => u.progress === 50))[0].completed, 1, 'its progress follows its analyses');
	deep((await s.next(`batch:${id}`, (u) => u.progress === 50))[0].status, 'processing', 'under the other name too');
	await out.send('batch-job-status', id, { jobId: id, status: 'processing', progress: 70, message: 'nearly' });
	deep((await s.next('batch-update', (u) => u.message === 'nearly'))[0].progress, 70, 'a pipeline may know better');
	await out.send('batch-job-status', id, { jobId: id, status: 'processing', progress: 60, message: 'late' });
	await result(started[1]);
	const [end] = await s.next('batch-update', (u) => u.status === 'completed');
	deep([end.progress, end.completed, end.failed, end.message], [100, 2, 0, 'nearly'], 'at the end it is done; what came late is not told');
	is((await s.next('notification', (n) => n.type === 'batch'))[0].data.jobId, id, 'its owner is notified');
	is((await job(id)).next_run_at, null, 'there is no other run');
	const read = (await web.get(`${path}/${id}`, { token: kim.token })).body.data;
	deep([read.status, read.runs, read.progress.status, read.schedule], ['done', 1, 'completed', 'now'], 'it can be asked for');
});

await test('a schedule that is none', async () => {
	for (const [schedule, why] of [['weekly', /5 fields/], ['61 * * * *', /Field 1 \(minute\): '61'/], ['0 0 30 2 *', /No date fits/], ['* * * *', /not 4/], ['', null], [5, null]]) {
		const r = await web.post(path, { productIds: ['a'], schedule }, { language: 'en' });
		is(r.status, 400, `refused: ${schedule}`);
		is(r.body.error.details[0].field, 'schedule', 'by its name');
		if (why)
			like(r.body.error.message, why, 'with the reason');
	}
	like((await web.post(path, { productIds: ['a'], schedule: '* * 32 * *' })).body.error.message, /3번째 필드\(일\)의 '32'/, 'in Korean by default');
	for (const body of [{}, { productIds: [] }, { productIds: 'a' }, { productIds: [''] }])
		is((await web.post(path, body)).status, 400, `refused: ${JSON.stringify(body)}`);
});

await test('by the clock', async () => {
	const make = async (schedule) => (await web.post(path, { productIds: ['c', 'd'], schedule }, { token: lee.token })).body.data?.jobId;
	const [hourly, daily, cron] = [await make('hourly'), await make('daily'), await make('0 3 * * *')];
	is(await make('daily'), undefined, 'a user may have so many');
	ok(await (await web.post(path, { productIds: ['c'], schedule: 'now' }, { token: lee.token })).body.data.jobId, 'but any number that run once');
	deep([(await job(hourly)).runs, (await job(daily)).runs, (await job(cron)).runs], [1, 1, 0], 'the first run is at once, that of an expression at its time');
	between((await job(hourly)).ahead, 3300, 3600, 'hourly is an hour from now');
	between((await job(daily)).ahead, 86000, 86400, 'daily a day');
	is((await job(cron)).next_run_at.toISOString().slice(11), '03:00:00.000Z', 'an expression is in UTC');
	const s = await ioConnect(d.url);
	await s.ask('subscribe-batch', cron);
	deep([(await s.next('batch-update'))[0].status], ['scheduled'], 'a late socket hears that it is still to come');
	// Down for three days and a half: one run makes up for all, and the next is at its time.
	await d.psql("UPDATE batch_jobs SET next_run_at = next_run_at - interval '4 days', created_at = created_at - interval '4 days' WHERE job_id = ANY ($1)", [[hourly, daily, cron]]);
	await until(async () => (await job(hourly)).runs === 2 && (await job(daily)).runs === 2 && (await job(cron)).runs === 1, { what: 'the missed runs' });
	await until(() => announced(hourly).length === 2 && announced(cron).length === 1, { ms: 20000, what: 'their announcements' });
	between((await job(hourly)).ahead, 3000, 3600, 'once, then hourly again');
	between((await job(daily)).ahead, 85000, 86400, 'and daily');
	is((await s.next('batch-update', (u) => u.run === 1))[0].status, 'processing', 'the run is told');
	is((await tasks(cron)).length, 2, 'with its analyses');
	// Fresh results do for a job that runs once; a schedule wants new ones.
	for (const t of await tasks(cron))
		await result(t);
	await s.next('batch-update', (u) => u.status === 'completed');
	await d.psql('UPDATE batch_jobs SET next_run_at = now() WHERE job_id = $1', [cron]);
	await s.next('batch-update', (u) => u.run === 2 && u.status === 'processing');
	ok((await tasks(cron)).every((t) => t.status === 'pending'), 'each run analyses anew');
	await out.send('batch-job-status', cron, { jobId: cron, status: 'failed', progress: 10, message: 'no room' });
	const [error] = await s.next('error');
	deep([error.type, error.requestId, error.details], ['batch-error', cron, 'no room'], 'a pipeline may give up');
	is((await s.next(`error:${cron}`))[0].type, 'batch-error', 'under the other name too');
	const late = await ioConnect(d.url);
	await late.ask('subscribe-batch', cron);
	is((await late.next('batch-update'))[0].status, 'failed', 'a late socket gets the state');
	is((await late.next('error'))[0].details, 'no room', 'and the error');
	deep((await web.get(path, { token: lee.token })).body.data.map((j) => j.schedule), ['now', '0 3 * * *', 'daily', 'hourly'], 'the list, newest first');
	const page = (await web.get(`${path}?limit=3`, { token: lee.token })).body;
	deep((await web.get(`${path}?limit=3&cursor=${encodeURIComponent(page.nextCursor)}`, { token: lee.token })).body.data.map((j) => j.jobId), [hourly], 'in pages');
	is((await web.get(path)).status, 401, 'nobody has none');
	is((await web.get(`${path}/${cron}`, { token: kim.token })).status, 404, "another's job is not there");
	is((await web.del(`${path}/${cron}`, undefined, { token: kim.token })).status, 404, 'nor to be cancelled');
	is((await web.get(`${path}/${cron}`, { token: admin.token })).status, 200, 'but for an admin');
	for (let i = 0; i < 2; i++)
		is((await web.del(`${path}/${cron}`, undefined, { token: lee.token })).status, 200, 'its owner cancels it, twice if he likes');
	deep([(await web.get(`${path}/${cron}`, { token: lee.token })).body.data.status, (await job(cron)).next_run_at], ['cancelled', null], 'it runs no more');
	is((await web.del(`${path}/nothing`)).status, 404, 'what is not there cannot be cancelled');
	for (const schedule of ['hourly', 'daily', '* * * * *'])
		is((await web.post(path, { productIds: ['z'], schedule })).body.error.code, 'UNAUTHORIZED', `nobody in particular has no schedule: ${schedule}`);
	const many = await web.post(path, { productIds: Array.from({ length: 101 }, (_, i) => `n${i}`) }, { language: 'en' });
	deep([many.status, many.body.error.message], [401, 'More than 100 products need an account.'], 'nor many products');
	const free = (await web.post(path, { productIds: ['z'], schedule: 'now' })).body.data.jobId;
	is((await web.get(`${path}/${free}`)).body.data.status, 'done', "a job of nobody's is anybody's who knows it");
	is((await web.del(`${path}/${free}`)).status, 200, 'and can be cancelled');
});

await test('a body too large for an anonymous caller', async () => {
	const large = { productIds: Array.from({ length: 1000 }, (_, i) => `p-${i}`), schedule: 'daily' };
	const r = await web.post(path, large, { language: 'en' });
	deep([r.status, r.body.error.message], [401, 'A body of more than 4096 bytes needs an account.'], 'needs an account');
	const broken = await web.post(path, `{"productIds":[${'"p",'.repeat(2000)}`, { headers: { 'content-type': 'application/json' } });
	is(broken.status, 401, 'and is refused before its JSON is looked at');
	const chunks = ['{"productIds":[', '"p",'.repeat(2000), '"p"]}'].map((s) => `${s.length.toString(16)}\r\n${s}\r\n`).join('');
	like(await raw(d.port, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n` +
		`Connection: close\r\n\r\n${chunks}0\r\n\r\n`), /^HTTP\/1.1 401 /, 'in chunks too');
	is((await web.post(path, { ...large, schedule: 'weekly' }, { token: kim.token })).body.error.details[0].field, 'schedule', 'that of a user is read');
	const uuid = (i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
	const fits = await web.post(path, { productIds: Array.from({ length: 100 }, (_, i) => uuid(i)), schedule: 'daily' }, { language: 'en' });
	deep([fits.status, /bytes/.test(fits.body.error.message)], [401, false], 'as is that of an anonymous caller with 100 products');
});

await test('what cannot be applied', async () => {
	await out.send('batch-job-status', 'x', { jobId: 'nobody', status: 'processing' });
	await out.send('batch-job-status', 'x', { jobId: 'x', status: 'dancing' });
	const dead = await until(async () => { const r = await d.psql("SELECT reason FROM dead_letters WHERE topic = 'batch-job-status'"); return r.length === 2 && r; });
	deep(dead.map((r) => r.reason.split(':')[0]).sort(), ['NOT_FOUND', 'VALIDATION_FAILED'], 'is set aside');
});

await test('killed in a run', async () => {
	const id = (await web.post(path, { productIds: Array.from({ length: 200 }, (_, i) => `many-${i}`), schedule: '0 0 1 1 *' }, { token: kim.token })).body.data.jobId;
	for (let i = 0; i < 3; i++) {
		await d.psql('UPDATE batch_jobs SET next_run_at = now() WHERE job_id = $1', [id]);
		d.kill9(/cron/);
		await until(async () => (await job(id)).runs === i + 1, { ms: 60000, what: `run ${i + 1}` });
	}
	await until(() => announced(id).length === 3, { ms: 20000, what: 'three announcements' });
	is((await tasks(id)).length, 200, 'each run is whole, and once');
	is(new Set((await tasks(id)).map((t) => t.task_id)).size, 200, 'the analyses that still ran were joined');
});
await done();
