#!/usr/bin/env t/lib/run
// 56-socket-outbox.t -- events stored while the publishing process has no Redis reach the members of the rooms later, in
// order and once: sent by the process when Redis is back, or by cron when the process has died; also where
// Redis executed a publication and its answer was lost.
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until } from './lib/until.mjs';

const a = await startDure({ proxied: true, env: { ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1', ROOM_OUTBOX_MAX: '12' } });
const b = await startDure({ share: a, env: { ANALYZER: 'off' } });
const web = client(a.url), other = client(b.url);
const seller = { token: sign({ sub: randomUUID(), role: 'seller' }) };
const key = (await other.post('/api/v1/streams', { title: 'outbox' }, seller)).body.data.streamKey;
const socket = await ioConnect(b.url, { auth: seller });
const titles = [];
socket.on('stream:updated', (s) => titles.push(s.title));
await socket.ask('join:stream', key);
const rename = (through, title) => through.patch(`/api/v1/streams/${key}`, { title }, seller);
// Each change is an event of two rooms, the stream's and its chat's.
const rows = async () => (await a.psql('SELECT count(*)::int AS n FROM room_outbox'))[0].n;
const losses = () => a.log().split('\n').filter((l) => /"service":"http 1".*redis connection lost/.test(l)).length;

async function cut() {
	const before = losses();
	a.redisProxy.cut();
	await until(() => losses() > before, { what: 'the connection to be missed' });
}

// Every event that the members got, up to one published at the end.
async function heard(want, what) {
	await until(() => titles.length >= want.length, { ms: 30000, what });
	is((await rename(other, 'the end')).status, 200, 'a change through the other host succeeds');
	await until(() => titles.at(-1) === 'the end', { what: 'that to be heard' });
	deep(titles.splice(0), [...want, 'the end'], what);
	await until(async () => await rows() === 0, { ms: 20000, what: 'the outbox to be empty' });
}

await test('Redis answers', async () => {
	is((await rename(web, 'one')).status, 200, 'a change with Redis succeeds');
	await heard(['one'], 'a change with Redis reaches the members');
});

await test('Redis is down', async () => {
	await cut();
	for (const title of ['two', 'three', 'four'])
		is((await rename(web, title)).status, 200, `the change ${title} succeeds without Redis`);
	await until(async () => await rows() === 6, { what: 'the events to be stored' });
	a.redisProxy.heal();
	await heard(['two', 'three', 'four'], 'the events reach the members when Redis is back, in order and once');
});

await test('more events than ROOM_OUTBOX_MAX', async () => {
	await cut();
	for (let i = 1; i <= 7; i++)
		await rename(web, `${i}`);
	a.redisProxy.heal();
	await heard(['1', '2', '3', '4', '5', '6'], 'the first events, within ROOM_OUTBOX_MAX, reach the members');
	ok(/events were not published: too many waited for Redis","events":2/.test(a.log()), 'the log counts the dropped events');
});

await test('a lost answer of Redis', async () => {
	await rename(web, 'before');
	await heard(['before'], 'a change before the lost answer reaches the members');
	ok(a.redisProxy.mute(/room:last|EVALSHA/) > 0, 'Redis executes commands without an answer');
	is((await rename(web, 'five')).status, 200, 'a change succeeds although the answer is lost');
	await until(() => titles.length > 0, { what: 'five to be heard' });
	await cut();
	a.redisProxy.heal();
	await heard(['five'], 'an event whose answer was lost reaches the members once');
});

await test('the process dies before Redis is back', async () => {
	await cut();
	is((await rename(web, 'six')).status, 200, 'a change before the process dies succeeds');
	await until(async () => await rows() > 0, { what: 'the event to be stored' });
	await a.stop();
	await heard(['six'], 'cron of the other host publishes the event, once');
});

await done();
