#!/usr/bin/env t/lib/run
// 51-socket-late.t -- a late subscriber gets the room's last state: from memory or from Redis, never an older one than it has seen; also
// after an outage of Redis.
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { keep, publish, update } from './lib/room.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure();
const alias = (id) => ({ alias: `analysis:${id}` });

await test('kept in Redis', async () => {
	await keep(d, 'analysis:a', 'analysis-update', { requestId: 'a', progress: 70 }, alias('a'));
	const s = await ioConnect(d.url);
	const order = [];
	s.onAny((e) => order.push(e));
	s.emit('subscribe-analysis', 'a', () => order.push('ack'));
	deep(await s.next('analysis-update'), [{ requestId: 'a', progress: 70 }], 'a late subscriber gets the state stored in Redis');
	deep(await s.next('analysis:a'), [{ requestId: 'a', progress: 70 }], 'the state arrives under both names');
	await until(() => order.includes('ack'));
	await s.ask('ping');
	deep(order.filter((e) => e !== 'connected').slice(0, 2), ['ack', 'analysis-update'], 'the state follows the acknowledgement');
	const again = await ioConnect(d.url);
	await d.redis('DEL', 'room:last:analysis:a');
	await again.ask('subscribe-analysis', 'a');
	deep(await again.next('analysis-update'), [{ requestId: 'a', progress: 70 }], 'the next subscriber gets the state from memory');
	await update(d, 'a', { progress: 90 });
	await again.next('analysis-update', (p) => p.progress === 90);
	const third = await ioConnect(d.url);
	await third.ask('subscribe-analysis', 'a');
	deep(await third.next('analysis-update'), [{ requestId: 'a', progress: 90 }], 'a late subscriber gets the newest state');
	is(third.all('analysis-update').length, 1, 'a late subscriber gets the state once');
});

await test('a state read from Redis before the channel delivers it', async () => {
	const there = await ioConnect(d.url), [seq, later] = [Date.now() * 1000 - 2, Date.now() * 1000 - 1];
	const state = (progress) => ({ requestId: 'k', progress });
	await there.ask('subscribe-analysis', { requestId: 'k', history: 5 });	// which reads no kept state
	await keep(d, 'analysis:k', 'analysis-update', state(20), { ...alias('k'), seq: later });
	const late = await ioConnect(d.url);
	await late.ask('subscribe-analysis', 'k');
	deep(await late.next('analysis-update'), [state(20)], 'a newcomer gets the stored state');
	await publish(d, 'analysis:k', 'analysis-update', state(10), { ...alias('k'), seq });
	await publish(d, 'analysis:k', 'analysis-update', state(20), { ...alias('k'), seq: later });
	await update(d, 'k', { progress: 30 });
	for (const s of [there, late])
		await s.next('analysis-update', (p) => p.progress === 30);
	const progress = (s) => s.all('analysis-update').map(([p]) => p.progress);
	deep(progress(there), [10, 20, 30], 'an earlier member gets each state from the channel');
	deep(progress(late), [20, 30], 'a newcomer gets no state twice and none older');
	const after = await ioConnect(d.url);
	await after.ask('subscribe-analysis', 'k');
	deep(await after.next('analysis-update'), [state(30)], 'the next newcomer gets the newest state');
	[there, late, after].forEach((s) => s.disconnect());
});

await test('a second subscription', async () => {
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', 'a');
	await s.ask('subscribe-analysis', 'a');
	await update(d, 'a', { progress: 95 });
	await s.next('analysis-update', (p) => p.progress === 95);
	await s.ask('ping');
	is(s.all('analysis-update').filter(([p]) => p.progress === 95).length, 1, 'a socket that subscribes twice gets updates once');
	s.disconnect();
});

await test('an unknown room', async () => {
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', 'unknown');
	await s.ask('ping');
	is(s.all('analysis-update').length, 0, 'an unknown room sends nothing');
	await publish(d, 'analysis:unknown', 'error', { type: 'analysis-error', message: 'x' }, { alias: 'error:unknown' });
	deep(await s.next('error:unknown'), [{ type: 'analysis-error', message: 'x' }], 'an unknown room delivers its first event');
	const late = await ioConnect(d.url);
	await late.ask('subscribe-analysis', 'unknown');
	await late.ask('ping');
	is(late.all('error').length, 0, 'an event that is no state is not sent to late subscribers');
});

await test('many at once', async () => {
	await keep(d, 'batch:many', 'batch-update', { jobId: 'many', progress: 5 }, { alias: 'batch:many' });
	const all = await Promise.all([...Array(50)].map(() => ioConnect(d.url)));
	await Promise.all(all.map((s) => s.ask('subscribe-batch', 'many')));
	const got = await Promise.all(all.map((s) => s.next('batch-update')));
	ok(got.every(([p]) => p.progress === 5), 'fifty concurrent subscribers all get the state');
});

await test('Redis down', async () => {
	const s = await ioConnect(d.url);
	await s.ask('subscribe-analysis', 'b');
	await update(d, 'b', { progress: 1 });
	await s.next('analysis-update');
	await d.redisServer.stop();
	const late = await ioConnect(d.url);
	deep(await late.ask('subscribe-analysis', 'b'), { ok: true, room: 'analysis:b' }, 'a known room is joined without Redis');
	deep(await late.next('analysis-update'), [{ requestId: 'b', progress: 1 }], 'a known room sends its state without Redis');
	await d.redisServer.start();
	await keep(d, 'analysis:b', 'analysis-update', { requestId: 'b', progress: 60 }, alias('b'));
	await until(async () => await update(d, 'b', { progress: 61 }) > 0, { ms: 20000, what: 'the channel to be subscribed again' });
	await s.next('analysis-update', (p) => p.progress >= 60);
	ok(true, 'updates continue when Redis is back');
});

await done();
