#!/usr/bin/env t/lib/run
// 90-fault-matrix.t -- kill -9 of every kind of process, of all of them at once, and of the master, under a load of reads, orders, chat,
// reviews, analyses, videos and sockets: nothing that was acknowledged is lost or done twice, every process comes back alone, and every
// socket hears again.
// MATRIX_ROUNDS rounds of all kinds; MATRIX_PAUSE_MS between two kills.
import { randomUUID } from 'node:crypto';
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { startExternal } from './lib/external.mjs';
import { publish, STATE } from './lib/room.mjs';
import { deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const rounds = Number(process.env.MATRIX_ROUNDS || 1), pauseMs = Number(process.env.MATRIX_PAUSE_MS || 200);
const KINDS = ['http', 'ws', 'kafka', 'cron', 'analyzer', 'broker', 'external'], STOCK = 100000, PRODUCTS = 8;
const outside = await startExternal();
const d = await startDure({ http: 2, ws: 2, env: {
	...outside.env, YOUTUBE_API_KEY: 'key', ANTHROPIC_API_KEY: 'key', EXTERNAL_EVERY: '1s', YOUTUBE_SEARCH_DAILY: '100000', YOUTUBE_QUOTA_DAILY: '1000000', RESTART_QUARANTINE: '0',
	RESTART_BACKOFF_MAX_MS: '300', ANALYSIS_STALL_MS: '2000', ANALYZER_CHUNK: '20', ANALYZER_PROGRESS_MS: '5', CHAT_RATE_MAX: '100000', TRACE_SAMPLE_RATIO: '0.5', TRACE_RATE: '0',
} });
const web = client(d.url, { ms: 15000 });
const [seller, admin, ...users] = await Promise.all(Array.from({ length: 6 }, (_, i) => account(d, `m${i}@example.com`, { role: ['seller', 'admin'][i] ?? 'user' })));
const by = (who, headers = {}) => ({ token: who.token, headers });
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const goods = [], ndjson = { headers: { 'content-type': 'application/x-ndjson' } };
for (let i = 0; i < 2; i++)
	goods.push((await web.post('/api/v1/products', { name: `g${i}`, price: 100, stock: STOCK }, by(seller))).body.data.id);
const streamKey = (await web.post('/api/v1/streams', { title: 's' }, by(seller))).body.data.streamKey;
await web.post('/api/v1/videos/import', Array.from({ length: 20 }, (_, i) => ({ videoId: `v-${i}`, title: `Video ${i}`, channelId: 'c', keywords: ['k'] })), by(admin));

const review = (id) => JSON.stringify({ id, text: `좋아요 ${id}` });
for (let i = 0; i < PRODUCTS; i++)
	await web.post(`/api/products/m-${i}/reviews`, review(`first-${i}`), ndjson);

let going = true;
const tally = {}, count = (what) => { tally[what] = (tally[what] ?? 0) + 1; };
const loop = async (fn) => { while (going) { try { await fn(); } catch { count(`${fn.name} failed`); await sleep(20); } await sleep(5); } };
// As a client does it: again, with the same key, until there is an answer.
const surely = (fn) => until(async () => { try { const r = await fn(); return r.status < 500 && r; } catch { return false; } }, { ms: 60000, every: 30, what: fn.toString() });

const placed = [], cancelled = new Set(), accepted = [], tasks = new Set(), told = new Set(), said = [], watched = [];
async function order() {
	const who = pick(users), key = randomUUID(), items = [{ productId: pick(goods), quantity: 1 }];
	const r = await surely(() => web.post('/api/v1/orders', { items }, by(who, { 'idempotency-key': key })));
	count(`order ${r.status}`);
	if (r.status !== 201)
		return;
	placed.push(r.body.data.id);
	if (Math.random() < 0.3 && (await surely(() => web.post(`/api/v1/orders/${r.body.data.id}/cancel`, {}, by(who, { 'idempotency-key': randomUUID() })))).status === 200)
		cancelled.add(r.body.data.id);
}
async function upload() {
	const product = `m-${Math.floor(Math.random() * PRODUCTS)}`, ids = Array.from({ length: 40 }, () => randomUUID());
	const r = await web.post(`/api/products/${product}/reviews`, ids.map(review).join('\n'), ndjson);
	count(`upload ${r.status}`);
	if (r.status === 200 && r.body.rejected.length === 0)
		accepted.push([product, ids]);
}
async function analyze() {
	const r = await web.post('/api/analyze', { productId: `m-${Math.floor(Math.random() * PRODUCTS)}` });
	count(`analyze ${r.status}`);
	if (r.status === 200 && r.body.taskId) {
		tasks.add(r.body.taskId);
		listener.emit('subscribe-analysis', r.body.taskId);
	}
	await sleep(50);
}
async function watch() {
	const who = pick(users), videoId = `v-${Math.floor(Math.random() * 20)}`, ms = watched.length + 1;
	const r = await web.post('/api/v1/interactions', { videoId, type: 'view', watchMs: ms }, by(who));
	count(`watch ${r.status}`);
	if (r.status === 201)
		watched.push([who.id, videoId, ms]);
	await web.get(`/api/v1/videos/search?q=w${ms}`, by(who));
}
async function read() {
	const r = await web.get(pick(['/api/v1/products', '/api/v1/videos', '/api/analyze/status/m-1', '/api/v1/trends']), by(pick(users)));
	count(`read ${r.status}`);
}
// Sockets that stay, and come back by themselves.
const fast = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 200 };
const listener = await ioConnect(d.url, fast);
listener.on('connect', () => [...tasks].filter((t) => !told.has(t)).forEach((t) => listener.emit('subscribe-analysis', t)));
listener.on('analysis-update', (u) => { if (u.status === 'completed') told.add(u.requestId ?? u.taskId); });
const talkers = await Promise.all(users.map(async (who, i) => {
	const s = await ioConnect(`${d.url}/chat`, { ...fast, auth: { token: who.token }, transports: i % 2 ? ['websocket'] : ['polling'] });
	s.on('connect', () => s.emit('chat:join-room', streamKey, () => {}));
	await s.ask('chat:join-room', streamKey);
	s.who = who;
	return s;
}));
const talk = talkers.map((s) => async function chat() {
	if (!s.connected)
		return sleep(20);
	const message = `${s.who.id} ${randomUUID()}`, r = await s.timeout(5000).emitWithAck('chat:send-message', { streamKey, message });
	count(`said ${r.ok ? 'ok' : r.error?.code}`);
	if (r.ok)
		said.push([s.who.id, message]);
});
const load = [order, order, order, upload, analyze, watch, read, read, ...talk].map(loop);

