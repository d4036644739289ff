#!/usr/bin/env t/lib/run
// 56-socket-recovery.t -- clients that are cut off reconnect with their id and rooms and get exactly what they missed, in order: after a cut,
// a kill -9 of their process, on another process, on another host, while their old connection seems alive; and gaps.
import WebSocket from 'ws';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { keep } from './lib/room.mjs';
import { startProxy } from './lib/ports.mjs';
import { atEnd, deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until, within } from './lib/until.mjs';
import { foreignEvents } from './lib/events.mjs';

foreignEvents('hello', 'big', 'analysis-update');		// as operators may name and fill them

const env = { WS_RECOVERY_EVENTS: 400 };
const a = await startDure({ ws: 2, env });
const b = await startDure({ share: a, env: { ...env, KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off' } });
const posts = [client(a.url), client(b.url)];
const fast = { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 200, randomizationFactor: 0.2 };

let n = 0;
// Number `count` more updates of a room, through either host by turns.
async function say(id, count = 1) {
	for (let i = 0; i < count; i++, n++)
		await posts[n % 2].post('/api/websocket/test/analysis-status', { requestId: id, status: 'processing', progress: 5, message: `${n}` });
}
// What a socket got: names and numbers in order.
const story = (s) => s.seen.filter((e) => /^analysis|^gap|^hello/.test(e.event))
	.map((e) => `${e.event} ${e.args[0].requestId ?? ''} ${e.args[0].message ?? JSON.stringify(e.args[0])}`);
const caughtUp = (s, whole) => until(() => story(s).length >= story(whole).length, { ms: 20000, what: 'everything to arrive' });

async function member(url, rooms, options = fast) {
	const s = await ioConnect(url, options);
	for (const room of rooms)
		await s.ask('subscribe-analysis', room);
	s.lives = [];
	s.on('connect', () => s.lives.push(s.recovered));
	return s;
}
const proxies = [await startProxy(a.port), await startProxy(a.port), await startProxy(a.port)];
atEnd(() => Promise.all(proxies.map((p) => p.stop())));
const [first, second, third] = proxies;
const through = (proxy) => `http://127.0.0.1:${proxy.port}`;
const back = (s, lives) => until(() => s.connected && s.lives.length === lives, { ms: 20000, what: 'the client to be back' });

const whole = await member(b.url, ['x', 'y']);
const ws = await member(through(first), ['x', 'y']);
const polls = await member(through(second), ['x', 'y'], { ...fast, transports: ['polling'] });
const upgrades = await member(through(third), ['x', 'y'], { ...fast, transports: ['polling', 'websocket'] });
const cut = { websocket: ws, polling: polls, upgrading: upgrades };
const ids = Object.fromEntries(Object.entries(cut).map(([name, s]) => [name, s.id]));

// The same story, or where it first differs.
function told(s, name) {
	const got = story(s), want = story(whole), at = want.findIndex((line, i) => line !== got[i]);
	ok(at < 0 && got.length === want.length, name, `got ${got.length} lines, want ${want.length}`,
		`got  ${got.slice(Math.max(at - 4, 0), at + 8).join(', ')}`, `want ${want.slice(Math.max(at - 4, 0), at + 8).join(', ')}`);
}

async function same(what, lives) {
	for (const [name, s] of Object.entries(cut)) {
		await back(s, lives);
		await caughtUp(s, whole);
		await sleep(100);
		is(s.recovered, true, `${what}: ${name} is recovered`);
		is(s.id, ids[name], `${what}: ${name} has its id`);
		told(s, `${what}: ${name} got exactly the missed events, in order`);
	}
}

await test('a cut', async () => {
	await say('x', 3);
	await Promise.all(Object.values(cut).map((s) => s.next('analysis:x', (p) => p.message === '2')));
	proxies.forEach((p) => p.cut());
	await until(() => Object.values(cut).every((s) => !s.connected));
	for (let i = 0; i < 10; i++) {
		await say('x', 2);
		await say('y', 3);
	}
	await posts[0].post('/api/websocket/messages/broadcast', { event: 'hello', data: { n: 1 } });
	proxies.forEach((p) => p.heal());
	await same('a cut', 1);
	ok(story(ws).some((l) => l.startsWith('hello')), 'a broadcast during the cut arrives too');
});

await test('repeated cuts while events are published', async () => {
	let going = true;
	const speaker = (async () => { while (going) { await say(Math.random() < 0.5 ? 'x' : 'y'); await sleep(2); } })();
	for (let i = 0; i < 6; i++) {
		proxies.forEach((p) => p.cut());
		await sleep(30 + 100 * Math.random());
		proxies.forEach((p) => p.heal());
		await until(() => Object.values(cut).every((s) => s.connected), { ms: 20000, what: 'all to be back' });
		await sleep(200 * Math.random());
	}
	going = false;
	await speaker;
	for (const s of Object.values(cut))
		s.lives.length = 2;
	await same('many cuts', 2);
	ok(Object.values(cut).every((s) => s.lives.every((r) => r === true || r === undefined)), 'a client recovers after each of several cuts');
});

await test('kill -9 of the processes', async () => {
	for (const s of Object.values(cut))
		s.lives.length = 0;
	const gone = Promise.all(Object.values(cut).map((s) => new Promise((settle) => s.once('disconnect', settle))));
	is(a.kill9(/dure: ws/).length, 2, 'both fanout processes are killed');
	await say('x', 10);
	await say('y', 10);
	await within(10000, 'the clients to notice', gone);
	await same('a kill -9', 1);
});

await test('another host', async () => {
	for (const s of Object.values(cut))
		s.lives.length = 0;
	proxies.forEach((p) => { p.cut(); p.aim(b.port); });
	await say('x', 5);
	await say('y', 5);
	proxies.forEach((p) => p.heal());
	await same('another host', 1);
	await say('y', 3);
	await same('and its updates go on', 1);
	const { body } = await client(`${a.url}/api/websocket`).get('/rooms/analysis%3Ax/clients');
	deep(body.data.clients.map((c) => c.id).sort(), [...Object.values(ids), whole.id].sort(), "the room's clients are those of the new host");
	for (const p of proxies)
		p.aim(a.port);
});

await test('a gap', async () => {
	const before = story(whole).length;
	first.cut();
	await until(() => !ws.connected);
	await say('x', 600);
	first.heal();
	await ws.next('gap');
	const [gap] = ws.all('gap')[0];
	await until(() => ws.seen.at(-1).args[0].message === `${n - 1}`, { what: 'the last one' });
	const got = story(ws).slice(before).filter((l) => l.startsWith('analysis-update')).map((l) => Number(l.split(' ')[2]));
	is(gap.room, 'analysis:x', 'the gap event names its room');
	is(gap.missed + got.length, 600, 'the gap counts the lost events exactly');
	ok(got.length >= 400 && got.every((v, i) => v === n - got.length + i), 'the events after the gap arrive in order', got.length);
	ok(gap.from < gap.to, 'the gap event has the first and last lost seq');
	is(ws.recovered, true, 'the connection is recovered in spite of the gap');
	ws.disconnect();
});

// Socket.IO by hand: what came, and how it ended.
async function byHand(d, connect) {
	const w = new WebSocket(`${d.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
	w.got = [];
	w.on('message', (m) => w.got.push(m.toString()));
	w.on('error', () => {});
	w.closed = new Promise((settle) => w.once('close', settle));
	await new Promise((settle) => w.once('open', settle));
	w.send(`40${JSON.stringify(connect)}`);
	const hello = await until(() => w.got.find((m) => m.startsWith('40')));
	Object.assign(w, JSON.parse(hello.slice(2)));
	w.ask = async (event, arg) => {
		w.send(`421${JSON.stringify([event, arg])}`);
		await until(() => w.got.some((m) => m.startsWith('431')));
		w.got = w.got.filter((m) => !m.startsWith('431'));
	};
	w.settle = async () => {
		await w.ask('ping');
		return w.got.filter((m) => m.startsWith('42["analysis')).map((m) => JSON.parse(m.slice(2)));
	};
	return w;
}

await test('an old connection that seems alive', async () => {
	const old = await byHand(a, {});
	await old.ask('subscribe-analysis', 'z');
	await say('z');
	const [, [, , offset]] = await until(async () => { const l = await old.settle(); return l.length === 2 && l; });
	old.pause();
	await say('z', 2);
	const now = await byHand(b, { pid: old.pid, offset });
	is(now.sid, old.sid, 'the new connection takes the session over');
	is((await now.settle()).length, 4, 'the new connection gets the events that the old one did not read');
	old.resume();
	await within(10000, 'the old one to end', old.closed);
	ok(true, 'the old connection is closed');
	await say('z');
	await until(async () => (await now.settle()).length >= 6, { what: 'the next event' });
	is((await now.settle()).length, 6, 'the new connection keeps the session');
	now.close();
	await now.closed;
	const again = await byHand(a, { pid: old.pid, offset });
	is(again.sid, old.sid, 'the same offset recovers again');
	is((await again.settle()).length, 6, 'a second recovery by the same offset gets the same events and later ones');
	again.close();
});

await test('offsets', async () => {
	const w = await byHand(a, {});
	await w.ask('subscribe-analysis', 'o');
	await say('o', 2);
	const [one, other] = await until(async () => { const l = await w.settle(); return l.length === 4 && l; });
	like(one[2], /^\d{16}a$/, 'the first name of an event has half an offset');
	is(`${other[2]}a`, one[2], 'the second name of an event has the whole offset');
	w.close();
	await w.closed;
	const half = await byHand(b, { pid: w.pid, offset: one[2] });
	deep((await half.settle()).map((l) => l[0]), ['analysis:o', 'analysis-update', 'analysis:o'],
		'a cut between the two names of an event loses and repeats neither');
	half.close();
	await half.closed;
	const none = await byHand(a, { pid: w.pid });
	is((await none.settle()).length, 4, 'a recovery without an offset gets every event since the room was joined');
	none.close();
	await none.closed;
	const bad = await byHand(a, { pid: w.pid, offset: 'zzz' });
	isnt(bad.sid, w.sid, 'a malformed offset recovers nothing');
	bad.close();
});

await test('last states', async () => {
	await keep(a, 'analysis:s', 'analysis-update', { requestId: 's', progress: 50 }, { alias: 'analysis:s' });
	const w = await byHand(a, {});
	await w.ask('subscribe-analysis', 's');
	const told = await until(async () => { const l = await w.settle(); return l.length === 2 && l; });
	like(told[1][2], /^\d+:1$/, 'the state sent to a late subscriber has an offset');
	w.close();
	await w.closed;
	const knows = await byHand(b, { pid: w.pid, offset: told[1][2] });
	is((await knows.settle()).length, 0, 'a client that has the state does not get it again');
	knows.close();
	await knows.closed;
	const lacks = await byHand(b, { pid: w.pid });
	is((await lacks.settle()).length, 2, 'a client without the state gets it');
	lacks.close();
	await lacks.closed;
	await say('s');
	const newer = await byHand(a, { pid: w.pid });
	deep((await newer.settle()).map((l) => l[1].message), [`${n - 1}`, `${n - 1}`], 'a missed event takes the place of the state');
	newer.close();
});

await test('no recovery', async () => {
	const w = await byHand(a, {});
	w.send('41');
	await sleep(50);
	w.close();
	await w.closed;
	isnt((await byHand(a, { pid: w.pid })).sid, w.sid, 'a client that disconnected by itself is not recovered');
	isnt((await byHand(a, { pid: 'x'.repeat(20) })).pid, 'x'.repeat(20), 'an unknown pid is not recovered');
	for (const pid of ['', 7, null, 'a b', 'x'.repeat(5000)])
		ok((await byHand(a, { pid, offset: 7 })).sid, `pid ${JSON.stringify(pid).slice(0, 12)} starts a new session`);
	const s = await byHand(b, {});
	s.close();
	await s.closed;
	await until(async () => await a.redis('HGET', `ws:session:${s.pid}`, 'ended') === '1');
	const left = await a.redis('PTTL', `ws:session:${s.pid}`);
	ok(left > 110000 && left <= 120000, 'a session is kept for two minutes', left);
	await a.redis('PEXPIRE', `ws:session:${s.pid}`, 1);
	await sleep(20);
	isnt((await byHand(b, { pid: s.pid })).sid, s.sid, 'an expired session is not recovered');
	const dead = await byHand(b, {});
	const owner = await until(() => a.redis('HGET', `ws:session:${dead.pid}`, 'owner'));
	b.kill9(/dure: ws/);
	await dead.closed;
	await a.redis('DEL', `ws:process:${owner.split('/')[0]}`);
	await b.ready();
	isnt((await byHand(b, { pid: dead.pid })).sid, dead.sid, 'a session whose process died longer ago is not recovered');
});

await test('the metric of recoveries', async () => {
	const count = async (d, result) => Number((await client(d.url).get('/metrics')).text.match(new RegExp(`^ws_recoveries_total\\{result="${result}"\\} (\\d+)`, 'm'))?.[1] ?? 0);
	const before = {}, more = { recovered: 1, malformed: 1, unknown: 2 };
	for (const result of Object.keys(more))
		before[result] = await count(a, result);
	const w = await byHand(a, {});
	w.close();
	await w.closed;
	for (const connect of [{ pid: w.pid }, { pid: w.pid, offset: 'zzz' }, { pid: 'x'.repeat(20) }, { pid: 'x'.repeat(20) }, {}])
		(await byHand(a, connect)).close();
	for (const result of Object.keys(more))		/* or more: the clients of the other tests are there too */
		await until(async () => await count(a, result) >= before[result] + more[result], { what: `${result} to grow by ${more[result]}` });
	ok(true, 'ws_recoveries_total counts by result');
});

await test('the user of a session', async () => {
	const token = (sub) => ({ token: sign({ sub }) });
	const mine = await byHand(a, token('me'));
	mine.close();
	await mine.closed;
	isnt((await byHand(b, { pid: mine.pid, ...token('you') })).sid, mine.sid, 'a session is not recovered by another user');
	isnt((await byHand(b, { pid: mine.pid })).sid, mine.sid, 'a session of a user is not recovered anonymously');
	const again = await byHand(b, { pid: mine.pid, ...token('me') });
	is(again.sid, mine.sid, 'a session is recovered by its user');
	const guest = await byHand(a, {});
	await guest.ask('auth:refresh', token('me').token);
	guest.close();
	await guest.closed;
	is((await byHand(b, { pid: guest.pid, ...token('me') })).sid, guest.sid, 'a session whose user logged in while connected is recovered by that user');
});

await test('namespaces', async () => {
	const s = await ioConnect(`${through(second)}/chat`, { ...fast, auth: { token: sign({ sub: 'me' }) } });
	const { id } = s;
	second.cut();
	await until(() => !s.connected);
	second.heal();
	await until(() => s.connected, { ms: 20000 });
	ok(s.recovered && s.id === id, 'sockets of other namespaces are recovered');
});

await test('the logs of rooms', async () => {
	await say('nobody', 5);
	is(await a.redis('EXISTS', 'room:log:analysis:nobody'), 0, 'a room without members has no log');
	is(await a.redis('EXISTS', 'room:log:analysis:x'), 1, 'a room with members has a log');
	const ttl = await a.redis('PTTL', 'room:log:analysis:x');
	ok(ttl > 120000 && ttl <= 210000, 'the log of a room expires', ttl);
	ok(await a.redis('LLEN', 'room:log:analysis:x') <= 425, 'the log of a room is bounded in events');
	await posts[0].post('/api/websocket/messages/broadcast', { event: 'big', data: 'x'.repeat(100000) });
	for (let i = 0; i < 40; i++)
		await posts[0].post('/api/websocket/messages/broadcast', { event: 'big', data: 'x'.repeat(60000) });
	ok(await a.redis('MEMORY', 'USAGE', 'room:log:all') < 2 * 524288, 'the log of broadcasts is bounded in bytes', await a.redis('MEMORY', 'USAGE', 'room:log:all'));
});

await done();
