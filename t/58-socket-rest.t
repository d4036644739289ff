#!/usr/bin/env t/lib/run
// 58-socket-rest.t -- the REST side of the sockets over two hosts, one of them with two fanout processes: who is there, notices, messages, test
// tools; bad input, who may; the keys that tell others who is connected.
import WebSocket from 'ws';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

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
	is(status, 200, 'stats');
	is(body.data.connectedClients, 6, 'count the clients of all processes and hosts');
	is(body.data.activeRooms, 2, 'and their rooms');
	deep(body.data.roomDetails.map(({ name, clientCount }) => [name, clientCount]), [['analysis:r 1', 6], ['search:q', 1]], 'each once');
	between(Date.now() - Date.parse(body.data.roomDetails[0].createdAt), 0, 60000, 'since when');
});

await test('clients', async () => {
	const { body } = await http.get('/rooms/analysis%3Ar%201/clients');
	is(body.data.room, 'analysis:r 1', 'a room');
	is(body.data.clientCount, 6, 'has members everywhere');
	deep(body.data.clients.filter((c) => c.id).map((c) => c.id).sort(), all.map((s) => s.id).sort(), 'these');
	deep(body.data.clients.find((c) => c.id === all[2].id), { id: all[2].id, userId: null, namespace: '/', transport: 'polling' },
		'described so');
	is((await http.get('/rooms/nobody/clients')).body.data.clientCount, 0, 'another has none');
});

await test('notices', async () => {
	const answer = await http.post('/notifications/system', { message: '곧 점검합니다', type: 'warning', priority: 'high' });
	deep(answer.body, { success: true, data: { event: 'system-notification', targetUsers: null },
		message: '시스템 알림이 전송되었습니다.' }, 'a system notification');
	const want = { message: '곧 점검합니다', type: 'warning', priority: 'high' };
	deep(await Promise.all(all.map((s) => s.next('system-notification'))), all.map(() => [want]), 'reaches everybody');
	deep(await until(() => heard.find((m) => m.type === 'system-notification')), { ...want, type: 'system-notification' },
		'plain sockets too, under the type of the event');
	const alert = { message: 'm', startTime: '2026-08-01T00:00:00.000Z', endTime: '2026-08-01T01:00:00.000Z', affectedServices: ['분석'] };
	is((await http.post('/notifications/maintenance', alert, { language: 'en' })).body.message, 'The maintenance alert has been sent.',
		'a maintenance alert, in English');
	deep(await Promise.all(all.map((s) => s.next('maintenance-alert'))), all.map(() => [alert]), 'reaches everybody');
	await http.post('/notifications/system', { message: 'x', targetUsers: ['somebody'] });
	await http.post('/notifications/system', { message: 'y', targetUsers: [] });
	await http.post('/notifications/system', { message: 'z' });
	deep((await all[0].next('system-notification'))[0], { message: 'z', type: 'info', priority: 'normal' },
		'what is for some, or for nobody, does not reach everybody; defaults');
});