const isThere = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
const titles = () => d.pids().map((p) => p.title).filter((t) => t.startsWith('dure: ')).sort();
const whole = titles(), back = [];
for (let round = 0; round < rounds; round++)
	for (const kind of [...KINDS.sort(() => Math.random() - 0.5), 'all'])
		await test(kind, async () => {
			const killed = d.kill9(kind === 'all' ? /^dure: / : new RegExp(`^dure: ${kind}\\b`)), began = Date.now();
			ok(killed.length > 0, `${kind}: ${killed.length} killed`);
			await until(() => JSON.stringify(titles()) === JSON.stringify(whole) && !d.pids().some((p) => killed.includes(p.pid)), { ms: 20000, what: `${kind} to be back` });
			back.push(`${kind} ${Date.now() - began}`);
			await sleep(pauseMs);
		});

await test('master', async () => {
	const children = d.pids().map((p) => p.pid).filter((p) => p !== d.pid), began = Date.now();
	process.kill(d.pid, 'SIGKILL');
	await d.child.gone;
	await d.start();		// children of the dead one may have answered that all is ready
	await until(() => JSON.stringify(titles()) === JSON.stringify(whole), { ms: 20000, what: 'the same processes' });
	back.push(`master ${Date.now() - began}`);
	await until(() => !children.some(isThere), { ms: 20000, what: 'its children to end' });
	ok(true, 'a killed master is replaced, and its children end');
	await sleep(pauseMs);
});
going = false;
await Promise.all(load);
diag(tally, 'back after (ms):', back.join(', '));

