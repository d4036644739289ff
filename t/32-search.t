#!/usr/bin/env t/lib/run
// 32-search.t -- GET /api/search: matches, in Korean too; the cache, which every change of a product invalidates; popular and recent queries.
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off' } });
const web = client(d.url);
const [kim, lee] = [await account(d, 'kim@example.com'), await account(d, 'lee@example.com')];
await d.psql(`INSERT INTO products (id, name, price, review_count) VALUES ('ear-1', '무선 이어폰 프로', 99000, 5), ('ear-2', '유선 이어폰', 9900, 50),
	('gyul', '제주 감귤 5kg', 15000, 3), ('pct', '100% 순면_티셔츠', 12000, 1), ('mac', 'MacBook 거치대', 30000, 2), ('quote', $1, 1, 0)`, [`it's "odd" \\ (back)`]);
await d.psql("INSERT INTO products (id, name) SELECT 'filler-' || i, 'filler ' || i FROM generate_series(1, 3000) i");
await d.psql('ANALYZE products');
const search = async (q, more = '', who) => (await web.get(`/api/search?q=${encodeURIComponent(q)}${more}`, { token: who?.token })).body;
const ids = async (q) => (await search(q)).data.map((p) => p.productId);

await test('matches', async () => {
	deep(await ids('이어폰'), ['ear-2', 'ear-1'], 'a Korean query finds the best-known product first');
	deep(await ids('감귤'), ['gyul'], 'a word of two syllables matches');
	deep(await ids('귤'), ['gyul'], 'a part of a word matches');
	deep(await ids('어폰 프'), ['ear-1'], 'a query may span a space');
	deep(await ids('macbook'), ['mac'], 'case does not matter');
	deep(await ids('  MACBOOK   거치대 '), ['mac'], 'spaces do not matter');
	deep(await ids('ear-'), ['ear-2', 'ear-1'], 'an id matches');
	deep(await ids('100%'), ['pct'], '% is matched literally');
	deep(await ids('_'), ['pct'], '_ is matched literally');
	deep(await ids('\\ ('), ['quote'], '\\ is matched literally');
	deep(await ids(`it's "odd"`), ['quote'], 'quotes are matched literally');
	deep(await ids('없는상품'), [], 'an unknown word finds nothing');
	is((await search('')).totalCount, 3006, 'an empty query finds all products');
	const first = await search('filler', '&limit=2'), second = await search('filler', `&limit=2&cursor=${encodeURIComponent(first.nextCursor)}`);
	deep([first.data.length, second.data.length, first.totalCount], [2, 2, 3000], 'pages have the size of the limit and the total count');
	ok(first.data[1].productId < second.data[0].productId, 'the next page continues it');
	const odd = await web.get('/api/search?q=x&cursor=x', { language: 'en' });
	deep([odd.status, odd.body.error.details], [400, [{ field: 'cursor', reason: 'is no cursor of this list' }]], 'a malformed cursor is refused, by its name');
	const [hit] = (await search('감귤')).data;
	deep(hit, { productId: 'gyul', name: '제주 감귤 5kg', price: 15000, reviewCount: 3 }, 'a hit has the documented members');
	const plan = (await d.psql(`EXPLAIN SELECT * FROM products WHERE search_grams(name || ' ' || id) @> search_query_grams('감귤') AND name ILIKE '%감귤%'`))
		.map((r) => r['QUERY PLAN']).join('\n');
	like(plan, /products_search/, 'the index serves queries of two syllables');
});

