#!/usr/bin/env t/lib/run
// 47-kafka-idle.t -- nobody asks the embedded broker for what is not there, and still nothing waits: whoever produces rings.
import { median } from './lib/bench.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { analyseOnce, outsideTask, speakers, switchRate, untilQuiet } from './lib/idle.mjs';
import { brokersOf, outsider } from './lib/kafka.mjs';
import { diag, done, is, ok, test } from './lib/tap.mjs';

const quiet = 400;	// switches a second of the three; 1800 when they asked every 2 ms
const soon = 1000;	// ms; who misses the bell looks up every 5000

const d = await startDure();
const e = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '120000' } });

await test('idle', async () => {
	is(speakers(d).length, 3, 'broker, bridge and analyzer are running');
	await untilQuiet(d, quiet);
	const rate = await switchRate(speakers(d), 4000);
	diag(`${rate.toFixed(0)} switches a second`);
	ok(rate < quiet, 'idle processes sleep');
});

await test('Dure rings', async () => {
	const http = client(d.url), socket = await ioConnect(d.url), took = [];
	for (let i = 0; i < 7; i++) {
		await untilQuiet(d, quiet);
		took.push(await analyseOnce(http, socket, `p${i}`));
	}
	diag(`to the end of an analysis: ${took.map((t) => t.end.toFixed(0)).join(' ')} ms`);
	ok(median(took.map((t) => t.end)) < soon, 'a request wakes the analyzer, its answer wakes the bridge');
});

await test('others ring', async () => {
	const out = await outsider(await brokersOf(e)), socket = await ioConnect(e.url), took = [];
	const say = await outsideTask(client(e.url), socket, out, 'outside');
	for (let i = 0; i < 7; i++) {
		await untilQuiet(e, quiet);
		took.push(await say());
	}
	diag(`from an outside producer: ${took.map((t) => t.toFixed(0)).join(' ')} ms`);
	ok(median(took) < soon, 'a message from outside wakes the bridge');
});

await test('a new broker', async () => {
	const http = client(d.url), socket = await ioConnect(d.url);
	d.kill9(/dure: broker/);
	await brokersOf(d);
	await analyseOnce(http, socket, 'after');
	await untilQuiet(d, quiet);
	const took = [];
	for (let i = 0; i < 5; i++) {
		await untilQuiet(d, quiet);
		took.push(await analyseOnce(http, socket, `q${i}`));
	}
	diag(`to the end of an analysis: ${took.map((t) => t.end.toFixed(0)).join(' ')} ms`);
	ok(median(took.map((t) => t.end)) < soon, 'a new broker is slept on and rings like the one before');
});
await done();
