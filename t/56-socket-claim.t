#!/usr/bin/env t/lib/run
// 56-socket-claim.t -- a client reconnects through another host while its first process has no Redis and takes the old
// connection for alive: that process obeys the claim when it replays its log, and does not take the session back.
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
	is(back.id, old.id, 'the other host recovers the client');
	const after = await owner(old._pid);
	isnt(after, before, 'the other host owns the session');
	is(old.connected, true, 'the old connection is still open');
	await meanwhile(() => a.redisProxy.heal());
	await until(() => !old.connected, { ms: 20000, what: 'the old connection to be closed' });
	await back.ask('subscribe-analysis', 'y');
	is(await owner(old._pid), after, 'the first host does not take the session back');
	ok(back.connected, 'the recovered client stays connected');
	back.disconnect();
}

await test('Redis is down', () => claim((heal) => heal()));

await test('Redis is down, and clients are handed over', () => claim(async (heal) => {
	const reload = command(a, 'reload');
	await until(() => /clients were handed on/.test(a.log()), { ms: 60000, what: 'the hand-over' });
	heal();
	is((await reload).code, 0, 'dure reload succeeds');
}));

await done();
