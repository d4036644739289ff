#!/usr/bin/env t/lib/run
// 77-stream-viewers.t -- who watches a stream: each person once over processes and hosts, right again after processes were killed or
// Redis lost everything; and what a late joiner of a stream is told.
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until } from './lib/until.mjs';

const env = { ANALYZER: 'off', STREAM_VIEWER_LEASE_MS: '3000', HEARTBEAT_TIMEOUT_MS: '60000' };
const d = await startDure({ http: 1, ws: 2, env });
const e = await startDure({ share: d, ws: 1, env });
const web = client(d.url);

function person(role = 'user') {
	const id = randomUUID(), as = { token: sign({ sub: id, role }) };
	return { id, as, connect: (host = d, options = {}) => ioConnect(`${host.url}/streaming`, { auth: as, ...options }) };
}
const seller = person('seller');
async function stream() {
	const { body } = await web.post('/api/v1/streams', { title: 'viewers' }, seller.as);
	await web.post(`/api/v1/streams/${body.data.streamKey}/start`, undefined, seller.as);
	return body.data.streamKey;
}
const read = async (key) => (await web.get(`/api/v1/streams/${key}`)).body.data;
const counted = (key, n, ms = 30000) => until(async () => (await read(key).catch(() => ({}))).viewers === n, { ms, what: `${n} viewers` });
const code = (r) => r.error?.code ?? r.ok;

await test('coming and going', async () => {
	const key = await stream(), [kim, lee] = [person(), person()];
	const a = await kim.connect();
	is(code(await a.ask('stream:viewer:join', 'none')), 'NOT_FOUND', 'an unknown stream cannot be watched');
	const joined = await a.ask('stream:viewer:join', { streamKey: key });
	deep([joined.ok, joined.room, joined.streamKey], [true, `stream:${key}`, key], 'watching is acknowledged');
	deep((await a.next('stream:viewers', (v) => v.count === 1))[0], { streamKey: key, count: 1 }, 'the first viewer is counted');
	const b = await kim.connect(), c = await kim.connect(e);
	await b.ask('stream:viewer:join', key);
	await c.ask('stream:viewer:join', key);
	await counted(key, 1);
	ok(true, 'a user with three sockets on two hosts counts once');
	const l = await lee.connect(e);
	await l.ask('stream:viewer:join', key);
	await a.next('stream:viewers', (v) => v.count === 2);
	ok(true, 'the other host gets the count with the second viewer');
	is((await d.redis('HLEN', `stream:${key}:viewers`)), 2, 'the second viewer is in stream:{streamKey}:viewers');
	a.disconnect();
	await b.ask('stream:viewer:leave', key);
	await sleep(1500);
	is((await read(key)).viewers, 2, 'a user who left with some sockets still counts');
	await c.ask('stream:viewer:leave', { streamKey: key });
	await l.next('stream:viewers', (v) => v.count === 1);
	ok(true, 'a user who left with the last socket no longer counts');
	await until(async () => (await read(key)).totalViewers === 2, { what: 'the total' });
	deep([(await read(key)).peakViewers, (await read(key)).totalViewers], [2, 2], 'the peak and the total are stored');
	l.disconnect();
	await counted(key, 0);
	ok(true, 'the count falls to zero');
	const gaps = l.seen.filter((x) => x.event === 'stream:viewers').map((x) => x.at).map((t, i, all) => t - (all[i - 1] ?? 0)).slice(1);
	ok(gaps.every((g) => g > 500), 'the count is sent once a second at most', gaps.join());
});

await test('who keeps order looks on', async () => {
	const key = await stream(), s = await seller.connect(), v = await person().connect();
	is(code(await v.ask('stream:viewer:join', { streamKey: key, observe: true })), 'FORBIDDEN', 'a user cannot observe');
	is(code(await s.ask('stream:viewer:join', { streamKey: key, observe: true })), true, 'the seller can observe');
	await v.ask('stream:viewer:join', key);
	is((await s.next('stream:viewers', (x) => x.count > 0))[0].count, 1, 'an observer gets the count and is not counted');
	v.disconnect();
	await s.next('stream:viewers', (x) => x.count === 0);
	ok(true, 'an observer gets the count when the last viewer leaves');
	await web.post(`/api/v1/streams/${key}/end`, undefined, seller.as);
	is(code(await (await person().connect()).ask('stream:viewer:join', key)), 'STREAM_ENDED', 'an ended stream cannot be watched');
});

