#!/usr/bin/env t/lib/run
// 71-shop-orders.t -- orders: all or nothing, totals, Idempotency-Key, every step by everybody in every state, who sees what, history,
// expiry, events on order-events.
import { randomUUID } from 'node:crypto';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider, schemaFaults } from './lib/kafka.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, env: { ANALYZER: 'off', ORDER_ITEMS_MAX: '5', ORDER_TOTAL_MAX: '1000000', ORDER_PAYMENT_TIMEOUT: '1h' } });
const web = client(d.url);
const who = (role) => { const id = randomUUID(); return { id, role, token: sign({ sub: id, role }) }; };
const admin = who('admin'), seller = who('seller'), rival = who('seller'), buyer = who('user'), other = who('user');
const as = (p, headers = {}) => ({ token: p.token, headers });
const make = async (stock, price = 100, p = seller, more = {}) => (await web.post('/api/v1/products', { name: '상품', price, stock, ...more }, as(p))).body.data;
const order = (items, p = buyer, { headers, ...more } = {}) => web.post('/api/v1/orders', { items: items.map(([x, quantity]) => ({ productId: x.id ?? x, quantity })), ...more }, as(p, headers));
const step = (id, what, p, data = {}) => web.post(`/api/v1/orders/${id}/${what}`, data, as(p));
const stock = async (...list) => (await d.psql('SELECT stock::int, sold::int FROM products WHERE id = ANY ($1) ORDER BY array_position($1, id::text)', [list.map((p) => p.id)])).map((r) => [r.stock, r.sold]);
const topics = await outsider(await brokersOf(d)), seen = await topics.listen(['order-events']);

await test('an order', async () => {
	const a = await make(10, 1200), b = await make(5, 50, rival);
	const r = await order([[b, 2], [a, 3]], buyer, { streamKey: 'live-1' });
	is(r.status, 201, 'an order is placed', r.text);
	const o = r.body.data;
	deep([o.userId, o.status, o.total, o.streamKey, o.paidAt], [buyer.id, 'pending', 3700, 'live-1', null], 'the total of an order is in won');
	deep(o.items.map((i) => [i.productId, i.sellerId, i.price, i.quantity]).sort(), [[a.id, seller.id, 1200, 3], [b.id, rival.id, 50, 2]].sort(), 'an order has its items');
	is(r.body.message, '주문이 접수되었습니다.', 'the message is in Korean');
	is(Math.round((Date.parse(o.expiresAt) - Date.parse(o.createdAt)) / 1000), 3600, 'an order has a deadline for its payment');
	deep(await stock(a, b), [[7, 3], [3, 2]], 'an order takes the stock');
	deep((await web.get(`/api/v1/orders/${o.id}`, as(buyer))).body.data.items.length, 2, 'the buyer can read the order');
	await web.patch(`/api/v1/products/${a.id}`, { price: 9999, name: '다른 이름' }, as(seller));
	deep((await web.get(`/api/v1/orders/${o.id}`, as(buyer))).body.data.items.map((i) => i.price).sort((x, y) => x - y), [50, 1200], 'an item keeps the price at the time of the order');
	is((await order([[a, 1], [a, 2]])).body.data.total, 3 * 9999, 'one product named twice is one item');
});

