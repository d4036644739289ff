#!/usr/bin/env t/lib/run
// 96-frozen.t -- a machine that stands still: the whole tree is frozen for 0.1 to 1.2 s at random, two processes at any other moment, and every
// connection to Redis and PostgreSQL has a lag of its own, while sockets listen, people talk and buy, and the servers are reloaded. Nothing that
// was acknowledged may be lost, every event arrives once and in order, no process dies. FROZEN_SECONDS of it; FROZEN_SEED is printed.
import { randomUUID } from 'node:crypto';
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { command, startCrowd } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { makeFreezer, signal } from './lib/freezer.mjs';
import { deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until } from './lib/until.mjs';

const seconds = Number(process.env.FROZEN_SECONDS || 30), seed = process.env.FROZEN_SEED || String(Date.now() % 1000000);
let state = Number(seed) >>> 0;
const random = () => { state = (state + 0x6d2b79f5) >>> 0; let t = Math.imul(state ^ (state >>> 15), state | 1); t ^= t + Math.imul(t ^ (t >>> 7), t | 61); return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
const below = (n) => Math.floor(random() * n);
const LAG_MS = 25, STOCK = 100000;

const d = await startDure({ http: 2, ws: 2, proxied: { lag: () => below(LAG_MS) }, env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '1048576', CHAT_RATE_MAX: '100000' } });
const fridge = makeFreezer(() => d.pids().map((p) => p.pid));
diag(`FROZEN_SEED=${seed}, for ${seconds} s, by ${fridge.how}`);

const web = client(d.url, { ms: 20000 });
const seller = await account(d, 'seller@example.com', { role: 'seller' }), buyer = await account(d, 'buyer@example.com');
const fresh = (who) => sign({ sub: who.id, role: who.role, sid: randomUUID(), jti: randomUUID() }, { seconds: 900 });
const streamKey = (await web.post('/api/v1/streams', { title: 's' }, { token: fresh(seller) })).body.data.streamKey;
const product = (await web.post('/api/v1/products', { name: 'g', price: 100, stock: STOCK }, { token: fresh(seller) })).body.data.id;

const end = Date.now() + seconds * 1000, going = () => Date.now() < end;
const counts = { frozen: 0, stopped: 0, reloads: 0, said: 0, bought: 0, refused: 0 }, fives = new Set();

async function freezeAll() {
	while (going()) {
		await sleep(500 + below(1500));
		await fridge.freeze();
		await sleep(100 + below(1100));
		fridge.thaw();
		counts.frozen++;
	}
}
async function stopTwo() {
	while (going()) {
		const all = d.pids().filter((p) => p.pid !== d.pid), two = [all[below(all.length)], all[below(all.length)]].filter(Boolean);
		two.forEach((p) => signal(p.pid, 'SIGSTOP'));
		await sleep(20 + below(300));
		two.forEach((p) => signal(p.pid, 'SIGCONT'));
		counts.stopped += two.length;
		await sleep(below(200));
	}
}
async function reload() {
	while (going()) {
		await sleep(5000 + below(3000));
		if (!going())
			break;
		const { code, stderr } = await command(d, 'reload');
		counts.reloads++;
		if (code !== 0)
			fives.add(`reload: ${stderr}`);
	}
}

const crowd = await startCrowd(d, 30, { polling: 8 });
// Members of a chat: what each has heard, in its order.
const members = [];
for (let i = 0; i < 6; i++) {
	const s = await ioConnect(`${d.url}/chat`, { auth: { token: fresh(i % 2 ? seller : buyer) }, reconnection: false, transports: [i < 2 ? 'polling' : 'websocket'] });
	s.heard = [];
	s.on('chat:message', (m) => s.heard.push(m.id));
	await s.ask('chat:join-room', streamKey);
	members.push(s);
}
const said = [];
async function talk(s) {
	for (let i = 0; going(); i++) {
		const r = await s.timeout(20000).emitWithAck('chat:send-message', { streamKey, message: `m ${i}`, clientMessageId: randomUUID() }).catch(() => null);
		if (r?.ok)
			said.push(r.data?.id ?? r.id ?? r.message?.id);
		else if (/INTERNAL_ERROR/.test(JSON.stringify(r)))
			fives.add(JSON.stringify(r));
		else
			counts.refused++;
		await sleep(20 + below(60));
	}
}
const bought = [];
async function buy() {
	while (going()) {
		const r = await web.post('/api/v1/orders', { items: [{ productId: product, quantity: 1 + below(3) }] }, { token: fresh(buyer), headers: { 'idempotency-key': randomUUID() } }).catch(() => null);
		if (r?.status === 201)
			bought.push(r.body.data.id);
		else if (r?.status === 500)
			fives.add(r.text);
		else
			counts.refused++;
		await sleep(below(50));
	}
}

crowd.start(10);
await Promise.all([freezeAll(), stopTwo(), reload(), ...members.map(talk), buy(), buy()]);
counts.said = said.length;
counts.bought = bought.length;
diag(counts);

await test('afterwards', async () => {
	await until(() => d.isReady().catch(() => false), { ms: 30000, what: 'ready again' });
	await crowd.finish();
	deep(crowd.faults.slice(0, 10), [], `every socket got every one of ${crowd.sent} events once, in order, and stayed`);
	ok(counts.frozen > 2 && counts.stopped > 10 && (counts.reloads > 0 || seconds < 20), 'it stood still many times, and was reloaded');
	deep([...fives], [], 'no answer 500 and no acknowledgement of an internal error, no reload refused');
	const died = d.log().split('\n').filter((l) => /"msg":"(process (died|failed|is silent|does not stop|is quarantined)|bug)/.test(l));
	deep(died.slice(0, 5), [], 'no process died');
});
await test('what was acknowledged', async () => {
	const rows = await d.psql('SELECT id::text FROM chat_messages WHERE stream_key = $1 ORDER BY id', [streamKey]), ids = rows.map((r) => r.id);
	deep(said.filter((id) => !ids.includes(String(id))).slice(0, 5), [], `every acknowledged message is stored (${said.length})`);
	ok(said.length > 3 && bought.length > 3, 'people talked and bought');
	await until(() => members.every((s) => s.heard.length >= ids.length), { ms: 20000, what: 'all messages to be heard' }).catch(() => {});
	// Two processes that store messages at once may publish them in another order than that of their ids; but it is one order for all.
	members.forEach((s, i) => deep([s.heard.length, new Set(s.heard).size, s.heard.join() === members[0].heard.join(), s.connected],
		[ids.length, ids.length, true, true], `member ${i} heard every stored message once, in the order of all, and stayed`));
	const [{ n }] = await d.psql('SELECT count(*)::int AS n FROM orders WHERE id = ANY ($1)', [bought]);
	is(n, bought.length, 'every acknowledged order is stored');
	const [p] = await d.psql(`SELECT stock::int, sold::int, (SELECT coalesce(sum(quantity), 0)::int FROM order_items WHERE product_id = $1) AS ordered FROM products WHERE id = $1`, [product]);
	deep([p.stock + p.sold, p.sold], [STOCK, p.ordered], 'and every piece is in stock or in an order');
});
members.forEach((s) => s.disconnect());
await done();
