#!/usr/bin/env t/lib/run
// 58-socket-slow.t -- readers that stop: of progress the newest event reaches them, of cards the newest with a gap event before them; for any other
// event they are dropped; other readers are not affected, and lost events are counted.
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { CARD, PROGRESS, STATE, publish } from './lib/room.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { until, within } from './lib/until.mjs';
import { frame, frames, handshake } from './lib/wire.mjs';

const d = await startDure({ env: { WS_QUEUE_BYTES: 65536 } });
const metric = async (name) => {
	const line = (await (await fetch(`${d.url}/metrics`)).text()).split('\n').find((l) => l.startsWith(name));
	return Number(line?.split(' ').at(-1) ?? 0);
};

// A member of a room that reads nothing until go(), which returns all events that then arrive up to one that `last` accepts.
async function stuck(room, { plain } = {}) {
	const c = await handshake(d, plain ? '/ws' : '/socket.io/?EIO=4&transport=websocket');
	const text = (s) => frame(0x81, s);
	if (plain) {
		c.socket.write(text(JSON.stringify({ type: 'subscribe', taskId: room.split(':')[1] })));
		await until(() => c.got.includes('"subscribed"'));
	} else {
		c.socket.write(Buffer.concat([text('40'), text(`420["subscribe-analysis","${room.split(':')[1]}"]`)]));
		await until(() => c.got.includes('430['));
	}
	c.socket.pause();
	c.got = Buffer.alloc(0);
	c.events = () => frames(c.got).filter((f) => f.first === 0x81).map((f) => f.payload.toString())
		.filter((t) => plain || t.startsWith('42')).map((t) => JSON.parse(plain ? t : t.slice(2)))
		.map((e) => (plain ? [e.type, e] : e));
	c.go = async (last) => {
		c.socket.resume();
		await until(() => c.events().some(last), { what: 'the last event' });
		return c.events();
	};
	return c;
}

// Publish until more than the kernel buffers has been sent, each only when the reader has got the last.
async function flood(room, reader, event, kind, n = 400) {
	const filler = 'x'.repeat(20000);
	for (let i = 1; i <= n; i++) {
		await publish(d, room, event, { n: i, filler }, { kind });
		if (i % 5 === 0)
			await reader.next(event, (p) => p.n === i);
	}
	return n;
}

async function play(room, event, kind, options) {
	const reader = await ioConnect(d.url);
	await reader.ask('subscribe-analysis', room.split(':')[1]);
	const c = await stuck(room, options);
	const n = await flood(room, reader, event, kind);
	is(reader.all(event).length, n, `${event}: a reader that keeps up gets every event`);
	reader.disconnect();
	return { c, n };
}

await test('progress', async () => {
	const { c, n } = await play('analysis:p', 'analysis-update', PROGRESS);
	const numbers = (await c.go(([e, p]) => e === 'analysis-update' && p.n === n)).filter(([e]) => e === 'analysis-update').map(([, p]) => p.n);
	ok(numbers.length < n, `of ${n} updates ${numbers.length} reach the reader that stopped`);
	is(numbers.at(-1), n, 'the reader that stopped gets the newest update');
	ok(numbers.every((x, i) => i === 0 || x > numbers[i - 1]), 'the reader that stopped gets updates in order');
	is(await metric('ws_dropped_events_total{class="progress"}'), n - numbers.length, 'ws_dropped_events_total counts the lost updates');
	is(await metric('ws_drops_total{reason="slow"}'), 0, 'no reader is dropped for lost updates');
	c.socket.destroy();
});

for (const plain of [false, true]) await test(plain ? 'cards, plain' : 'cards', async () => {
	const room = plain ? 'analysis:cp' : 'analysis:c', before = await metric('ws_dropped_events_total{class="card"}');
	const { c, n } = await play(room, 'sentiment-card', CARD, { plain });
	const all = await c.go(([e, p]) => e === 'sentiment-card' && p.n === n);
	const numbers = all.filter(([e]) => e === 'sentiment-card').map(([, p]) => p.n);
	const gaps = all.filter(([e]) => e === 'gap').map(([, p]) => p);
	is(numbers.length + gaps.reduce((sum, g) => sum + g.missed, 0), n, `${numbers.length} cards and the gaps of ${gaps.length} events make ${n}`);
	ok(gaps.length >= 1 && gaps.every((g) => g.room === room && g.to >= g.from && g.missed > 0), 'a gap event has room, first and last seq and the number of lost cards', JSON.stringify(gaps));
	const at = all.findIndex(([e]) => e === 'gap'), [, next] = all[at + 1];
	const first = at > 0 ? all[at - 1][1].n : 0;
	is(next.n - first - 1, gaps[0].missed, 'the gap event takes the place of the lost cards');
	is(await metric('ws_dropped_events_total{class="card"}') - before, n - numbers.length, 'ws_dropped_events_total counts the lost cards');
	c.socket.destroy();
});

await test('any other event', async () => {
	const { c, n } = await play('analysis:s', 'search-results', STATE);
	c.socket.resume();
	await within(10000, 'the slow one to be dropped', c.closed);
	ok(c.events().filter(([e]) => e === 'search-results').length < n, 'a reader that stopped is dropped for an event of another kind');
	is(await metric('ws_drops_total{reason="slow"}'), 1, 'ws_drops_total counts the dropped reader');
	between(await metric('ws_dropped_events_total{class="state"}'), 1, n, 'ws_dropped_events_total counts the events lost by the dropped reader');
});

await test('polling that stops', async () => {
	const s = await ioConnect(d.url, { transports: ['polling'] });
	await s.ask('subscribe-analysis', 'slowpoll');
	const p = s.io.engine.transport;
	p.doPoll = () => {};			// no further request
	const filler = 'x'.repeat(20000);
	for (let i = 1; i <= 20; i++)
		await publish(d, 'analysis:slowpoll', 'analysis-update', { n: i, filler });
	delete p.doPoll;
	const kept = [];
	s.on('analysis-update', ({ n }) => kept.push(n));
	await new Promise((settle) => setTimeout(settle, 100));
	p.doPoll();
	await until(() => kept.includes(20), { what: 'the newest' });
	ok(kept.length < 20, 'a polling client that stopped gets the newest update when it polls again', kept.join());
	s.disconnect();
});

await test('many readers at once', async () => {
	const readers = await Promise.all([...Array(20)].map(() => ioConnect(d.url)));
	await Promise.all(readers.map((s) => s.ask('subscribe-analysis', 'many')));
	const all = await Promise.all([...Array(5)].map(() => stuck('analysis:many')));
	const took = [], filler = 'x'.repeat(20000);
	for (let i = 1; i <= 300; i++) {
		const began = performance.now();
		await publish(d, 'analysis:many', 'analysis-update', { n: i, filler });
		await readers[i % 20].next('analysis-update', (p) => p.n === i);
		took.push(performance.now() - began);
	}
	const [early, late] = [took.slice(20, 60), took.slice(-40)].map((t) => t.sort((a, b) => a - b)[20]);
	ok(late < 10 * early + 20, 'readers get events as fast when others have stopped', `${early} ms, then ${late} ms`);
	deep(all.map((c) => c.socket.destroyed), Array(5).fill(false), 'readers that stopped keep their connections');
	all.forEach((c) => c.socket.destroy());
	readers.forEach((s) => s.disconnect());
});

await done();