await test('all or nothing', async () => {
	const a = await make(10), b = await make(1);
	const short = await order([[a, 2], [b, 2]]);
	deep([short.status, short.body.error.code], [409, 'OUT_OF_STOCK'], 'an order for more than the stock is refused');
	deep(short.body.error.details, [{ field: 'items', reason: '재고가 부족합니다', productId: b.id, requested: 2, available: 1 }], 'the refusal names the missing product');
	const unknown = await order([[a, 1], ['no such', 1]]);
	deep([unknown.status, unknown.body.error.details[0].productId], [404, 'no such'], 'an order for an unknown product is refused');
	await web.post('/api/products/reviewed/reviews', JSON.stringify({ text: '좋아요' }), { headers: { 'content-type': 'application/x-ndjson' } });
	is((await order([['reviewed', 1]])).status, 404, 'an order for a product known from reviews only is refused');
	await web.del(`/api/v1/products/${b.id}`, undefined, as(seller));
	is((await order([[b, 1]])).status, 404, 'an order for a deleted product is refused');
	deep(await stock(a), [[10, 0]], 'a refused order takes no stock');
	const dear = await make(9999, 100000);
	const much = await order([[dear, 11]]);
	deep([much.status, much.body.error.details[0].field], [400, 'total'], 'a total beyond ORDER_TOTAL_MAX is refused');
	const limit = await make(1e9, 1e10);
	is((await order([[limit, 9999]])).status, 400, 'a total that would overflow is refused');
	for (const [bad, field] of [[[], 'items'], ['x', 'items'], [Array(6).fill({ productId: a.id, quantity: 1 }), 'items'], [[{ productId: a.id, quantity: 0 }], 'items[0].quantity'],
		[[{ productId: a.id, quantity: 1 }, { productId: a.id, quantity: 1.5 }], 'items[1].quantity'], [[{ productId: a.id, quantity: 10000 }], 'items[0].quantity'],
		[[{ quantity: 1 }], 'items[0].productId'], [[7], 'items[0].productId']]) {
		const r = await web.post('/api/v1/orders', { items: bad }, as(buyer));
		is(`${r.status} ${r.body.error.details?.[0].field}`, `400 ${field}`, JSON.stringify(bad).slice(0, 70));
	}
	const odd = (await web.post('/api/v1/products', { id: 'odd "id" {\\},', name: 'x', price: 1, stock: 2 }, as(seller))).body.data;
	is((await order([[odd, 1], [a, 1]])).body.data?.items.length, 2, 'a product id may be any text');
	is((await web.post('/api/v1/orders', { items: [{ productId: a.id, quantity: 1 }] }, { token: sign({ sub: 'no-uuid' }) })).status, 403, 'a buyer must have a UUID');
	is((await web.post('/api/v1/orders', { items: [] })).status, 401, 'a buyer must have an account');
});

await test('Idempotency-Key', async () => {
	const a = await make(100), headers = { 'idempotency-key': `k-${a.id}` };
	const answers = await Promise.all(Array.from({ length: 12 }, () => order([[a, 2]], buyer, { headers })));
	deep([...new Set(answers.map((r) => `${r.status} ${r.body.data?.id}`))].length, 1, 'twelve concurrent requests under one key make one order', answers.map((r) => r.status).join());
	deep(await stock(a), [[98, 2]], 'a repeated Idempotency-Key takes the stock once');
	is((await order([[a, 3]], buyer, { headers })).status, 422, 'another order under the same key is refused');
	is((await order([[a, 2]], other, { headers })).status, 201, "another buyer's key is independent");
	// The worker died after its commit and before it wrote the answer down: whoever takes over finds the order.
	await d.psql("UPDATE idempotency_keys SET status = NULL, body = NULL, locked_at = now() - interval '1 hour' WHERE key = $1 AND user_id = $2", [headers['idempotency-key'], buyer.id]);
	const again = await order([[a, 2]], buyer, { headers });
	deep([again.status, again.body.data.id], [201, answers[0].body.data.id], 'a taken-over request finds the order of its predecessor');
	deep(await stock(a), [[96, 4]], 'a taken-over request takes no stock');
	// The same among others, with which it shares a transaction that it makes fail.
	await d.psql("UPDATE idempotency_keys SET status = NULL, body = NULL, locked_at = now() - interval '1 hour' WHERE key = $1 AND user_id = $2", [headers['idempotency-key'], buyer.id]);
	const crowd = await Promise.all(Array.from({ length: 40 }, (_, i) => order([[a, i === 20 ? 2 : 1]], buyer, i === 20 ? { headers } : {})));
	deep([crowd.filter((r) => r.status === 201).length, crowd[20].body.data.id], [40, answers[0].body.data.id], 'a taken-over request does not affect the orders of its batch');
	deep(await stock(a), [[57, 43]], 'each order of the batch is stored once');
});

