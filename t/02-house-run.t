#!/usr/bin/env t/lib/run
// 02-house-run.t -- the script behind `make run`, in two checkouts side by side: it starts everything, prints the address, keeps the data,
// refuses with a helpful message what cannot work, and leaves no process behind, however it ends.
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
	like(a.log(), new RegExp(`^Dure is ready: http://localhost:${portOne}$`, 'm'), "make run prints the first checkout's address");
	like(b.log(), new RegExp(`^Dure is ready: http://localhost:${portTwo}$`, 'm'), "make run prints the second checkout's address");
	is(await health(portOne), 200, 'the first checkout is ready when make run says so');
	is(await health(portTwo), 200, 'the second checkout is ready when make run says so');
	const stored = await fetch(reviews(portTwo, 'kept'), { method: 'POST',
		headers: { 'content-type': 'application/json' }, body: '[{"text":"정말 좋아요"}]' });
	is((await stored.json()).accepted, 1, 'the second checkout stores a review');
	is(fs.statSync(`${one}/.run/jwt_secret`).mode & 0o777, 0o600, '.run/jwt_secret is readable by its owner alone');
});

await test('refusals', async () => {
	const again = run(one, await freePort());
	is((await again.gone).code, 1, 'a second make run in one checkout fails');
	like(again.log(), /already running in this checkout \(process \d+\)/, 'make run says that the checkout runs already');
	const busy = run(checkout(), portOne);
	is((await busy.gone).code, 1, 'make run fails on a port in use');
	like(busy.log(), /port \d+ is in use; choose another one: make run PORT=\d+/, 'make run says how to choose another port');
});

await test('the end by SIGTERM', async () => {
	a.kill('SIGTERM');
	is((await a.ended()).code, 0, 'make run exits with status 0 on SIGTERM');
	await allGone(one);
	ok(true, 'no process of the checkout is left');
	is(await health(portTwo), 200, 'the other checkout stays ready');
});

await test('the end by kill -9', async () => {
	b.kill('SIGKILL');
	await b.gone;
	await allGone(two);
	ok(true, 'kill -9 of the script leaves no process behind');
	const c = run(two, portTwo);
	await c.isReady();
	const kept = await (await fetch(reviews(portTwo, 'kept'))).json();
	is(kept.data?.[0]?.text, '정말 좋아요', 'the next run finds the stored review');
	c.kill('SIGINT');
	is((await c.ended()).code, 0, 'make run exits with status 0 on SIGINT');
	await allGone(two);
});
await done();
