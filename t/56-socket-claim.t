#!/usr/bin/env t/lib/run
// 56-socket-claim.t -- a client comes back through another host while its process has no Redis and takes the old
// connection for alive: the process obeys the claim when it replays its room's log, and does not take the session back.
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { command } from './lib/crowd.mjs';
import { done, is, isnt, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const a = await startDure({ proxied: true, env: { ANALYZER: 'off' } });
const b = await startDure({ share: a, env: { ANALYZER: 'off', KAFKA_BROKERS: '127.0.0.1:1' } });
const once = { reconnection: false };
const owner = (pid) => b.redis('HGET', `ws:session:${pid}`, 'owner');
const losses = () => a.log().split('\n').filter((l) => /"service":"ws 1".*redis connection lost/.test(l)).length;

async function claim(meanwhile) {
	const old = await ioConnect(a.url, once);
	await old.ask('subscribe-analysis', 'x');
	const before = await until(() => owner(old._pid)), lost = losses();
	a.redisProxy.cut();
	await until(() => losses() >= lost + 2, { what: 'both connections to be missed' });
	const back = await ioConnect(b.url, { ...once, auth: { pid: old._pid, offset: old._lastOffset } });
	is(back.id, old.id, 'the client is recovered by the other host');
	const after = await owner(old._pid);
	isnt(after, before, 'which owns the session');
	is(old.connected, true, 'while the old connection still stands');
	await meanwhile(() => a.redisProxy.heal());
	await until(() => !old.connected, { ms: 20000, what: 'the old connection to be closed' });
	await back.ask('subscribe-analysis', 'y');
	is(await owner(old._pid), after, 'the session is still the other host\'s');
	ok(back.connected, 'and its client is there');
	back.disconnect();
}

await test('Redis is away', () => claim((heal) => heal()));

await test('Redis is away, and clients are handed on', () => claim(async (heal) => {
	const reload = command(a, 'reload');
	await until(() => /clients were handed on/.test(a.log()), { ms: 60000, what: 'the hand-over' });
	heal();
	is((await reload).code, 0, 'a reload');
}));

await done();