await test('the last piece, and an answer that was lost', async () => {
	const a = await make(1), headers = { 'idempotency-key': `last-${a.id}` };
	const lose = () => d.psql("UPDATE idempotency_keys SET status = NULL, body = NULL, locked_at = now() - interval '1 hour' WHERE key = $1 AND user_id = $2", [headers['idempotency-key'], buyer.id]);
	const first = await order([[a, 1]], buyer, { headers });
	is(first.status, 201, 'an order takes the last piece');
	await lose();
	const again = await order([[a, 1]], buyer, { headers });
	deep([again.status, again.body.data?.id], [201, first.body.data.id], 'a retry whose answer was lost returns the order and not sold out', again.text);
	is((await order([[a, 1]], buyer, { headers: { 'idempotency-key': `next-${a.id}` } })).status, 409, 'a later order is refused');
	await web.del(`/api/v1/products/${a.id}`, undefined, as(seller));
	await lose();
	is((await order([[a, 1]], buyer, { headers })).status, 201, 'a retry after the product was deleted returns the order');
	deep((await d.psql('SELECT count(*)::int AS n FROM orders WHERE id = $1', [first.body.data.id]))[0].n, 1, 'the retries made one order');
});

// What each may do in each state: the code of the answer.
await test('every step, by everybody, in every state', async () => {
	const table = {	// buyer, seller, rival, other, admin
		pending: { pay: '200 404 404 404 200', ship: '403 409 404 403 409', deliver: '409 409 404 404 409', cancel: '200 200 404 404 200' },
		paid: { pay: '409 403 404 404 409', ship: '403 200 404 403 200', deliver: '409 409 404 404 409', cancel: '200 200 404 404 200' },
		shipped: { pay: '409 403 404 404 409', ship: '403 409 404 403 409', deliver: '200 200 404 404 200', cancel: '409 409 404 404 409' },
		delivered: { pay: '409 403 404 404 409', ship: '403 409 404 403 409', deliver: '409 409 404 404 409', cancel: '409 409 404 404 409' },
		cancelled: { pay: '409 403 404 404 409', ship: '403 409 404 403 409', deliver: '409 409 404 404 409', cancel: '409 409 404 404 409' },
	};
	table.pending.pay = '200 403 404 404 200';
	const path = { pending: [], paid: ['pay'], shipped: ['pay', 'ship'], delivered: ['pay', 'ship', 'deliver'], cancelled: ['cancel'] };
	const a = await make(100000);
	let left = 100000;
	for (const [state, steps] of Object.entries(table))
		for (const [what, codes] of Object.entries(steps)) {
			const got = [];
			for (const p of [buyer, seller, rival, other, admin]) {
				const o = (await order([[a, 1]])).body.data;
				for (const s of path[state])
					await step(o.id, s, admin);
				const before = (await web.get(`/api/v1/orders/${o.id}`, as(buyer))).body.data.status;
				if (before !== state)
					got.push(`in ${before}`);
				const r = await step(o.id, what, p);
				got.push(r.status);
				const after = (await web.get(`/api/v1/orders/${o.id}`, as(buyer))).body.data.status;
				left -= after === 'cancelled' ? 0 : 1;
				if (r.status !== 200 && after !== state)
					got.push(`then ${after}`);
			}
			is(got.join(' '), codes, `${what} of a ${state} order answers as the table says`);
		}
	deep(await stock(a), [[left, 100000 - left]], 'each cancelled order returned its stock once');
});