await test('killed processes', async () => {
	const key = await stream();
	const there = await Promise.all([...Array(12)].map(() => person().connect(d)));
	const other = await Promise.all([...Array(3)].map(() => person().connect(e)));
	await Promise.all([...there, ...other].map((s) => s.ask('stream:viewer:join', key)));
	await counted(key, 15);
	ok(true, 'fifteen viewers on three processes of two hosts are counted');
	const began = Date.now();
	is(d.kill9(/^dure: ws/).length, 2, 'one host loses its fanout');
	await counted(key, 3);
	diag(`right after ${Date.now() - began} ms (a lease of ${env.STREAM_VIEWER_LEASE_MS})`);
	await other[0].next('stream:viewers', (v) => v.count === 3 && other[0].seen.at(-1).at > began, 30000);
	ok(true, 'the other host corrects the count and sends it');
	const again = await Promise.all([...Array(4)].map(() => until(() => person().connect(d).catch(() => null), { what: 'a new process' })));
	await Promise.all(again.map((s) => s.ask('stream:viewer:join', key)));
	await counted(key, 7);
	ok(true, 'a viewer who joins afterwards is counted');
	is((await read(key)).peakViewers, 15, 'the peak stays');
	await until(async () => (await read(key)).totalViewers === 19, { what: 'the total' });
	ok(true, 'the total counts each user once');

	await d.redis('FLUSHALL');
	await counted(key, 7);
	ok(true, 'the viewers are reported again to a Redis that lost its data');
	const frozen = d.pids().filter((p) => /^dure: ws/.test(p.title)).map((p) => p.pid);
	frozen.forEach((pid) => process.kill(pid, 'SIGSTOP'));
	await counted(key, 3);
	ok(true, 'viewers of frozen processes are not counted');
	frozen.forEach((pid) => process.kill(pid, 'SIGCONT'));
	await counted(key, 7);
	ok(true, 'viewers of resumed processes are counted again');
	process.kill(d.pid, 'SIGHUP');
	const old = d.pids().filter((p) => /^dure: ws/.test(p.title)).map((p) => p.pid);
	await until(() => !d.pids().some((p) => old.includes(p.pid)), { ms: 60000, what: 'the reload' });
	await sleep(1500);
	await counted(key, again.filter((s) => s.connected).length + 3);
	ok(true, 'after a reload the viewers that the successors took over are counted, and no others');
	again.forEach((s) => s.disconnect());
	await counted(key, 3);
	ok(true, 'viewers are counted until they leave');
});

await test('a connection that comes back watches on', async () => {
	const key = await stream(), s = await person().connect(d, { reconnection: true, reconnectionDelay: 20 });
	await s.ask('stream:viewer:join', key);
	await counted(key, 1);
	const back = new Promise((settle) => s.once('connect', settle));
	s.io.engine.close();
	await back;
	ok(s.recovered, 'the connection is recovered');
	await sleep(1500);
	await counted(key, 1);
	ok(true, 'a recovered viewer is counted without joining again');
});

await test('late joiners know everything', async () => {
	const key = await stream();
	const product = async (name) => (await web.post('/api/v1/products', { name, description: '', price: 1000, stock: 3 }, seller.as)).body.data.id;
	const first = await product('first');
	await web.post(`/api/v1/streams/${key}/products`, { productId: first, highlighted: true }, seller.as);
	const root = (who) => ioConnect(d.url, { auth: who.as });
	const s = await root(person());
	deep(await s.ask('join:stream', key), { ok: true, room: `stream:${key}` }, 'joining is acknowledged');
	const [state] = await s.next('stream:state');
	deep([state.streamKey, state.status, state.products.map((p) => [p.id, p.stock, p.highlighted])], [key, 'live', [[first, 3, true]]],
		'the state with stream and products is sent on joining');
	ok(s.seen[0].event === 'connected' && s.seen[1].event === 'stream:state', 'the state precedes every other event');

	// While products come and go, whoever joins can follow them without a gap.
	let on = true;
	const changing = (async () => {
		for (let i = 0; on; i++) {
			const id = await product(`p${i}`);
			await web.post(`/api/v1/streams/${key}/products`, { productId: id }, seller.as);
			if (i % 2)
				await web.del(`/api/v1/streams/${key}/products`, { productId: id }, seller.as);
		}
	})();
	const joined = await Promise.all([...Array(10)].map(async (_, i) => {
		await sleep(30 * i);
		const late = await root(person());
		await late.ask('join:stream', key);
		return late;
	}));
	on = false;
	await changing;
	const want = (await read(key)).products.map((p) => p.id).sort();
	const known = (x) => {
		const ids = new Set();
		for (const { event, args } of x.seen) {
			if (event === 'stream:state')
				args[0].products.forEach((p) => ids.add(p.id));
			else if (event === 'live:product:added')
				ids.add(args[0].id);
			else if (event === 'live:product:deleted')
				ids.delete(args[0].id);
		}
		return [...ids].sort();
	};
	for (const x of joined) {
		await until(() => JSON.stringify(known(x)) === JSON.stringify(want), { what: 'the same products' }).catch(() => {});
		deep(known(x), want, 'state and events together give the current stream');
	}
});
await done();
