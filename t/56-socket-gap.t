#!/usr/bin/env t/lib/run
// 56-socket-gap.t -- a fanout process that loses Redis for a while: its clients stay connected, and get what was published meanwhile from the
// rooms' logs, in order and once; events no longer in the logs are reported as a gap; also across a reload.
import { client, ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';
import { foreignEvents } from './lib/events.mjs';

foreignEvents('analysis-update');		// as operators may name and fill them

const env = { ANALYZER: 'off', WS_RECOVERY_EVENTS: '50', REDIS_TIMEOUT_MS: '5000' };
const a = await startDure({ proxied: true, env });
const b = await startDure({ share: a, env: { ...env, KAFKA_BROKERS: '127.0.0.1:1' } });
const web = client(b.url);

let n = 0;
// Number `count` more updates of each room, through the host that has Redis.
async function say(rooms, count = 1) {
	for (let i = 0; i < count; i++)
		for (const id of rooms)
			await web.post('/api/websocket/test/analysis-status', { requestId: id, status: 'processing', progress: 5, message: `${++n}` });
}
async function member(url, rooms, options = {}) {
	const s = await ioConnect(url, { reconnection: false, ...options });
	s.story = [];
	s.on('analysis-update', (u) => s.story.push(`${u.requestId} ${u.message}`));
	s.on('gap', (g) => s.story.push(g));
	for (const room of rooms)
		await s.ask('subscribe-analysis', room);
	return s;
}
const whole = await member(b.url, ['x', 'y']);
const there = { websocket: await member(a.url, ['x', 'y']), polling: await member(a.url, ['x', 'y'], { transports: ['polling'] }) };
async function same(what) {
	await until(() => whole.story.at(-1)?.endsWith(` ${n}`), { ms: 20000, what: `${what}: the last event to arrive elsewhere` });
	for (const [name, s] of Object.entries(there)) {
		await until(() => s.story.length >= whole.story.length, { ms: 20000, what: `${what}: ${name} to have everything` });
		deep(s.story, whole.story, `${what}: ${name} got every event once, in order`);
		is(s.connected, true, `${what}: ${name} stayed connected`);
	}
}
const losses = () => a.log().split('\n').filter((l) => /"service":"ws 1".*redis connection lost/.test(l)).length;
const away = async () => {
	const before = losses();
	a.redisProxy.cut();
	await until(() => losses() >= before + 2, { what: 'both connections to be missed' });
};

// First, while this process knows no seq of any other room.
await test('a channel lost right after a new room subscribed to it', async () => {
	const channel = 'fanout:analysis:new', subscribed = async () => (await a.redis('PUBSUB', 'NUMSUB', channel))[1] > 1;
	const before = await member(b.url, ['new']), late = await member(a.url, []);
	ok(a.redisProxy.hold(/room:want/) > 0, 'Redis does not answer');
	const entered = late.ask('subscribe-analysis', 'new');
	const early = await until(subscribed, { ms: 1000 }).catch(() => false);
	if (!early) {
		a.redisProxy.heal();
		await entered;
	}
	a.redisProxy.mute(/fanout:/);
	await say(['new'], 2);
	a.redisProxy.drop(/fanout:/);
	a.redisProxy.heal();
	await entered;
	await say(['new'], 1);
	await until(() => late.story.at(-1) === `new ${n}` && before.story.at(-1) === `new ${n}`, { what: 'the last' });
	deep(late.story, before.story, 'members of the new room miss no event from the acknowledgement on');
	[before, late].forEach((s) => s.disconnect());
});

await test('a short outage', async () => {
	await say(['x', 'y'], 2);
	await same('before');
	await away();
	await say(['x', 'y'], 4);
	a.redisProxy.heal();
	await say(['x'], 3);
	await same('afterwards');
	await say(['y', 'x'], 2);
	await same('later');
});

await test('the subscriptions alone are cut', async () => {
	for (let i = 0; i < 5; i++) {
		ok(a.redisProxy.drop(/fanout:/) > 0, `cut ${i + 1}: the subscriptions are cut`);
		await say(['x', 'y'], 3);
		await same(`cut ${i + 1}`);
	}
});

await test('a client that joins during an outage', async () => {
	const before = await member(b.url, ['z']);	// else nobody knows that anybody is interested
	await away();
	const late = await member(a.url, ['z']);
	await say(['z'], 2);
	a.redisProxy.heal();
	await say(['z'], 5);
	const want = Array.from({ length: 7 }, (_, i) => `z ${n - 6 + i}`);
	await until(() => late.story.length >= want.length, { ms: 20000, what: 'what came after the acknowledgement' });
	deep(late.story, want, 'a client that joins during an outage gets every event published from then on');
	[before, late].forEach((s) => s.disconnect());
});

await test('a long outage', async () => {
	await say(['x'], 1);
	await same('before');
	const had = there.websocket.story.length, first = n + 1;
	await away();
	await say(['x'], 120);
	a.redisProxy.heal();
	await until(() => [whole, ...Object.values(there)].every((s) => s.story.at(-1) === `x ${n}`), { ms: 20000, what: 'the last' });
	const got = there.websocket.story.slice(had), [gap, ...rest] = got;
	is(gap.room, 'analysis:x', 'the gap event comes first', JSON.stringify(got.slice(0, 3)));
	is(gap.missed + rest.length, 120, 'the gap counts the events no longer in the log');
	deep(rest, Array.from({ length: rest.length }, (_, i) => `x ${first + gap.missed + i}`), 'the events after the gap arrive in order');
	ok(rest.length >= 50, `at least WS_RECOVERY_EVENTS events arrive after the gap (${rest.length})`);
	whole.story.length = there.websocket.story.length = there.polling.story.length = 0;
});

// A state read from the tables has no place in the log: a socket whose events are held back at that moment must get it too.
await test('a state read again while a client asks for recent events', async () => {
	const state = (progress) => JSON.stringify({ requestId: 'h', message: `${progress} %` });
	const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
		AND query LIKE 'SELECT state FROM analysis_requests%'`;
	await a.psql(`INSERT INTO analysis_requests (task_id, kind, product_id, payload, status, state, updated_at)
		VALUES ('h', 'analysis', 'gap', '{}', 'completed', $1, now() - interval '1 day')`, [state(10)]);
	const [free, asking] = [await member(a.url, ['h']), await member(a.url, ['h'])];
	await until(() => free.story.length + asking.story.length === 2, { what: 'the state to be told' });
	const held = await a.hold('analysis_requests');
	try {
		await held.query(`UPDATE analysis_requests SET state = '${state(20)}' WHERE task_id = 'h'`);
		ok(a.redisProxy.drop(/fanout:/) > 0, 'the subscriptions are cut');
		await until(async () => (await a.psql(waiting)).length > 0, { what: 'the state to be read again' });
		ok(a.redisProxy.hold(/room:want/) > 0, 'Redis does not answer');
		const { ok: entered } = await asking.ask('subscribe-analysis', { requestId: 'h', history: 9 });
		is(entered, true, 'a subscription with history is acknowledged');
	} finally {
		await held.release();
	}
	await until(() => free.story.length === 2, { what: 'the state to be told again' });
	is(asking.story.length, 1, 'a socket that waits for recent events does not get the state yet');
	a.redisProxy.heal();
	await until(() => asking.story.length > 1, { what: 'the last events and the state' });
	deep(asking.story, ['h 10 %', 'h 20 %'], 'the waiting socket gets the state afterwards, once');
	[free, asking].forEach((s) => s.disconnect());
});

await test('a reload during an outage', async () => {
	await say(['x', 'y'], 1);
	await same('before');
	await away();
	await say(['x', 'y'], 2);
	const reload = command(a, 'reload');
	await sleep(1500);
	await say(['x', 'y'], 2);
	a.redisProxy.heal();
	await say(['x', 'y'], 2);
	is((await reload).code, 0, 'dure reload succeeds during an outage');
	await say(['x', 'y'], 2);
	await same('after it');
});

await done();
