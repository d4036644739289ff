#!/usr/bin/env t/lib/run
// 50-socket-client.t -- the unchanged socket.io-client over each transport: connect, subscribe, acknowledgements, updates under
// both names, errors, ping, namespaces, disconnect.
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { CARD, publish, update } from './lib/room.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const d = await startDure();
const ways = { websocket: ['websocket'], 'polling, then upgrade': ['polling', 'websocket'], polling: ['polling'] };

for (const [way, transports] of Object.entries(ways)) await test(way, async () => {
	const id = `task ${way}`;
	const s = await ioConnect(d.url, { transports });
	deep(await s.next('connected'), [{ clientId: s.id }], `${way}: the server sends the client's id on connect`);
	if (transports.length > 1)
		await until(() => s.io.engine.transport.name === 'websocket', { what: 'the upgrade' });
	is(s.io.engine.transport.name, transports.at(-1), `${way}: the connection uses the transport`);
	deep(await s.ask('subscribe-analysis', id), { ok: true, room: `analysis:${id}` }, `${way}: subscribing is acknowledged`);
	await update(d, id, { status: 'processing', progress: 10, message: '안녕' });
	const want = [{ requestId: id, status: 'processing', progress: 10, message: '안녕' }];
	deep(await s.next('analysis-update'), want, `${way}: an update arrives`);
	deep(await s.next(`analysis:${id}`), want, `${way}: an update arrives under its second name`);
	await publish(d, `analysis:${id}`, 'sentiment-card', { requestId: id, card: { id: 'c1' } }, { kind: CARD });
	deep(await s.next('sentiment-card'), [{ requestId: id, card: { id: 'c1' } }], `${way}: a card arrives`);
	s.emit('ping', { timestamp: 17 });
	deep(await s.next('pong'), [{ timestamp: 17 }], `${way}: ping is answered with the client's timestamp`);
	for (const theirs of [[], [{}], [{ timestamp: null }], [{ timestamp: '2026-01-01T00:00:00Z' }], [{ timestamp: {} }]]) {
		s.emit('ping', ...theirs);
		const [{ timestamp }] = await s.next('pong'), age = Date.now() - timestamp;
		ok(typeof timestamp === 'number' && age > -60000 && age < 60000,
			`${way}: the answer to ping ${JSON.stringify(theirs)} has the time in milliseconds, as a number`, timestamp);
	}
	deep(await s.ask('unsubscribe-analysis', id), { ok: true, room: `analysis:${id}` }, `${way}: unsubscribing is acknowledged`);
	await update(d, id, { progress: 20 });
	await s.ask('ping');
	is(s.all('analysis-update').length, 1, `${way}: unsubscribing ends the updates`);
	s.disconnect();
});

const s = await ioConnect(d.url);
const auth = { token: sign({ sub: 'u1' }) };

await test('every kind of room', async () => {
	for (const [event, room, name, alias] of [
		['subscribe-search', 'search:m1', 'search-results', 'search:m1'],
		['subscribe-batch', 'batch:j1', 'batch-update', 'batch:j1'],
		['join-product-room', 'product:p1', 'watchlist-update', 'watchlist:update'],
	]) {
		deep(await s.ask(event, room.slice(room.indexOf(':') + 1)), { ok: true, room }, `${event} joins ${room}`);
		await publish(d, room, name, { n: 1 }, { alias });
		deep([await s.next(name), await s.next(alias)], [[{ n: 1 }], [{ n: 1 }]], `${name} arrives under both names`);
	}
});

await test('arguments', async () => {
	deep(await s.ask('subscribe-analysis', { requestId: 'obj' }), { ok: true, room: 'analysis:obj' }, 'an object with requestId is accepted');
	deep(await s.ask('subscribe-analysis', 123), { ok: true, room: 'analysis:123' }, 'a number is accepted as its text');
	for (const bad of [undefined, '', null, {}, [], { requestId: 5 }, 'x'.repeat(256), true]) {
		const a = await s.ask('subscribe-analysis', ...(bad === undefined ? [] : [bad]));
		ok(a.ok === false && a.error.code === 'VALIDATION_FAILED' && a.error.details[0].field === 'requestId',
			`${JSON.stringify(bad)?.slice(0, 20)} is refused`, JSON.stringify(a));
	}
	deep(await s.ask('subscribe-analysis', '한'.repeat(255)), { ok: true, room: `analysis:${'한'.repeat(255)}` },
		'an id of 255 characters is accepted');
});

await test('errors', async () => {
	const a = await s.ask('join-user-room', 'u1');
	is(a.error.code, 'UNAUTHORIZED', 'a user room requires a user');
	like(a.error.message, /인증/, 'an error is in Korean by default');
	s.emit('join-user-room', 'u1');
	const [e] = await s.next('error');
	is(e.code, 'UNAUTHORIZED', 'an error without a callback is emitted as an error event');
	const unknown = await s.ask('no-such-event', 1);
	is(unknown.error.code, 'NOT_FOUND', 'an unknown event is acknowledged with NOT_FOUND');
	s.emit('no-such-event', 1);
	s.emit('subscribe-analysis', Buffer.from('binary'));
	is((await s.next('error'))[0].code, 'VALIDATION_FAILED', 'a binary argument is refused where none belongs');
	ok(s.connected, 'a refused event does not disconnect the socket');
});

await test('order', async () => {
	await s.ask('subscribe-analysis', 'order');
	const answers = [];
	for (let i = 0; i < 50; i++)
		s.emit(i % 2 ? 'ping' : 'subscribe-analysis', i % 2 ? { timestamp: i } : `order ${i}`, () => answers.push(i));
	await until(() => answers.length === 50);
	ok(answers.every((n, i) => n === i), 'events of one socket are handled in order');
	for (let i = 0; i < 200; i++)
		update(d, 'order', { progress: i });
	await s.next('analysis-update', (p) => p.progress === 199);
	deep(s.all('analysis-update').map(([p]) => p).filter((p) => p.requestId === 'order').map((p) => p.progress),
		[...Array(200).keys()], 'the updates of a room arrive in order');
	deep(s.seen.filter((e) => e.args[0]?.requestId === 'order').slice(0, 4).map((e) => e.event),
		['analysis-update', 'analysis:order', 'analysis-update', 'analysis:order'], 'each update is followed by its second name');
});

await test('namespaces', async () => {
	const chat = await ioConnect(`${d.url}/chat`, { auth });
	ok(chat.connected, '/chat connects');
	const bad = await ioConnect(`${d.url}/nowhere`, { wait: false });
	const e = await new Promise((settle) => bad.once('connect_error', settle));
	is(e.message, 'Invalid namespace', 'an unknown namespace is refused');
	const one = await ioConnect(d.url, { forceNew: true });
	const two = one.io.socket('/streaming', { auth });
	two.connect();
	await until(() => two.connected, { what: 'the second namespace' });
	isnt(one.id, two.id);
	two.disconnect();
	await one.ask('ping');
	ok(one.connected && !two.connected, 'leaving one namespace keeps the other');
});

function isnt(a, b) {
	ok(a !== b, 'two namespaces share a connection and have ids of their own');
}

await test('leaving', async () => {
	const gone = await ioConnect(d.url);
	await gone.ask('subscribe-analysis', 'left');
	is(await update(d, 'left', {}), 1, "the process subscribes to a room's channel while it has members");
	gone.disconnect();
	await until(async () => await update(d, 'left', {}) === 0, { what: 'the channel to be left' });
	ok(true, 'the process unsubscribes when the last member leaves');
});

await done();