await test('two sellers in one order', async () => {
	const a = await make(5, 100), b = await make(5, 10, rival), o = (await order([[a, 1], [b, 2]])).body.data;
	await step(o.id, 'pay', buyer);
	is((await step(o.id, 'cancel', seller)).status, 403, 'one of two sellers cannot cancel the order');
	const part = (await step(o.id, 'ship', seller)).body.data;
	deep([part.status, part.total, part.items.map((i) => i.productId)], ['paid', 100, [a.id]], 'a seller ships his own items and sees no others');
	is((await step(o.id, 'ship', seller)).status, 409, 'items are shipped once');
	is((await step(o.id, 'cancel', buyer)).status, 409, 'a partly shipped order cannot be cancelled');
	is((await step(o.id, 'ship', rival)).body.data.status, 'shipped', 'an order is shipped when all its items are');
	is((await step(o.id, 'deliver', buyer)).body.data.status, 'delivered', 'a shipped order can be delivered');
	const seenBy = async (p, view) => (await web.get(`/api/v1/orders?view=${view}&limit=100`, as(p))).body.data?.find((x) => x.id === o.id);
	deep([(await seenBy(rival, 'seller')).total, (await seenBy(rival, 'seller')).items.length], [20, 1], "a seller's view of an order has the seller's items and total");
	is((await seenBy(buyer, 'buyer')).total, 120, "the buyer's view of an order has the whole total");
	is((await seenBy(admin, 'all')).total, 120, "an admin's view of an order has the whole total");
	is(await seenBy(other, 'buyer'), undefined, "a buyer's list does not have the orders of others");
	is((await web.get('/api/v1/orders?view=all', as(seller))).status, 403, 'a seller does not see every order');
	is((await web.get(`/api/v1/orders/${o.id}`, as(other))).status, 404, "a seller cannot read another's order");
});

await test('row-level security hides the rows too', async () => {
	const all = (await d.psql('SELECT count(*)::int AS n FROM orders'))[0].n;
	const c = await d.psql(`SELECT (SELECT count(*)::int FROM orders WHERE is_caller(user_id)) AS n`);
	is(c[0].n, all, 'without a user row-level security shows every row');
	const pg = (await import('pg')).default, one = new pg.Client({ connectionString: d.databaseUrl });
	await one.connect();
	await one.query("SELECT set_config('dure.user', $1, false)", [other.id]);
	const mine = (await one.query('SELECT user_id FROM orders')).rows, items = (await one.query('SELECT user_id, seller_id FROM order_items')).rows;
	ok(mine.length > 0 && mine.every((r) => r.user_id === other.id) && items.every((r) => r.user_id === other.id), 'row-level security shows a buyer his own orders');
	await one.query("SELECT set_config('dure.user', $1, false)", [rival.id]);
	const sold = (await one.query('SELECT seller_id FROM order_items')).rows;
	ok(sold.length > 0 && sold.every((r) => r.seller_id === rival.id), 'row-level security shows a seller his items');
	is((await one.query('SELECT count(*)::int AS n FROM orders')).rows[0].n, (await one.query('SELECT count(DISTINCT order_id)::int AS n FROM order_items')).rows[0].n, 'row-level security shows a seller the orders of his items');
	await one.end();
});

await test('history', async () => {
	const p = who('user'), a = await make(100);
	for (let i = 0; i < 23; i++)
		await order([[a, 1]], p);
	const whole = (await web.get('/api/v1/orders?limit=100', as(p))).body.data.map((o) => o.id), pages = [];
	is(whole.length, 23, 'the history has every order');
	for (let cursor = null, n = 0; n < 10; n++) {
		const { body } = await web.get(`/api/v1/orders?limit=5${cursor ? `&cursor=${cursor}` : ''}`, as(p));
		pages.push(...body.data.map((o) => o.id));
		if (n === 0)
			await order([[a, 1]], p);	// a new one moves nothing
		if ((cursor = body.nextCursor) === null)
			break;
	}
	deep(pages, whole, 'the history comes in pages');
	await step(whole[3], 'cancel', p);
	deep((await web.get('/api/v1/orders?status=cancelled', as(p))).body.data.map((o) => o.id), [whole[3]], 'the history filters by status');
	for (const bad of ['cursor=x', 'cursor=1:2', 'status=lost', 'view=mine', 'limit=0'])
		is((await web.get(`/api/v1/orders?${bad}`, as(p))).status, 400, bad);
});

