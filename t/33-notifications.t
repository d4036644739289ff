#!/usr/bin/env t/lib/run
// 33-notifications.t -- notifications: stored, listed, marked as read, in Redis and on sockets; those of users who joined an analysis;
// errors reported by other services, for current and late subscribers.
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider } from './lib/kafka.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', NOTIFICATIONS_LIST_MAX: '4' } });
const web = client(d.url);
const out = await outsider(await brokersOf(d));
const [kim, lee] = [await account(d, 'kim@example.com'), await account(d, 'lee@example.com')];
const list = async (who, more = '') => (await web.get(`/api/notifications${more}`, { token: who.token })).body;
const say = (who, message, more = {}) => d.redis('PUBLISH', `user_notifications:${who.id}`, JSON.stringify({ message, ...more }));
const stored = (who, n) => until(async () => (await list(who)).data.length === n && list(who), { what: `${n} notifications` });

await test('an analysis that several users request', async () => {
	const s = await ioConnect(d.url, { auth: { token: lee.token } });
	await s.ask('join-user-room', lee.id);
	const first = await web.post('/api/analyze', { productId: 'p1' }, { token: kim.token });
	const lock = async () => JSON.parse(await d.redis('GET', 'analysis_lock:p1'));
	const alone = await until(lock, { what: 'the lock' });
	deep([alone.task_id, alone.product_id, alone.user_id, alone.type, alone.status, alone.user_count], [first.body.taskId, 'p1', kim.id, 'analysis', 'processing', 1],
		'the lock names the first requester');
	for (const who of [lee, kim])
		is((await web.post('/api/analyze', { productId: 'p1' }, { token: who.token })).body.taskId, first.body.taskId, 'further requests join the analysis');
	await web.post('/api/kafka/analysis/realtime', { productId: 'p1' });
	await until(async () => (await lock()).user_count === 4, { what: 'the lock to count them' });
	deep({ ...await lock(), user_count: 1 }, alone, 'the lock keeps the first requester');
	ok(Date.parse(alone.estimated_completion) > Date.parse(alone.started_at), 'the lock has an estimated completion');
	deep(await d.redis('LRANGE', 'analysis_queue:p1', 0, -1), ['anonymous:realtime', `${kim.id}:analysis`, `${lee.id}:analysis`, `${kim.id}:analysis`], 'the queue has all requests, newest first');
	is((await d.psql('SELECT 1 FROM analysis_queue WHERE task_id = $1', [first.body.taskId])).length, 3, 'requests of users are stored');
	await out.send('analysis-results', 'p1', { requestId: first.body.taskId, productId: 'p1', status: 'completed', sentiment: {}, totalReviews: 1 });
	const [note] = await s.next('notification');
	deep([note.type, note.data.productId, note.data.status, note.read], ['analysis', 'p1', 'completed', false], 'a waiting user is notified');
	deep([(await stored(kim, 1)).data[0].data.requestId, (await stored(lee, 1)).unreadCount], [first.body.taskId, 1], 'each waiting user is notified once');
	deep([await d.redis('EXISTS', 'analysis_queue:p1'), await d.redis('EXISTS', 'analysis_lock:p1')], [0, 0], 'queue and lock are deleted');
	is((await d.psql('SELECT 1 FROM analysis_queue')).length, 0, 'the stored queue is empty');
	s.disconnect();
});

