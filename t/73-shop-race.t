#!/usr/bin/env t/lib/run
// 73-shop-race.t -- many buyers, few pieces, two Dure instances on one database: exactly what there is is sold, nothing waits in a circle,
// and kill -9 of workers and of a master leaves every piece where it can be counted. Buyers do as clients do: what failed is sent
// again under the same Idempotency-Key.
import { randomUUID } from 'node:crypto';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { percentile } from './lib/bench.mjs';
import { deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until } from './lib/until.mjs';

const buyers = Number(process.env.BUYERS || 1000), pieces = 100;
const env = { ANALYZER: 'off', DB_POOL_MAX: '10', DB_CONNECTION_TIMEOUT: '20000', RESTART_BACKOFF_MAX_MS: '500' };
const d = await startDure({ http: 2, env });
const e = await startDure({ http: 2, share: d, env });
const sides = [d, e], seller = { id: randomUUID() }, admin = sign({ sub: randomUUID(), role: 'admin' }, { seconds: 3600 });
const token = sign({ sub: seller.id, role: 'seller' }, { seconds: 3600 });
const buyer = () => sign({ sub: randomUUID(), role: 'user' }, { seconds: 3600 });
const deadlocks = async () => Number((await d.psql('SELECT deadlocks AS n FROM pg_stat_database WHERE datname = current_database()'))[0].n);

// One POST until it has an answer that is one, by turns at either instance.
async function surely(path, data, as, at = Math.floor(Math.random() * 2)) {
	const headers = { 'idempotency-key': randomUUID() }, end = Date.now() + 120000;
	for (;; at++) {
		const r = await client(sides[at % 2].url).post(path, data, { token: as, headers, ms: 30000 }).catch(() => ({ status: 0 }));
		if (r.status > 0 && r.status < 500 && r.body?.error?.code !== 'IDEMPOTENCY_IN_PROGRESS')
			return r;
		if (Date.now() > end)
			throw new Error(`no answer to ${path}: ${r.status} ${r.text}`);
		await sleep(50);
	}
}
const make = async (stock) => (await surely('/api/v1/products', { name: '한정판', price: 1000, stock }, token, 0)).body.data.id;
const buy = (ids, as, at) => surely('/api/v1/orders', { items: ids.map((productId) => ({ productId, quantity: 1 })) }, as, at);

// Where the pieces are, by the rows of products and by those of the orders.
async function books(id) {
	const [p] = await d.psql('SELECT stock::int, sold::int FROM products WHERE id = $1', [id]);
	const [o] = await d.psql(`SELECT coalesce(sum(quantity) FILTER (WHERE status <> 'cancelled'), 0)::int AS sold, count(*)::int AS orders
		FROM order_items JOIN orders ON orders.id = order_id WHERE product_id = $1`, [id]);
	return { stock: p.stock, sold: p.sold, ordered: o.sold, orders: o.orders };
}

await test(`${buyers} buyers race for ${pieces} pieces`, async () => {
	const id = await make(pieces), ms = [];
	const people = Array.from({ length: buyers }, buyer);
	const answers = await Promise.all(people.map(async (who, i) => {
		const began = performance.now(), r = await buy([id], who, i);
		ms.push(performance.now() - began);
		return r;
	}));
	const won = answers.filter((r) => r.status === 201);
	is(won.length, pieces, 'as many orders succeed as there are pieces');
	is(new Set(won.map((r) => r.body.data.id)).size, pieces, 'each buyer has an order of their own');
	ok(answers.every((r) => r.status === 201 || r.body.error.code === 'OUT_OF_STOCK'), 'the other buyers are told that the product is sold out');
	deep(await books(id), { stock: 0, sold: pieces, ordered: pieces, orders: pieces }, 'stock and sold count agree with the orders');
	diag(`${buyers} buyers at once: p50 ${percentile(ms, 0.5).toFixed(0)} ms, p99 ${percentile(ms, 0.99).toFixed(0)} ms`);
});

await test('several things in one order, in any order', async () => {
	const list = await Promise.all([40, 40, 40, 40].map(make)), before = await deadlocks();
	const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => buy([...list].sort(() => Math.random() - 0.5).slice(0, 2 + i % 2), buyer(), i)));
	const sold = Object.fromEntries(list.map((id) => [id, 0]));
	for (const r of answers.filter((x) => x.status === 201))
		for (const item of r.body.data.items)
			sold[item.productId]++;
	for (const id of list)
		deep(await books(id), { stock: 40 - sold[id], sold: sold[id], ordered: sold[id], orders: sold[id] }, 'an order of several products is stored whole or not at all');
	is(await deadlocks() - before, 0, 'orders of several products cause no deadlock');
});

await test('kill -9 in the middle', async () => {
	const start = 400, id = await make(start), other = await make(start);
	let stop = false, killed = 0;
	const kept = [], cancelled = [];
	// Two in three buyers keep what they get, one cancels it.
	const shoppers = Array.from({ length: 40 }, async (_, i) => {
		for (let n = 0; !stop || n < 3; n++) {
			const who = buyer(), r = await buy(n % 2 ? [id] : [other, id], who, i + n);
			if (r.status !== 201)
				continue;
			const o = r.body.data.id;
			if ((i + n) % 3 > 0)
				kept.push(o);
			else if ((await surely(`/api/v1/orders/${o}/cancel`, {}, who, i)).status === 200)
				cancelled.push(o);
		}
	});
	for (let round = 0; round < 4; round++) {
		await until(() => kept.length + cancelled.length > 10 * (round + 1) || kept.length > 300, { ms: 60000, what: 'orders to come in' });
		killed += sides[round % 2].kill9(/^dure: http/).length;
	}
	const children = e.pids().map((p) => p.pid);
	process.kill(e.pid, 'SIGKILL');
	await e.child.gone;
	const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
	await until(() => !children.some(alive), { ms: 30000, what: 'the children of a dead master to go' });
	await e.start();
	stop = true;
	await Promise.all(shoppers);
	ok(killed >= 4, `${killed} workers and a master were killed`);

	const orders = await d.psql('SELECT id, status FROM orders WHERE id = ANY ($1)', [[...kept, ...cancelled]]);
	is(orders.filter((o) => o.status === 'pending').length, kept.length, 'every confirmed order is stored');
	is(orders.filter((o) => o.status === 'cancelled').length, cancelled.length, 'every confirmed cancellation is stored');
	for (const one of [id, other]) {
		const b = await books(one);
		is(b.stock + b.sold, start, `stock ${b.stock} + sold ${b.sold} (returned pieces are in the stock) is the initial stock`);
		is(b.ordered, b.sold, 'the orders have as many pieces as were sold');
	}
	const total = (await d.psql("SELECT count(*)::int AS n FROM orders WHERE id IN (SELECT order_id FROM order_items WHERE product_id = $1)", [id]))[0].n;
	is(total, kept.length + cancelled.length, 'no request made two orders, and no order is unaccounted for');
	diag(`${kept.length} kept, ${cancelled.length} cancelled`);
	is((await surely(`/api/v1/orders/${kept[0]}/pay`, {}, admin)).status, 200, 'the shop takes orders after the kills');
});
is(await deadlocks(), 0, 'no deadlock occurred');
await done();