await test('messages', async () => {
	for (const data of [{ a: 1 }, 'text', [1, '2'], 7]) {
		deep((await http.post('/messages/broadcast', { event: 'hello', data }, { headers: { traceparent: '00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } })).body.data, { event: 'hello' }, 'a broadcast');
		deep(await all[4].next('hello'), [data], `of ${JSON.stringify(data)} arrives as it is`);
	}
	const numbers = '[9007199254740993,9223372036854775807,0.30000000000000004,1.7976931348623157e308,1.50,-0.0,1E2]';
	const [listener] = await Promise.all([a.redisServer.client.duplicate()]);
	const got = [];
	await listener.subscribe('fanout:user:u 7');
	listener.on('message', (_, text) => got.push(text.slice(text.indexOf(' ') + 1)));
	is((await http.post('/messages/user/u%207', { event: 'news', data: { n: 1 } })).body.data.userId, 'u 7', 'a message to a user');
	await until(() => got.length > 0);
	is(got[0], '2 news -\n{"n":1}', 'goes to the room of that user');
	await http.post('/messages/user/u%207', `{"event":"news","data":${numbers}}`, { headers: { 'content-type': 'application/json' } });
	await until(() => got.length > 1);
	is(got[1], `2 news -\n${numbers}`, 'numbers keep their text');
	const frames = [];
	plain.on('message', (m) => frames.push(String(m)));
	await http.post('/messages/broadcast', `{"event":"numbers","data":{ "n": ${numbers}}}`, { headers: { 'content-type': 'application/json' } });
	ok((await until(() => frames.find((m) => m.includes('"numbers"')))).includes(`"n":${numbers}`), 'also in a broadcast to a socket');
	listener.disconnect();
});

await test('test tools', async () => {
	const update = { requestId: 'r 1', status: 'processing', progress: 40, message: '분석 중', currentStep: 2 };
	for (let i = 0; i < 3; i++)
		is((await http.post('/test/analysis-status', update)).status, 200, 'a status');
	await until(() => all.every((s) => s.all('analysis-update').length === 3));
	ok(all.every((s) => JSON.stringify(s.all('analysis:r 1')) === JSON.stringify([[update], [update], [update]])),
		'is sent as given, equal ones too, under both names');
	const card = { id: 'c', sentiment: 'positive', text: '좋아요', keywords: ['배송'], confidence: 0.9 };
	await http.post('/test/sentiment-card', { requestId: 'r 1', card });
	deep(await all[3].next('sentiment-card'), [{ requestId: 'r 1', card }], 'a card');
	const late = await ioConnect(a.url);
	await late.ask('subscribe-analysis', 'r 1');
	deep(await late.next('analysis-update'), [update], 'a late one is told the status');
	const last = await ioConnect(a.url);
	await last.ask('subscribe-analysis', { requestId: 'r 1', history: 3 });
	deep([await last.next('analysis-update'), await last.next('analysis-update'), await last.next('sentiment-card')],
		[[update], [update], [{ requestId: 'r 1', card }]], 'or the last events, if it asks for them');
	is((await http.get('/stats')).body.data.connectedClients, 8, 'both count');
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

await test('who may', async () => {
	const headers = { 'x-forwarded-for': '203.0.113.9' };
	for (const path of ['/stats', '/rooms/x/clients'])
		is((await http.get(path, { headers })).status, 401, `GET ${path} is not for everybody`);
	for (const path of ['/notifications/system', '/messages/broadcast', '/test/analysis-status'])
		is((await http.post(path, {}, { headers })).status, 401, `POST ${path} is not for everybody`);
	const paths = Object.keys((await client(a.url).get('/openapi.json')).body.paths).filter((p) => p.startsWith('/api/websocket/'));
	is(paths.length, 8, 'all are described');
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
	deep(await other.next('news'), [{ n: 2 }], 'a message to a user that one');
	is(other.all('system-notification').length + one.all('news').length, 0, 'and no others');
	deep((await http.get('/rooms/user%3Au%207/clients')).body.data.clients.map((c) => [c.id, c.userId]).sort(),
		[[one.id, 'u 7'], [two.id, 'u 7']].sort(), 'the room says who is in it');
	is(await key('user_online'), 'true', 'user_online:{userId} is true');
	between(await a.redis('TTL', 'user_online:u 7'), 3500, 3600, 'for an hour');
	is(await key('websocket_connection'), two.id, 'websocket_connection:{userId} has the last socket');
	two.disconnect();
	await until(async () => await key('websocket_connection') === one.id, { what: 'the other socket to be named' });
	is(await key('user_online'), 'true', 'while one is left the user is online');
	one.disconnect();
	await until(async () => await key('user_online') === null && await key('websocket_connection') === null, { what: 'the user to be offline' });
	ok(true, 'after the last one not');
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
	between(await a.redis('TTL', 'websocket_connections:r 1'), 7000, 7200, 'for two hours');
	await all[0].ask('unsubscribe-analysis', 'r 1');
	all[1].disconnect();
	await until(async () => await a.redis('HLEN', 'websocket_connections:r 1') === 3, { what: 'those who left to go' });
	ok(true, 'who leaves or disconnects is taken out');
	const [dead] = b.kill9(/dure: ws 1/);
	ok(dead > 0, 'a process is killed');
	await until(async () => await a.redis('HLEN', 'websocket_connections:r 1') === 1, { ms: 20000, what: "its successor to tidy up" });
	ok(true, 'and its successor takes out whom it had');
	await until(async () => (await client(`${a.url}/api/websocket`).get('/stats')).body.data.connectedClients === 3,
		{ what: 'the killed ones to count no more' });
	ok(true, 'they do not count');
});

await test('production', async () => {
	const p = await startDure({ share: a, env: { NODE_ENV: 'production', KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off',
		JWT_SECRET: 'a secret of the tests, of more than 32 bytes' } });
	const there = client(`${p.url}/api/websocket`);
	is((await there.post('/test/analysis-status', { requestId: 'x', status: 's', progress: 1 })).status, 404, 'no test tools there');
	is((await there.post('/test/sentiment-card', { requestId: 'x', card: {} })).status, 404, 'neither');
	is((await there.get('/stats')).status, 401, 'and nobody is an administrator by being near');
});

await done();
