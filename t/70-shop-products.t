#!/usr/bin/env t/lib/run
// 70-shop-products.t -- categories and products: who may write them, what is refused, optimistic concurrency, price history, search
// with its pages, stock, import and export.
import { randomUUID } from 'node:crypto';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', CATEGORY_DEPTH_MAX: '3', PRODUCT_EXPORT_ROWS: '10' } });
const web = client(d.url);
const who = (role) => { const id = randomUUID(); return { id, token: sign({ sub: id, role }) }; };
const admin = who('admin'), seller = who('seller'), rival = who('seller'), buyer = who('user');
const as = (p, headers = {}) => ({ token: p.token, headers });
const make = async (p, product) => (await web.post('/api/v1/products', product, as(p))).body.data;

await test('categories', async () => {
	const add = (c, p = admin) => web.post('/api/v1/categories', c, as(p));
	is((await add({ name: 'x' }, seller)).status, 403, 'a seller cannot create a category');
	const tea = (await add({ name: '차', position: 2 })).body.data, cup = (await add({ name: '다기', position: 1 })).body.data;
	deep(tea, { id: tea.id, name: '차', parentId: null, position: 2, depth: 0, path: ['차'] }, 'a root category is created');
	const green = (await add({ name: '녹차', parentId: tea.id })).body.data, first = (await add({ name: '우전', parentId: green.id })).body.data;
	deep(first.path, ['차', '녹차', '우전'], 'a category has its path');
	is((await add({ name: '더', parentId: first.id })).status, 400, 'a category deeper than CATEGORY_DEPTH_MAX is refused');
	is((await add({ name: '녹차', parentId: tea.id })).status, 409, 'a second category of one name is refused');
	is((await add({ name: 'y', parentId: randomUUID() })).status, 400, 'a category needs an existing parent');
	is((await add({ name: 'y', parentId: 'rubbish' })).status, 400, "a category's parent must be an id");
	deep((await web.get('/api/v1/categories')).body.data.map((c) => c.name), ['다기', '차', '녹차', '우전'], 'the tree of categories is in order');
	const move = (id, parentId) => web.patch(`/api/v1/categories/${id}`, { parentId }, as(admin));
	is((await move(tea.id, first.id)).status, 400, 'a category cannot move below itself');
	is((await move(tea.id, tea.id)).status, 400, 'a category cannot be its own parent');
	is((await move(green.id, null)).body.data.depth, 0, 'a branch can become a root');
	is((await move(tea.id, first.id)).body.data.depth, 2, 'a new root can take the old root as its child');
	is((await move(cup.id, tea.id)).status, 400, 'a move that exceeds the depth is refused');
	is((await web.del(`/api/v1/categories/${green.id}`, undefined, as(admin))).body.error.code, 'CATEGORY_IN_USE', 'a category with children cannot be deleted');
	await make(seller, { name: '찻잔', price: 1, categoryId: cup.id });
	is((await web.del(`/api/v1/categories/${cup.id}`, undefined, as(admin))).body.error.code, 'CATEGORY_IN_USE', 'a category with products cannot be deleted');
	is((await web.del(`/api/v1/categories/${tea.id}`, undefined, as(admin))).status, 200, 'an empty category can be deleted');
	is((await web.del(`/api/v1/categories/${tea.id}`, undefined, as(admin))).status, 404, 'a category can be deleted once');
	const ways = await Promise.all(Array.from({ length: 8 }, (_, i) => add({ name: `c${i % 2}`, parentId: cup.id })));
	deep(ways.map((r) => r.status).sort(), [201, 201, 409, 409, 409, 409, 409, 409], 'of concurrent creations of one name one succeeds');
});

