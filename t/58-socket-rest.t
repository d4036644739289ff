#!/usr/bin/env t/lib/run
// 58-socket-rest.t -- the REST side of the sockets over two hosts, one of them with two fanout processes: clients, notices, messages, test
// tools; bad input, access; the Redis keys that tell other services who is connected.
import WebSocket from 'ws';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';
import { foreignEvents } from './lib/events.mjs';

foreignEvents('hello', 'numbers', 'news', 'analysis-update');		// as operators may name and fill them

const a = await startDure({ ws: 2 });
const b = await startDure({ share: a, env: { KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off' } });
const http = client(`${b.url}/api/websocket`);

const all = [];
for (const [d, transports] of [[a, ['websocket']], [a, ['websocket']], [a, ['polling']], [b, ['websocket']], [b, ['polling']]])
	all.push(await ioConnect(d.url, { transports }));
for (const s of all)
	await s.ask('subscribe-analysis', 'r 1');
await all[0].ask('subscribe-search', 'q');
const plain = new WebSocket(`${a.url.replace('http', 'ws')}/ws`);
const heard = [];
plain.on('message', (m) => heard.push(JSON.parse(m)));
await new Promise((settle) => plain.once('open', settle));
plain.send('{"type":"subscribe","taskId":"r 1"}');
await until(() => heard.length > 0);

await test('stats', async () => {
	const { status, body } = await http.get('/stats');
	is(status, 200, 'GET /stats answers 200');
	is(body.data.connectedClients, 6, 'GET /stats counts the clients of all processes and hosts');
	is(body.data.activeRooms, 2, 'GET /stats counts the rooms');
	deep(body.data.roomDetails.map(({ name, clientCount }) => [name, clientCount]), [['analysis:r 1', 6], ['search:q', 1]], 'GET /stats lists each room once with its members');
	between(Date.now() - Date.parse(body.data.roomDetails[0].createdAt), 0, 60000, 'GET /stats has the time at which a room was created');
});

await test('clients', async () => {
	const { body } = await http.get('/rooms/analysis%3Ar%201/clients');
	is(body.data.room, 'analysis:r 1', 'GET /rooms/{room}/clients names the room');
	is(body.data.clientCount, 6, 'GET /rooms/{room}/clients counts members on every host');
	deep(body.data.clients.filter((c) => c.id).map((c) => c.id).sort(), all.map((s) => s.id).sort(), 'GET /rooms/{room}/clients lists every Socket.IO member');
	deep(body.data.clients.find((c) => c.id === all[2].id), { id: all[2].id, userId: null, namespace: '/', transport: 'polling' },
		'a client is listed with id, user, namespace and transport');
	is((await http.get('/rooms/nobody/clients')).body.data.clientCount, 0, 'an unknown room has no clients');
});

await test('notices', async () => {
	const answer = await http.post('/notifications/system', { message: '곧 점검합니다', type: 'warning', priority: 'high' });
	deep(answer.body, { success: true, data: { event: 'system-notification', targetUsers: null },
		message: '시스템 알림이 전송되었습니다.' }, 'a system notification is accepted');
	const want = { message: '곧 점검합니다', type: 'warning', priority: 'high' };
	deep(await Promise.all(all.map((s) => s.next('system-notification'))), all.map(() => [want]), 'a system notification reaches every client');
	deep(await until(() => heard.find((m) => m.type === 'system-notification')), { ...want, type: 'system-notification' },
		'a system notification reaches plain sockets with its type');
	const alert = { message: 'm', startTime: '2026-08-01T00:00:00.000Z', endTime: '2026-08-01T01:00:00.000Z', affectedServices: ['분석'] };
	is((await http.post('/notifications/maintenance', alert, { language: 'en' })).body.message, 'The maintenance alert has been sent.',
		'a maintenance alert is accepted, with its message in English');
	deep(await Promise.all(all.map((s) => s.next('maintenance-alert'))), all.map(() => [alert]), 'a maintenance alert reaches every client');
	await http.post('/notifications/system', { message: 'x', targetUsers: ['somebody'] });
	await http.post('/notifications/system', { message: 'y', targetUsers: [] });
	await http.post('/notifications/system', { message: 'z' });
	deep((await all[0].next('system-notification'))[0], { message: 'z', type: 'info', priority: 'normal' },
		'a notification for some users or none does not reach every client, and defaults are filled in');
});

await test('messages', async () => {
	for (const data of [{ a: 1 }, 'text', [1, '2'], 7]) {
		deep((await http.post('/messages/broadcast', { event: 'hello', data }, { headers: { traceparent: '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } })).body.data, { event: 'hello' }, 'a broadcast is accepted');
		deep(await all[4].next('hello'), [data], `a broadcast of ${JSON.stringify(data)} arrives unchanged`);
	}
	const numbers = '[9007199254740993,9223372036854775807,0.30000000000000004,1.7976931348623157e308,1.50,-0.0,1E2]';
	const [listener] = await Promise.all([a.redisServer.client.duplicate()]);
	const got = [];
	await listener.subscribe('fanout:user:u 7');
	listener.on('message', (_, text) => got.push(text.slice(text.indexOf(' ') + 1).replace(/ 00-[-0-9a-f]{52}\n/, '\n')));	// a request that is sampled has its trace there
	is((await http.post('/messages/user/u%207', { event: 'news', data: { n: 1 } })).body.data.userId, 'u 7', 'a message to a user is accepted');
	await until(() => got.length > 0);
	is(got[0], '2 news -\n{"n":1}', "a message to a user goes to that user's room");
	await http.post('/messages/user/u%207', `{"event":"news","data":${numbers}}`, { headers: { 'content-type': 'application/json' } });
	await until(() => got.length > 1);
	is(got[1], `2 news -\n${numbers}`, 'numbers in a message keep their text');
	const frames = [];
	plain.on('message', (m) => frames.push(String(m)));
	await http.post('/messages/broadcast', `{"event":"numbers","data":{ "n": ${numbers}}}`, { headers: { 'content-type': 'application/json' } });
	ok((await until(() => frames.find((m) => m.includes('"numbers"')))).includes(`"n":${numbers}`), 'numbers in a broadcast keep their text');
	listener.disconnect();
});

await test('test tools', async () => {
	const update = { requestId: 'r 1', status: 'processing', progress: 40, message: '분석 중', currentStep: 2 };
	for (let i = 0; i < 3; i++)
		is((await http.post('/test/analysis-status', update)).status, 200, 'a test status is accepted');
	await until(() => all.every((s) => s.all('analysis-update').length === 3));
	ok(all.every((s) => JSON.stringify(s.all('analysis:r 1')) === JSON.stringify([[update], [update], [update]])),
		'a test status is sent under both names, repeated ones too');
	const card = { id: 'c', sentiment: 'positive', text: '좋아요', keywords: ['배송'], confidence: 0.9 };
	await http.post('/test/sentiment-card', { requestId: 'r 1', card });
	deep(await all[3].next('sentiment-card'), [{ requestId: 'r 1', card }], 'a test card reaches the clients');
	const late = await ioConnect(a.url);
	await late.ask('subscribe-analysis', 'r 1');
	deep(await late.next('analysis-update'), [update], 'a late subscriber gets the test status');
	const last = await ioConnect(a.url);
	await last.ask('subscribe-analysis', { requestId: 'r 1', history: 3 });
	deep([await last.next('analysis-update'), await last.next('analysis-update'), await last.next('sentiment-card')],
		[[update], [update], [{ requestId: 'r 1', card }]], 'a late subscriber with history gets the last events');
	is((await http.get('/stats')).body.data.connectedClients, 8, 'both late subscribers are counted');
	late.disconnect();
	last.disconnect();
	await until(async () => (await http.get('/stats')).body.data.connectedClients === 6, { what: 'those who left to count no more' });
});

await test('bad input', async () => {
	for (const [path, body, field] of [
		['/notifications/system', {}, 'message'], ['/notifications/system', { message: 'x', type: 'loud' }, 'type'],
		['/notifications/system', { message: 'x', priority: 1 }, 'priority'], ['/notifications/system', { message: '' }, 'message'],
		['/notifications/system', { message: 'x', targetUsers: 'all' }, 'targetUsers'],
		['/notifications/maintenance', { message: 'x', startTime: 'soon', endTime: '2026-08-01T01:00:00Z' }, 'startTime'],
		['/notifications/maintenance', { message: 'x', startTime: '2026-08-01T02:00:00Z', endTime: '2026-08-01T01:00:00Z' }, 'endTime'],
		['/notifications/maintenance', { message: 'x', startTime: '2026-08-01T02:00:00Z', endTime: '2026-08-01T10:30:00+09:00' }, 'endTime'],
		['/messages/broadcast', { data: 1 }, 'event'], ['/messages/broadcast', { event: 'two words', data: 1 }, 'event'],
		['/messages/broadcast', { event: 'connect', data: 1 }, 'event'], ['/messages/user/u', { event: 'a\nb' }, 'event'],
		['/test/analysis-status', { requestId: 'x', status: 's', progress: 101 }, 'progress'],
		['/test/sentiment-card', { requestId: 'x', card: 'c' }, 'card'],
	]) {
		const { status, body: got } = await http.post(path, body);
		is(`${status} ${got.error?.details?.[0].field}`, `400 ${field}`, `${path} ${JSON.stringify(body)} is refused`);
	}
});

await test('access', async () => {
	const headers = { 'x-forwarded-for': '203.0.113.9' };
	for (const path of ['/stats', '/rooms/x/clients'])
		is((await http.get(path, { headers })).status, 401, `GET ${path} answers 401 to an anonymous client`);
	for (const path of ['/notifications/system', '/messages/broadcast', '/test/analysis-status'])
		is((await http.post(path, {}, { headers })).status, 401, `POST ${path} answers 401 to an anonymous client`);
	const paths = Object.keys((await client(a.url).get('/openapi.json')).body.paths).filter((p) => p.startsWith('/api/websocket/'));
	is(paths.length, 8, '/openapi.json describes every route of /api/websocket');
});

await test('users', async () => {
	const auth = { token: sign({ sub: 'u 7' }) };
	const one = await ioConnect(a.url, { auth });
	const two = await ioConnect(b.url, { auth });
	const other = await ioConnect(b.url, { auth: { token: sign({ sub: 'u8' }) } });
	const key = (name) => a.redis('GET', `${name}:u 7`);
	for (const s of [one, two])
		await s.ask('join-user-room', 'u 7');
	await other.ask('join-user-room', 'u8');
	const message = { message: 'm', type: 'info', priority: 'normal' };
	await http.post('/notifications/system', { message: 'm', targetUsers: ['u 7', 'nobody'] });
	deep([await one.next('system-notification'), await two.next('system-notification')], [[message], [message]],
		'a notification for some users reaches all their sockets');
	await http.post('/messages/user/u8', { event: 'news', data: { n: 2 } });
	deep(await other.next('news'), [{ n: 2 }], "a message to a user reaches that user's socket");
	is(other.all('system-notification').length + one.all('news').length, 0, 'a message to a user reaches no other socket');
	deep((await http.get('/rooms/user%3Au%207/clients')).body.data.clients.map((c) => [c.id, c.userId]).sort(),
		[[one.id, 'u 7'], [two.id, 'u 7']].sort(), 'the clients of a room have their user ids');
	is(await key('user_online'), 'true', 'user_online:{userId} is true');
	between(await a.redis('TTL', 'user_online:u 7'), 3500, 3600, 'user_online:{userId} expires after an hour');
	is(await key('websocket_connection'), two.id, 'websocket_connection:{userId} has the last socket');
	two.disconnect();
	await until(async () => await key('websocket_connection') === one.id, { what: 'the other socket to be named' });
	is(await key('user_online'), 'true', 'user_online:{userId} is true while a socket is left');
	one.disconnect();
	await until(async () => await key('user_online') === null && await key('websocket_connection') === null, { what: 'the user to be offline' });
	ok(true, 'user_online:{userId} is deleted with the last socket');
	other.disconnect();
});

await test('keys', async () => {
	const map = await a.redisServer.client.hgetall('websocket_connections:r 1');
	deep(map, Object.fromEntries(all.map((s) => [s.id, s.id])), 'websocket_connections:{taskId} has anonymous sockets under their own ids');
	const shown = () => a.redis('HGET', 'websocket_connections:t 9', 'u 9'), auth = { token: sign({ sub: 'u 9' }) };
	const [one, two] = [await ioConnect(a.url, { auth }), await ioConnect(b.url, { auth })];
	for (const s of [one, two])
		await s.ask('subscribe-analysis', 't 9');
	await until(async () => await shown() === two.id, { what: 'the second socket to be shown' });
	is(await a.redis('HLEN', 'websocket_connections:t 9'), 1, "a user is one field: the id of the last socket");
	await two.ask('unsubscribe-analysis', 't 9');
	await until(async () => await shown() === one.id, { what: 'the other socket to be shown' });
	one.disconnect();
	await until(async () => await a.redis('EXISTS', 'websocket_connections:t 9', 'ws:task:t 9') === 0, { what: 'the last to go' });
	two.disconnect();
	between(await a.redis('TTL', 'websocket_connections:r 1'), 7000, 7200, 'websocket_connections:{taskId} expires after two hours');
	await all[0].ask('unsubscribe-analysis', 'r 1');
	all[1].disconnect();
	await until(async () => await a.redis('HLEN', 'websocket_connections:r 1') === 3, { what: 'those who left to go' });
	ok(true, 'websocket_connections:{taskId} loses a socket that leaves or disconnects');
	const [dead] = b.kill9(/dure: ws 1/);
	ok(dead > 0, 'a fanout process is killed');
	await until(async () => await a.redis('HLEN', 'websocket_connections:r 1') === 1, { ms: 20000, what: "its successor to tidy up" });
	ok(true, 'its successor removes the sockets of a killed process');
	await until(async () => (await client(`${a.url}/api/websocket`).get('/stats')).body.data.connectedClients === 3,
		{ what: 'the killed ones to count no more' });
	ok(true, 'GET /stats does not count the sockets of a killed process');
});

await test('production', async () => {
	const p = await startDure({ share: a, env: { NODE_ENV: 'production', KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off',
		JWT_SECRET: 'a secret of the tests, of more than 32 bytes' } });
	const there = client(`${p.url}/api/websocket`);
	is((await there.post('/test/analysis-status', { requestId: 'x', status: 's', progress: 1 })).status, 404, 'production has no route for test statuses');
	is((await there.post('/test/sentiment-card', { requestId: 'x', card: {} })).status, 404, 'production has no route for test cards');
	is((await there.get('/stats')).status, 401, 'production admits no client by its loopback address');
});

await done();