await test('the list', async () => {
	is((await web.get('/api/notifications')).status, 401, 'an anonymous caller has no notifications');
	const s = await ioConnect(d.url, { auth: { token: kim.token } });
	await s.ask('join-user-room', kim.id);
	for (let i = 1; i <= 5; i++)
		await say(kim, `m${i}`, { type: 'test', title: `t${i}`, priority: 'high', data: { i } });
	const all = await stored(kim, 6);
	deep(all.data.slice(0, 2).map((n) => [n.message, n.title, n.type, n.priority, n.data, n.read, n.readAt]),
		[['m5', 't5', 'test', 'high', { i: 5 }, false, null], ['m4', 't4', 'test', 'high', { i: 4 }, false, null]], 'the list is newest first');
	is(all.unreadCount, 6, 'new notifications are unread');
	const page = await list(kim, '?limit=4'), rest = await list(kim, `?limit=4&cursor=${page.nextCursor}`);
	deep([page.data.length, rest.data.length, rest.nextCursor], [4, 2, null], 'the list is paged');
	is((await web.get('/api/notifications?cursor=x', { token: kim.token })).status, 400, 'a malformed cursor is refused');
	const held = (await d.redis('LRANGE', `user_notifications:${kim.id}`, 0, -1)).map(JSON.parse);
	deep(held.map((n) => n.message), ['m5', 'm4', 'm3', 'm2'], 'Redis has the newest ones');
	ok((await d.redis('TTL', `user_notifications:${kim.id}`)) > 29 * 86400, 'the Redis list lives for thirty days');
	const [one] = all.data;
	is((await web.post(`/api/notifications/${one.id}/read`, undefined, { token: kim.token })).body.data.unreadCount, 5, 'one can be marked as read');
	deep((await s.next('notification-read'))[0], { id: one.id, unreadCount: 5 }, 'the user\'s other sockets receive notification-read');
	is((await web.patch(`/api/notifications/${one.id}/read`, undefined, { token: kim.token })).body.data.unreadCount, 5, 'marking a read one again is no error');
	is((await web.post(`/api/notifications/${one.id}/read`, undefined, { token: lee.token })).status, 404, 'another user cannot mark a notification as read');
	is((await web.post('/api/notifications/x/read', undefined, { token: kim.token })).status, 400, 'a malformed id is refused');
	deep((await list(kim, '?unread=true')).data.map((n) => n.read), Array(5).fill(false), 'unread=true lists the unread ones only');
	is((await web.get('/api/notifications/unread-count', { token: kim.token })).body.data.unreadCount, 5, 'the unread count is right');
	is((await web.post('/api/notifications/read-all', undefined, { token: kim.token })).body.data.unreadCount, 0, 'all can be marked as read');
	deep((await s.next('notification-read', (n) => n.all))[0], { all: true, unreadCount: 0 }, 'the user\'s other sockets receive notification-read for all');
	is((await list(lee)).unreadCount, 1, "another user's notifications stay unread");
	is((await web.del(`/api/notifications/${one.id}`, undefined, { token: lee.token })).status, 404, 'another user cannot delete a notification');
	is((await web.del(`/api/notifications/${one.id}`, undefined, { token: kim.token })).status, 200, 'one can be deleted');
	is((await web.del(`/api/notifications/${one.id}`, undefined, { token: kim.token })).status, 404, 'a deleted one cannot be deleted again');
	await until(async () => (await d.redis('LRANGE', `user_notifications:${kim.id}`, 0, -1)).every((t) => JSON.parse(t).id !== one.id), { what: 'Redis to forget it' });
	is((await list(kim)).data.length, 5, 'a deleted one is gone from the list');
});

await test('errors reported by other services', async () => {
	const { body } = await web.post('/api/analyze', { productId: 'p2' });
	const search = (await web.post('/api/kafka/search', { query: 'x' })).body.data.messageId;
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', body.taskId);
	const error = { errorId: 'e1', type: 'crawler-error', severity: 'low', message: 'slow', requestId: body.taskId, details: { page: 3 }, timestamp: new Date().toISOString() };
	for (let i = 0; i < 2; i++)
		await out.send('error-notifications', body.taskId, error);
	deep((await s.next('error'))[0], { type: 'crawler-error', requestId: body.taskId, message: 'slow', details: { page: 3 }, severity: 'low' }, 'a subscriber receives the error');
	is((await s.next(`error:${body.taskId}`))[0].message, 'slow', 'the error is also sent as error:{requestId}');
	await out.send('error-notifications', search, { type: 'search-error', message: 'none', requestId: search, timestamp: error.timestamp });
	await out.send('error-notifications', 'x', { type: 'disk-full', severity: 'critical', message: 'no room', timestamp: error.timestamp });
	for (const severity of ['info', 'warning', 'error'])
		await out.send('error-notifications', 'x', { type: 'disk-full', severity, message: severity });
	await until(async () => (await d.psql('SELECT 1 FROM error_notifications')).length === 6, { what: 'six errors to be stored' });
	deep((await d.psql("SELECT severity FROM error_notifications WHERE message = severity ORDER BY id")).map((r) => r.severity), ['info', 'warning', 'error'],
		'severities of log levels and a missing timestamp are accepted');
	is(s.all('error').length, 1, 'a duplicate is published once');
	const late = await ioConnect(d.url);
	await late.ask('subscribe-analysis', body.taskId);
	is((await late.next('analysis-update'))[0].status, 'pending', 'a late socket receives the state');
	is((await late.next('error'))[0].type, 'crawler-error', 'a late socket receives the error');
	await late.ask('subscribe-search', search);
	is((await late.next('error', (e) => e.requestId === search))[0].type, 'search-error', 'the error of a search is published too');
	// A message that cannot be applied makes a dead letter, which is published on this same topic; that must not loop.
	await out.send('error-notifications', 'x', '{"type":');
	await out.send('error-notifications', 'x', { type: 'x' });
	await until(async () => (await d.psql("SELECT 1 FROM dead_letters WHERE topic = 'error-notifications'")).length === 2, { what: 'two dead letters' });
	await out.send('error-notifications', 'x', { errorId: 'last', type: 'x', message: 'last', timestamp: error.timestamp });
	await until(async () => (await d.psql("SELECT 1 FROM error_notifications WHERE error_id = 'last'")).length === 1, { what: 'the next to be applied' });
	is((await d.psql("SELECT 1 FROM dead_letters WHERE topic = 'error-notifications'")).length, 2, 'Dure\'s own dead letters create no further ones');
});
await done();