await test('cancelled by many at once', async () => {
	const a = await make(10), b = await make(10), o = (await order([[a, 4], [b, 1]])).body.data;
	const answers = await Promise.all([buyer, seller, admin].flatMap((p) => Array.from({ length: 6 }, () => step(o.id, 'cancel', p))));
	deep(answers.map((r) => r.status).sort(), [200, ...Array(17).fill(409)], 'of concurrent cancellations one succeeds');
	deep(await stock(a, b), [[10, 0], [10, 0]], 'concurrent cancellations return the stock once');
});

await test('orders and cancellations crosswise', async () => {
	const list = await Promise.all(Array.from({ length: 6 }, () => make(30)));
	const some = () => [...list].sort(() => Math.random() - 0.5).slice(0, 3).map((p) => [p, 1]);
	const answers = await Promise.all(Array.from({ length: 60 }, async () => {
		const r = await order(some());
		return r.status === 201 && Math.random() < 0.5 ? (await step(r.body.data.id, 'cancel', buyer)).status : r.status;
	}));
	ok(answers.every((s) => [200, 201, 409].includes(s)), 'orders and cancellations crosswise cause no deadlock', [...new Set(answers)].join());
	ok((await stock(...list)).every(([left, sold]) => left + sold === 30 && left >= 0), 'orders and cancellations in any order lose no piece');
});

await test('not paid in time', async () => {
	const a = await make(3), late = (await order([[a, 2]])).body.data, paid = (await order([[a, 1]])).body.data;
	await step(paid.id, 'pay', buyer, { paymentId: 'p-1' });
	await d.psql("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = ANY ($1)", [[late.id, paid.id]]);
	const o = await until(async () => { const x = (await web.get(`/api/v1/orders/${late.id}`, as(buyer))).body.data; return x.status === 'cancelled' && x; }, { ms: 60000, what: 'the order to expire' });
	is(o.cancelReason, 'expired', 'cron cancels an unpaid order');
	deep([(await web.get(`/api/v1/orders/${paid.id}`, as(buyer))).body.data.status, (await step(late.id, 'pay', buyer)).status], ['paid', 409], 'a paid order stays, an expired one cannot be paid');
	deep(await stock(a), [[2, 1]], 'a cancelled order returns its stock');
});

await test('events', async () => {
	const a = await make(5, 70), o = (await order([[a, 2]])).body.data;
	for (const s of ['pay', 'ship', 'deliver'])
		await step(o.id, s, admin);
	const c = (await order([[a, 1]])).body.data;
	await step(c.id, 'pay', buyer);
	await step(c.id, 'cancel', buyer);
	const of = (id) => seen.filter((m) => m.key === id);
	await until(() => of(o.id).length >= 4 && of(c.id).length >= 3, { ms: 30000, what: 'the events' });
	deep(of(o.id).map((m) => m.json.type), ['order.created', 'order.paid', 'order.shipped', 'order.delivered'], 'each step of an order has one event, in order');
	deep(of(c.id).map((m) => [m.json.type, m.json.refund]), [['order.created', undefined], ['order.paid', undefined], ['order.cancelled', 70]], 'the cancellation of a paid order asks for a refund');
	const faults = seen.map((m) => schemaFaults('order-events', m.json)).filter(Boolean);
	deep(faults, [], `all ${seen.length} events conform to their schema`);
	const first = of(o.id)[0].json;
	deep([first.userId, first.total, first.items[0].quantity], [buyer.id, 140, 2], 'the events have the ordered items');
	is((await d.psql('SELECT count(*)::int AS n FROM orders o WHERE NOT EXISTS (SELECT FROM order_items WHERE order_id = o.id)'))[0].n, 0, 'no event is without items');
});

await test('languages', async () => {
	const a = await make(1);
	like((await web.post('/api/v1/orders', { items: [{ productId: a.id, quantity: 1 }] }, { ...as(buyer), language: 'en' })).body.message, /has been placed/, 'refusals are worded in English');
	like((await web.post('/api/v1/orders', { items: [{ productId: a.id, quantity: 1 }] }, { ...as(buyer), language: 'en' })).body.error.message, /not enough in stock/, 'faults are worded in English');
});
await done();
