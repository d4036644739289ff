#!/usr/bin/env t/lib/run
// 02-house-run.t -- `make run`'s script in two checkouts side by side: starts everything, says so, keeps the data,
// refuses what cannot work with a sentence that helps, and leaves nothing behind, however it ends.
import fs from 'node:fs';
import { allGone, checkout, run } from './lib/checkout.mjs';
import './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { done, is, like, ok, test } from './lib/tap.mjs';

const health = async (port) => (await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`)).status;

const reviews = (port, product) => `http://127.0.0.1:${port}/api/products/${product}/reviews`;

const one = checkout(), two = checkout();
const portOne = await freePort(), portTwo = await freePort();
const a = run(one, portOne), b = run(two, portTwo);

await test('two checkouts side by side', async () => {
	await Promise.all([a.isReady(), b.isReady()]);
	like(a.log(), new RegExp(`^Dure is ready: http://localhost:${portOne}$`, 'm'), 'the first says its address');
	like(b.log(), new RegExp(`^Dure is ready: http://localhost:${portTwo}$`, 'm'), 'the second says its own');
	is(await health(portOne), 200, 'the first is ready when it says so');
	is(await health(portTwo), 200, 'so is the second');
	const stored = await fetch(reviews(portTwo, 'kept'), { method: 'POST',
		headers: { 'content-type': 'application/json' }, body: '[{"text":"정말 좋아요"}]' });
	is((await stored.json()).accepted, 1, 'a review is stored in the second');
	is(fs.statSync(`${one}/.run/jwt_secret`).mode & 0o777, 0o600, 'the secret is private');
});

await test('what cannot work', async () => {
	const again = run(one, await freePort());
	is((await again.gone).code, 1, 'a second run of one checkout is refused');
	like(again.log(), /already running in this checkout \(process \d+\)/, 'and says why');
	const busy = run(checkout(), portOne);
	is((await busy.gone).code, 1, 'a busy port is refused');
	like(busy.log(), /port \d+ is in use; choose another one: make run PORT=\d+/, 'and says how to choose another');
});

await test('an orderly end', async () => {
	a.kill('SIGTERM');
	is((await a.ended()).code, 0, 'TERM ends it with status 0');
	await allGone(one);
	ok(true, 'nothing of it is left');
	is(await health(portTwo), 200, 'the other checkout never noticed');
});

await test('a violent end', async () => {
	b.kill('SIGKILL');
	await b.gone;
	await allGone(two);
	ok(true, 'kill -9 of the script leaves nothing behind either');
	const c = run(two, portTwo);
	await c.isReady();
	const kept = await (await fetch(reviews(portTwo, 'kept'))).json();
	is(kept.data?.[0]?.text, '정말 좋아요', 'and the next run finds the data');
	c.kill('SIGINT');
	is((await c.ended()).code, 0, 'INT ends it with status 0');
	await allGone(two);
});
await done();