await test('the shop finds the same', async () => {
	await d.psql(`INSERT INTO users (email, password_hash, role) VALUES ('s@example.com', '!', 'seller');
		INSERT INTO products (id, name, price, seller_id) SELECT 'shop-' || i, 'ware ' || i || ' ' || md5(i::text), i, (SELECT id FROM users WHERE email = 's@example.com')
			FROM generate_series(1, 20000) i;
		UPDATE products SET name = '쪽빛 손수건' WHERE id = 'shop-7777'; ANALYZE products`);
	const shop = async (q) => (await web.get(`/api/v1/products?q=${encodeURIComponent(q)}&limit=100`)).body.data.map((p) => p.id);
	for (const q of ['손수건', '쪽', 'SHOP-19999', 'ware 12345 ', '없는상품'])
		deep(await shop(q), await ids(q), `the shop and the search find the same products for "${q}"`);
	const scans = async () => Number((await d.psql("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'products_search'"))[0].idx_scan);
	const before = await scans();
	for (let i = 0; i < 8; i++)	// after a few the plan of a prepared statement knows the words no more
		await shop(`손수건${' '.repeat(i)}`);
	await until(async () => await scans() >= before + 8, { ms: 30000, what: 'the index to have been used each time' });
	await d.psql("DELETE FROM products WHERE id LIKE 'shop-%'");
});