await test('product_cache:{id}', async () => {
	const p = await make(seller, { name: '잔', price: 12000, imageUrl: 'https://img.example/1.jpg' }), path = `/api/v1/products/${p.id}`;
	const hash = () => d.redisServer.client.hgetall(`product_cache:${p.id}`);
	await web.get(path);
	deep(await until(async () => { const h = await hash(); return h.name && h; }, { what: 'the hash of a product that was read' }),
		{ name: '잔', price: '12000', rating: '0', review_count: '0', image_url: 'https://img.example/1.jpg' }, 'is filled by a read, with a rating always');
	between(await d.redis('TTL', `product_cache:${p.id}`), 3500, 3600, 'for an hour');
	await d.psql('UPDATE products SET rating = 4.5 WHERE id = $1', [p.id]);
	await web.patch(path, { price: 12001 }, as(seller));
	await until(async () => (await hash()).name === undefined, { what: 'a change to delete it' });
	await until(async () => { await web.get(path); const h = await hash(); return h.price === '12001' && h.rating === '4.5'; }, { what: 'the next read to fill it again' });
	await web.del(path, undefined, as(seller));
});

await test('a product, and who may change it', async () => {
	const path = (p) => `/api/v1/products/${p.id}`;
	is((await web.post('/api/v1/products', { name: 'x', price: 1 }, as(buyer))).status, 403, 'a buyer cannot create a product');
	const answer = await web.post('/api/v1/products', { name: '우전 녹차', price: 12000, stock: 5, imageUrl: 'https://img.example/1.jpg' }, as(seller));
	is(answer.status, 201, 'a seller creates a product');
	const p = answer.body.data;
	deep([p.name, p.price, p.stock, p.sold, p.sellerId, p.categoryId, p.imageUrl, p.version], ['우전 녹차', 12000, 5, 0, seller.id, null, 'https://img.example/1.jpg', 1], 'the product is stored as it was sent');
	like(answer.headers.get('etag'), /^"1\.1\./, 'the answer has an ETag');
	const read = await web.get(path(p));
	deep(read.body.data, p, 'anybody can read the product');
	is(read.headers.get('etag'), answer.headers.get('etag'), 'a read has the same ETag');
	is((await web.get(path(p), { headers: { 'if-none-match': read.headers.get('etag') } })).status, 304, 'If-None-Match of the ETag is answered 304');
	for (const [bad, field] of [[{ price: -1 }, 'price'], [{ price: 1.5 }, 'price'], [{ price: 1e10 + 1 }, 'price'], [{ price: '1' }, 'price'], [{ stock: -1 }, 'stock'],
		[{ stock: 1e9 + 1 }, 'stock'], [{ name: '' }, 'name'], [{ name: 'x'.repeat(201) }, 'name'], [{ imageUrl: 'javascript:alert(1)' }, 'imageUrl'],
		[{ imageUrl: 'file:///etc/passwd' }, 'imageUrl'], [{ imageUrl: 'data:text/html,x' }, 'imageUrl']]) {
		const r = await web.post('/api/v1/products', { name: 'x', price: 1, ...bad }, as(seller));
		is(`${r.status} ${r.body.error.details?.[0].field}`, `400 ${field}`, JSON.stringify(bad).slice(0, 60));
		is((await web.patch(path(p), bad, as(seller))).status, 400, 'a malformed value is refused by PATCH too');
	}
	is((await web.post('/api/v1/products', { name: 'x', price: 1, categoryId: randomUUID() }, as(seller))).status, 400, 'a product needs an existing category');
	is((await web.post('/api/v1/products', { name: 'x', price: 1 }, { token: sign({ sub: 'no-uuid', role: 'seller' }) })).status, 403, 'a seller must have a UUID');
	is((await web.patch(path(p), { price: 1 }, as(rival))).status, 403, 'another seller cannot change the product');
	is((await web.del(path(p), undefined, as(rival))).status, 403, 'another seller cannot delete the product');
	is((await web.post(path(p) + '/stock', { delta: 1 }, as(rival))).status, 403, 'another seller cannot change the stock');
	is((await web.patch(path(p), { price: 1 }, as(buyer))).status, 403, 'a buyer cannot change the product');
	const changed = (await web.patch(path(p), { price: 13000, imageUrl: null, description: '첫물' }, as(admin))).body.data;
	deep([changed.price, changed.imageUrl, changed.description, changed.name, changed.version], [13000, null, '첫물', '우전 녹차', 2], 'an admin changes the given fields, null clears one');
	await web.patch(path(p), { price: 13000 }, as(seller));
	deep((await web.get(path(p) + '/price-history')).body.data.map((h) => h.price), [13000, 12000], 'the price history has a row for each change');

	is((await web.del(path(p), undefined, as(seller))).status, 200, 'the seller deletes the product');
	for (const r of [await web.get(path(p)), await web.patch(path(p), { price: 1 }, as(seller)), await web.del(path(p), undefined, as(seller))])
		is(r.status, 404, 'a deleted product is not found');
	is((await d.psql('SELECT name FROM products WHERE id = $1', [p.id]))[0].name, '우전 녹차', 'a deleted product stays in the books');
	is((await web.post('/api/v1/products', { id: p.id, name: 'x', price: 1 }, as(seller))).status, 409, 'the id of a deleted product cannot be used again');
});

await test('a product known from its reviews', async () => {
	await web.post('/api/products/tea-42/reviews', JSON.stringify({ text: '좋아요' }), { headers: { 'content-type': 'application/x-ndjson' } });
	is((await web.get('/api/v1/products/tea-42')).status, 404, 'a product known from its reviews only is not in the shop');
	is((await web.post('/api/v1/products', { id: 'tea-42', name: '차', price: 5 }, as(seller))).status, 409, 'a seller cannot take over a product known from its reviews');
	const p = (await web.post('/api/v1/products', { id: 'tea-42', name: '차', price: 5, stock: 3 }, as(admin))).body.data;
	deep([p.id, p.reviewCount, p.stock, p.sellerId], ['tea-42', 1, 3, admin.id], 'an admin can bring it into the shop with its reviews');
	is((await web.post('/api/v1/products', { id: 'tea-42', name: '차', price: 5 }, as(admin))).status, 409, 'a product known from its reviews is brought in once');
});

await test('optimistic concurrency', async () => {
	const p = await make(seller, { name: 'etag', price: 100, stock: 10 }), path = `/api/v1/products/${p.id}`;
	const tag = async () => (await web.get(path)).headers.get('etag');
	const patch = (change, etag) => web.patch(path, change, as(seller, { 'if-match': etag }));
	const old = await tag();
	is((await patch({ price: 110 }, old)).status, 200, 'If-Match of the current ETag succeeds');
	is((await patch({ price: 120 }, old)).body.error.code, 'PRECONDITION_FAILED', 'If-Match of an old ETag is refused');
	is((await patch({ price: 120 }, `"x", ${await tag()}`)).status, 200, 'If-Match with several ETags matches one of them');
	is((await patch({ price: 130 }, '*')).status, 200, 'If-Match of * matches any version');
	for (const bad of ['rubbish', '""', '"1"', '"9.9.', '"99999999999999999999.1.x"'])
		is((await patch({ price: 1 }, bad)).status, 412, `If-Match with a malformed or unknown ETag is refused: ${bad}`);
	const before = await tag();
	await web.post('/api/v1/orders', { items: [{ productId: p.id, quantity: 1 }] }, as(buyer));
	const race = await Promise.all(Array.from({ length: 6 }, (_, i) => patch({ price: 200 + i }, before)));
	is(race.filter((r) => r.status === 200).length, 1, 'of six concurrent changes one succeeds, and a sale in between is no conflict');
	const stale = await tag();
	await web.post('/api/v1/orders', { items: [{ productId: p.id, quantity: 1 }] }, as(buyer));
	is((await patch({ stock: 50 }, stale)).status, 412, 'a sale in between is a conflict when the stock is set');
	is((await patch({ stock: 50 }, await tag())).body.data.stock, 50, 'the stock can be set after reading again');
	is((await web.del(path, undefined, as(seller, { 'if-match': stale }))).status, 412, 'DELETE honours If-Match');
});

await test('stock', async () => {
	const p = await make(seller, { name: 'stock', price: 100, stock: 10 }), path = `/api/v1/products/${p.id}/stock`;
	const adjust = (delta, headers) => web.post(path, { delta, reason: 'counted' }, as(seller, headers));
	is((await adjust(-4)).body.data.stock, 6, 'stock can be removed');
	const short = await adjust(-7);
	deep([short.status, short.body.error.code, short.body.error.details], [409, 'OUT_OF_STOCK', [{ field: 'delta', available: 6 }]], 'the stock cannot fall below 0');
	is((await adjust(1e9)).status, 400, 'the stock cannot exceed its bound');
	is((await adjust(5, { 'idempotency-key': 'k1' })).body.data.stock, 11, 'stock can be added');
	is((await adjust(5, { 'idempotency-key': 'k1' })).body.data.stock, 11, 'one Idempotency-Key adds stock once');
	const many = await Promise.all(Array.from({ length: 20 }, () => adjust(-1)));
	is(many.filter((r) => r.status === 200).length, 11, 'of twenty concurrent removals as many succeed as there are pieces');
	deep((await d.psql('SELECT sum(delta)::int AS s, count(*)::int AS n, min(stock)::int AS low FROM stock_adjustments WHERE product_id = $1', [p.id]))[0], { s: -10, n: 13, low: 0 }, 'every change of the stock is recorded');
});

await test('search', async () => {
	const cat = (await web.post('/api/v1/categories', { name: '검색' }, as(admin))).body.data.id;
	const sub = (await web.post('/api/v1/categories', { name: '하위', parentId: cat }, as(admin))).body.data.id;
	const own = who('seller');
	for (let i = 0; i < 25; i++)
		await make(own, { name: i % 5 === 0 ? `보이차 100%_${i}` : `우롱차 ${i}`, price: 1000 + (i % 7) * 100, stock: i % 3, categoryId: i % 2 ? cat : sub });
	await make(own, { name: '남', price: 1 });
	const find = (query) => web.get(`/api/v1/products?seller=${own.id}&${query}`);
	const names = async (query) => (await find(query)).body.data.map((p) => p.name);
	is((await names('limit=100')).length, 26, 'the search finds all products of a seller');
	is((await names('limit=100&q=' + encodeURIComponent('보이차'))).length, 5, 'the search finds products by words');
	deep(await names('q=' + encodeURIComponent('100%_2')), ['보이차 100%_20'], 'wildcards are taken literally');
	deep(await names('q=' + encodeURIComponent('  보이차   100%_2')), ['보이차 100%_20'], 'spaces match as in GET /api/search');
	deep((await names('sort=oldest&q=' + encodeURIComponent('롱'))).slice(0, 2), ['우롱차 1', '우롱차 2'], 'the search finds parts of words, in the requested order');
	const paged = [];
	for (let cursor = ''; cursor !== null;) {
		const { body } = await find('sort=price_asc&limit=6&q=' + encodeURIComponent('우롱차') + (cursor && `&cursor=${encodeURIComponent(cursor)}`));
		paged.push(...body.data);
		cursor = body.nextCursor;
	}
	deep([new Set(paged.map((p) => p.id)).size, paged.every((p, i) => i === 0 || p.price >= paged[i - 1].price)], [20, true], 'pages follow each other in order without repeats');
	is((await names('q=' + encodeURIComponent(paged[0].id))).length, 1, 'a product is found by its id');
	is((await names('limit=100&q=' + encodeURIComponent(' '))).length, 26, 'a search without words finds every product');
	is((await names(`limit=100&category=${cat}`)).length, 25, 'a category includes those below it');
	is((await names(`limit=100&category=${sub}`)).length, 13, 'a category below has its own products only');
	ok((await find('limit=100&minPrice=1200&maxPrice=1300')).body.data.every((p) => p.price >= 1200 && p.price <= 1300), 'the search filters by price');
	ok((await find('limit=100&inStock=true')).body.data.every((p) => p.stock > 0), 'the search filters by stock');
	for (const sort of ['newest', 'oldest', 'price_asc', 'price_desc', 'popular']) {
		const all = [], whole = (await find(`sort=${sort}&limit=100`)).body.data.map((p) => p.id);
		for (let cursor, pages = 0; pages < 10; pages++) {
			const { body } = await find(`sort=${sort}&limit=7${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
			all.push(...body.data.map((p) => p.id));
			if ((cursor = body.nextCursor) === null)
				break;
		}
		deep(all, whole, `${sort}: pages of 7 add up to the whole list`);
	}
	const prices = (await find('sort=price_asc&limit=100')).body.data.map((p) => p.price);
	deep(prices, [...prices].sort((a, b) => a - b), 'the list is in order');
	for (const bad of ['sort=name', 'limit=0', 'limit=101', 'cursor=rubbish', 'cursor=price_asc:1:x', 'cursor=newest:x:y', 'cursor=newest:9999999999999999999:y', 'category=x', 'minPrice=-1', 'inStock=maybe'])
		is((await find(bad)).status, 400, bad);
	is((await web.get('/api/v1/products?seller=x')).status, 400, 'a seller filter must be a UUID');
});

await test('import and export', async () => {
	const own = who('seller'), type = { 'content-type': 'application/x-ndjson' };
	const send = (lines, p = own) => web.post('/api/v1/products/import', lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n'), as(p, type));
	const lines = Array.from({ length: 700 }, (_, i) => ({ id: `${own.id}-${i}`, name: `제품 ${i}`, price: i, stock: 1 }));
	deep((await send(lines)).body, { success: true, created: 700, updated: 0, rejected: [] }, 'several batches are imported');
	const again = await send([...lines.slice(0, 3), { id: lines[3].id, name: '다른 이름', price: 9 }]);
	deep([again.body.created, again.body.updated], [0, 4], 'rows imported again are updated');
	deep((await d.psql('SELECT name, price::int, stock::int FROM products WHERE id = $1', [lines[3].id]))[0], { name: '다른 이름', price: 9, stock: 1 }, 'fields that are not given keep their values');
	deep((await web.get(`/api/v1/products/${lines[3].id}/price-history`)).body.data.map((h) => h.price), [9, 3], 'imported prices enter the price history');
	const mixed = await send(['{"name":"이름만","price":5}', '{"name":"이름만","price":6}', '{broken', '[1]', '{"name":"x"}', '{"name":"x","price":-1}',
		{ name: 'c', price: 1, categoryId: randomUUID() }, { name: 'u', price: 1, imageUrl: 'ftp://x' }, { name: 'z'.repeat(70000), price: 1 }]);
	deep(mixed.body.rejected.map((r) => r.line).sort(), [3, 4, 5, 6, 7, 8, 9], 'each faulty line is reported and the others are imported', mixed.text);
	deep([mixed.body.created, mixed.body.updated], [1, 1], 'a row without id is recognised by its name');
	const theirs = await send([{ id: lines[0].id, name: 'mine now', price: 1 }], rival);
	deep([theirs.body.created, theirs.body.updated, theirs.body.rejected.length], [0, 0, 1], "a row with another seller's product is refused");
	is((await send([{ name: 'x', price: 1 }], buyer)).status, 403, 'a buyer cannot import');
	is((await web.post('/api/v1/products/import', JSON.stringify([{ name: 'array', price: 1 }]), as(own, { 'content-type': 'application/json' }))).body.created, 1, 'a JSON array can be imported');

	const got = [];
	for (let cursor = '', pages = 0; cursor !== null && pages < 100; pages++) {
		const r = await web.get(`/api/v1/products/export${cursor && '?cursor=' + encodeURIComponent(cursor)}`, as(own));
		got.push(...r.text.split('\n').filter(Boolean).map(JSON.parse));
		cursor = r.headers.get('x-next-cursor');
	}
	is(new Set(got.map((p) => p.id)).size, 702, 'the export has every product of the seller once');
	ok(got.length === 702 && got.every((p) => p.sellerId === own.id), 'the export has nothing else');
	is((await send(got)).body.updated, 702, 'an export can be imported again');
	is((await web.get('/api/v1/products/export', as(buyer))).status, 403, 'a buyer cannot export');
});

await test('languages', async () => {
	const r = await web.patch('/api/v1/products/x', { price: 1 }, { ...as(seller), language: 'en' });
	like(r.body.error.message, /There is no such/, 'faults are worded in English');
	like((await web.patch('/api/v1/products/x', { price: 1 }, as(seller))).body.error.message, /찾을 수 없/, 'faults are worded in Korean');
});
await done();
