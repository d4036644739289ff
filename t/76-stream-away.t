#!/usr/bin/env t/lib/run
// 76-stream-away.t -- a ban or a mute that a fanout process cannot hear, since it has no Redis or is just handing its clients on, is
// obeyed when the process replays the room's log; where there are no logs, it asks the table who is banned. A message whose publication
// Redis executed and did not answer is heard once.
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const a = await startDure({ proxied: true, env: { ANALYZER: 'off' } });
const b = await startDure({ share: a, env: { ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1' } });
const web = client(b.url);
const person = (role) => { const id = randomUUID(); return { id, as: { token: sign({ sub: id, role }) } }; };
const seller = person('seller');
const key = (await web.post('/api/v1/streams', { title: 'away' }, seller.as)).body.data.streamKey;
async function listener() {
	const who = person('user');
	// A token is refused until the revocations have been read again, which takes a retry if the connections come back in the wrong order.
	const s = await until(() => ioConnect(`${a.url}/chat`, { auth: who.as }).catch(() => null), { every: 200, what: 'the token to be accepted' });
	await until(() => s.ask('chat:join-room', key).then((r) => r.ok, () => false), { every: 200, what: 'the chat to be entered' });
	return Object.assign(s, { who });
}
const ban = async (s) => is((await web.post(`/api/v1/streams/${key}/bans`, { userId: s.who.id, seconds: 0 }, seller.as)).status, 201, 'the seller bans the user');
const say = (s, message) => s.ask('chat:send-message', { streamKey: key, message });

const good = await listener();
const isOut = async (s, when) => {
	await until(() => s.all('chat:banned').length > 0, { ms: 20000, what: `the banned one to be told, ${when}` });
	await until(async () => (await say(good, when)).ok, { ms: 20000, every: 200, what: 'others to speak again' });
	await good.next('chat:message', (m) => m.message === when);
	deep([s.connected, s.all('chat:message').filter(([m]) => m.message === when)], [true, []], `a banned user hears nothing more, ${when}`);
};

await test('without Redis', async () => {
	const s = await listener();
	a.redisProxy.cut();
	await ban(s);
	a.redisProxy.heal();
	await isOut(s, 'when Redis is back');
	s.disconnect();
});

await test('a mute', async () => {
	const s = await listener();
	a.redisProxy.cut();
	is((await web.post(`/api/v1/streams/${key}/mutes`, { userId: s.who.id, seconds: 600, reason: 'loud' }, seller.as)).status, 201, 'the seller mutes the user');
	a.redisProxy.heal();
	await until(() => s.all('chat:muted').length > 0, { ms: 20000, what: 'the muted one to be told when Redis is back' });
	deep(s.all('chat:muted').map(([m]) => m.reason), ['loud'], 'the muted user is told once, with the reason');
	is(good.all('!person').length + good.all('chat:muted').length, 0, 'other users get no event about the mute');
	s.disconnect();
});

await test('while clients are handed on', async () => {
	const s = await listener();
	a.redisProxy.cut();
	const reload = command(a, 'reload');
	await ban(s);
	await until(() => /clients were handed on/.test(a.log()), { ms: 60000, what: 'the hand-over' });
	a.redisProxy.heal();
	is((await reload).code, 0, 'the reload succeeds');
	await isOut(s, 'after the hand-over');
	s.disconnect();
});

await test('an answer of Redis that is lost', async () => {
	const s = await listener();
	await until(() => say(s, 'before').then((r) => r.ok, () => false), { every: 200, what: 'Redis to be reached' });
	const held = await a.hold('chat_messages'), said = say(s, 'once');
	await until(async () => (await a.psql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH asked AS MATERIALIZED (%json_to_recordset%'")).length > 0, { what: 'the message to wait for its table' });
	ok(a.redisProxy.mute(/chat:message/) > 0, 'the answers to publications are held back');
	await held.release();
	is((await said).ok, true, "the message is acknowledged although Redis' answer is lost");
	await until(() => say(s, 'after').then((r) => r.ok, () => false), { every: 200, what: 'Redis to be reached again' });
	await good.next('chat:message', (m) => m.message === 'after');
	deep(good.all('chat:message').map(([m]) => m.message).filter((m) => /^(before|once|after)$/.test(m)), ['before', 'once', 'after'], 'each message is delivered once, in order');
	s.disconnect();
});

await test('without logs', async () => {
	const c = await startDure({ share: b, proxied: true, env: { ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1', WS_RECOVERY_MS: '0' } });
	const who = person('user'), s = await ioConnect(`${c.url}/chat`, { auth: who.as });
	is((await s.ask('chat:join-room', key)).ok, true, 'a user is in the chat');
	c.redisProxy.cut();
	await ban(Object.assign(s, { who }));
	c.redisProxy.heal();
	await until(() => s.all('chat:banned').length > 0, { ms: 20000, what: 'the banned one to be told' });
	is(s.connected, true, 'the banned user is out of the chat and still connected');
	s.disconnect();
});

await done();