await test('a word in most names', async () => {
	const seller = (await d.psql("SELECT id FROM users WHERE email = 's@example.com'"))[0].id;
	await d.psql(`INSERT INTO products (id, name, price, review_count, sold, seller_id, deleted_at)
		SELECT (ARRAY['Lot', 'lot', 'x'])[1 + i % 3] || '-' || md5(i::text), (ARRAY['Plum', 'PLUM', 'plum', '자두', 'Pl um'])[1 + (random() * 4.4)::int % 5] || ' ' ||
			substr(md5(random()::text), 1, 6), (random() * 50)::int, (random() * random() * 40)::int, (random() * 20)::int,
			CASE WHEN i % 2 = 0 THEN $1 END, CASE WHEN i % 17 = 0 THEN now() END
		FROM generate_series(1, 2000) i`, [seller]);
	await d.psql("DELETE FROM products WHERE id LIKE 'filler-%'; ANALYZE products");
	const sorted = async (q, more, order) => (await d.psql(`SELECT id FROM products WHERE deleted_at IS NULL AND (name ILIKE $1 OR id ILIKE $1) ${more} ORDER BY ${order}`,
		[`%${q}%`])).map((r) => r.id);
	const pages = async (path, id) => {
		const all = [], totals = new Set();
		for (let cursor = ''; cursor !== null;) {
			const { data, nextCursor, totalCount } = (await web.get(`${path}&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)).body;
			all.push(...data.map((p) => p[id]));
			totals.add(totalCount);
			cursor = nextCursor;
		}
		return [all, [...totals]];
	};
	for (const q of ['plum', 'L', 'lot-', '자두', 'plum a', 'um', 'um 1', 'x-0', 'zz']) {
		const all = await sorted(q, '', 'review_count DESC, id');
		deep(await pages(`/api/search?q=${encodeURIComponent(q)}`, 'productId'), [all, [all.length]], `the pages for "${q}" are the full sort of ${all.length}, with its count`);
	}
	for (const [sort, order] of [['newest', 'created_at DESC, id DESC'], ['price_asc', 'price, id'], ['popular', 'sold DESC, id DESC']])
		for (const q of ['plum', 'plum a'])
			deep((await pages(`/api/v1/products?q=${encodeURIComponent(q)}&sort=${sort}`, 'id'))[0], await sorted(q, 'AND seller_id IS NOT NULL', order),
				`the shop's pages for "${q}" by ${sort} are its full sort`);
	const scans = async (index) => Number((await d.psql('SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1', [index]))[0].idx_scan);
	for (const [q, index] of [['plum', 'products_rank'], ['plum 12', 'products_search']]) {
		const before = await scans(index);
		for (let i = 0; i < 8; i++)
			await search(q, `&limit=${i + 1}`);
		await until(async () => await scans(index) >= before + 8, { ms: 30000, what: `${index} to have been used for "${q}" each time` });
	}
	await d.psql("DELETE FROM products WHERE id LIKE '%-________________________________'");
});

await test('the cache', async () => {
	const cached = () => d.redis('KEYS', 'search_cache:*');
	const [key] = await until(async () => {		// a worker may hear of the changes above a moment later, and then asks anew
		const old = await cached();
		if (old.length > 0)
			await d.redis('DEL', ...old);
		for (let i = 0; i < 3; i++) {
			await search('거치대');
			await sleep(50);
		}
		const keys = await cached();
		return keys.length === 1 && keys;
	}, { what: 'one kept answer' });
	ok((await d.redis('TTL', key)) > 1700 && (await d.redis('TTL', key)) <= 1800, 'an answer is cached for half an hour');
	deep(JSON.parse(await d.redis('GET', key)), await search('거치대'), 'the cache holds the bytes that are sent');
	await search(' 거치대');
	is((await cached()).length, 1, 'equivalent queries share one key');
	const hash = await until(async () => { const h = await d.redis('HGETALL', 'product_cache:mac'); return h.length > 0 && h; }, { what: 'the hash' });
	await d.psql("UPDATE products SET name = 'MacBook 스탠드' WHERE id = 'mac'");	// behind its back
	is((await search('거치대')).data.length, 1, 'a cached answer is served from Redis');
	deep(hash, ['name', 'MacBook 거치대', 'price', '30000', 'rating', '0', 'review_count', '2'], 'hits are written to product_cache');
	ok((await d.redis('TTL', 'product_cache:mac')) > 3500, 'product_cache entries live for an hour');
	await web.post('/api/products/mac/reviews', [{ text: '튼튼해요' }]);
	await until(async () => (await search('거치대')).data.length === 0, { what: 'a change by the server itself to be seen' });
	is(await d.redis('EXISTS', 'product_cache:mac'), 0, 'a review invalidates product_cache');
	is((await search('macbook')).data[0].reviewCount, 3, 'the answer has the new count');
	const metrics = (await web.get('/metrics')).text;
	ok(/searches_total\{result="miss"\} \d+/.test(metrics) && /searches_total\{result="(hit|local)"\} \d+/.test(metrics), 'hits and misses are counted');
});

await test('popular and recent', async () => {
	await d.redis('DEL', 'popular_searches');
	for (const [q, n] of [['이어폰', 3], ['감귤', 1], ['없는상품', 5]])
		for (let i = 0; i < n; i++)
			await search(q);
	await search('이어폰', '&cursor=50%3Aear-2');
	await search('MACbook');
	deep((await web.get('/api/search/popular')).body, { success: true, data: [{ query: '이어폰', count: 3 }, { query: '감귤', count: 1 }, { query: 'MACbook', count: 1 }], nextCursor: null },
		'a query that found something counts once per search, not per page');
	is((await web.get('/api/search/popular?limit=1')).body.data.length, 1, 'the limit bounds the popular queries');
	is((await web.get('/api/search/recent')).status, 401, 'an anonymous caller has no recent searches');
	for (const q of ['a', 'b', '이어폰', ' MacBook   프로 ', ...Array.from({ length: 9 }, (_, i) => `q${i}`)])
		await search(q, '', kim);
	await search('lee', '', lee);
	const recent = async () => (await web.get('/api/search/recent', { token: kim.token })).body.data.map((r) => r.query);
	deep(await recent(), ['q8', 'q7', 'q6', 'q5', 'q4', 'q3', 'q2', 'q1', 'q0', 'MacBook 프로'], 'the last ten queries are kept once each, newest first, as they were spelled');
	is((await web.del('/api/search/recent?q=q3', undefined, { token: kim.token })).body.data.deleted, 1, 'one query can be deleted');
	ok(!(await recent()).includes('q3'), 'only that query is deleted');
	is((await web.del('/api/search/recent', undefined, { token: kim.token })).body.data.deleted, 9, 'all queries can be deleted');
	deep(await recent(), [], 'no query is left after deleting all');
	is(await d.redis('LLEN', `user_recent_searches:${lee.id}`), 1, 'the recent queries of another user remain');
});

await test('without Redis', async () => {
	await d.redisServer.stop();
	deep(await ids('감귤'), ['gyul'], 'searching works without Redis');
	is((await web.get('/api/search/popular')).status, 503, 'popular and recent need Redis');
	await d.redisServer.start();
	await until(async () => (await web.get('/api/search/popular')).status === 200, { what: 'Redis to be back' });
});
await done();