await test('orders', async () => {
	const rows = await d.psql('SELECT id, status FROM orders');
	const status = new Map(rows.map((r) => [r.id, r.status]));
	deep(placed.filter((id) => !status.has(id)), [], `every acknowledged order is stored (${placed.length})`);
	is(rows.length, new Set(placed).size, 'no order is stored twice, though requests were repeated');
	deep([...cancelled].filter((id) => status.get(id) !== 'cancelled'), [], `every acknowledged cancellation is stored (${cancelled.size})`);
	const books = await d.psql(`SELECT p.stock::int + p.sold::int AS pieces, p.sold::int - coalesce(sum(i.quantity) FILTER (WHERE o.status <> 'cancelled'), 0)::int AS over
		FROM products p LEFT JOIN order_items i ON i.product_id = p.id LEFT JOIN orders o ON o.id = i.order_id WHERE p.id = ANY ($1) GROUP BY p.id`, [goods]);
	deep(books, goods.map(() => ({ pieces: STOCK, over: 0 })), 'every piece is in stock or in an order that stands');
});

await test('words, reviews, interactions', async () => {
	const missing = async (sql, list) => { const kept = new Set((await d.psql(sql)).map((r) => r.k)); return list.filter((k) => !kept.has(k)); };
	deep(await missing("SELECT user_id || ' ' || body AS k FROM chat_messages", said.map((s) => s.join(' '))), [], `every acknowledged message is stored (${said.length})`);
	deep(await missing("SELECT product_id || ' ' || review_key AS k FROM raw_review_keys", accepted.flatMap(([p, ids]) => ids.map((id) => `${p} ${id}`))), [],
		`every accepted review is stored (${accepted.length} uploads)`);
	deep(await missing("SELECT user_id || ' ' || video_id || ' ' || watch_ms AS k FROM user_video_interactions", watched.map((w) => w.join(' '))), [],
		`every acknowledged interaction is stored (${watched.length})`);
});

await test('analyses', async () => {
	await until(() => [...tasks].every((t) => told.has(t)), { ms: 60000, every: 100, what: 'the socket to hear of every outcome' })
		.catch((e) => ok(false, e.message, [...tasks].filter((t) => !told.has(t)).slice(0, 5).join()));
	const rows = await d.psql("SELECT task_id, count(*)::int AS n FROM analysis_results WHERE status = 'completed' AND task_id = ANY ($1) GROUP BY 1", [[...tasks]]);
	deep([rows.length, rows.filter((r) => r.n !== 1).length], [tasks.size, 0], `every acknowledged analysis has one result, and the socket heard of it (${tasks.size})`);
});

await test('sockets', async () => {
	const all = [listener, ...talkers];
	await until(() => all.every((s) => s.connected), { ms: 30000, what: 'every socket to be back' });
	await until(async () => {		// a room is entered again after the reconnection
		await publish(d, `chat:${streamKey}`, 'after', { number: 1 }, { kind: STATE });
		return talkers.every((s) => s.all('after').length > 0);
	}, { ms: 20000, every: 200, what: 'every member to hear' });
	ok(true, 'every socket is connected again and hears of its room');
	is((await talkers[0].ask('chat:send-message', { streamKey, message: 'after' })).ok, true, 'a message is accepted after all');
	await until(async () => (await d.psql("SELECT count(*)::int AS n FROM kafka_outbox"))[0].n === 0, { ms: 30000, what: 'the outbox to be empty' });
	ok(true, 'the outbox is empty');
	all.forEach((s) => s.disconnect());
});

await done();
