#!/usr/bin/env t/lib/run
// 75-stream-rest.t -- streams over REST: planned, changed, started, ended, listed; products pinned and arranged; whose they are.
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off' } });
const web = client(d.url);
const people = Object.fromEntries(['seller', 'rival', 'admin', 'user'].map((name) => {
	const id = randomUUID(), role = { rival: 'seller' }[name] ?? name;
	return [name, { id, as: { token: sign({ sub: id, role }) } }];
}));
const { seller, rival, admin, user } = people;
const at = (key, rest = '') => `/api/v1/streams/${key}${rest}`;

async function stream(title, more = {}, who = seller) {
	const r = await web.post('/api/v1/streams', { title, ...more }, who.as);
	is(r.status, 201, `a stream is planned: ${title}`);
	return r.body.data;
}
async function product(name, stock = 5, who = seller) {
	const r = await web.post('/api/v1/products', { name, description: '', price: 9900, stock }, who.as);
	is(r.status, 201, `a product is created: ${name}`);
	return r.body.data.id ?? r.body.data.productId;
}

await test('planned and changed', async () => {
	const s = await stream('저녁 방송', { scheduledAt: '2030-01-02T03:04:05Z', description: '찻잔' });
	like(s.streamKey, /^[0-9a-f]{24}$/, 'a stream has a key');
	deep([s.title, s.description, s.sellerId, s.status, s.scheduledAt, s.viewers, s.totalViewers, s.products],
		['저녁 방송', '찻잔', seller.id, 'scheduled', '2030-01-02T03:04:05.000Z', 0, 0, []], 'a stream has what it was planned with');
	deep((await web.get(at(s.streamKey))).body.data, s, 'anybody can read a stream');
	is((await web.get(at('none'))).status, 404, 'an unknown stream is not found');
	is((await web.post('/api/v1/streams', {}, seller.as)).body.error.code, 'VALIDATION_FAILED', 'a stream needs a title');
	is((await web.post('/api/v1/streams', { title: 'x', scheduledAt: 'soon' }, seller.as)).status, 400, 'a malformed time is refused');
	is((await web.post('/api/v1/streams', { title: 'x' }, user.as)).status, 403, 'a user cannot plan a stream');
	is((await web.post('/api/v1/streams', { title: 'x' })).status, 401, 'a guest cannot plan a stream');
	for (const [name, who, want] of [['rival', rival, 403], ['user', user, 403], ['admin', admin, 200], ['seller', seller, 200]])
		is((await web.patch(at(s.streamKey), { title: `by ${name}`, slowModeSeconds: 3 }, who.as)).status, want, `a change by ${name} is answered as expected`);
	const after = (await web.get(at(s.streamKey))).body.data;
	deep([after.title, after.slowModeSeconds, after.description, after.scheduledAt], ['by seller', 3, '찻잔', s.scheduledAt], 'fields that are not given keep their values');
	const key = randomUUID();
	const once = await Promise.all([1, 2].map(() => web.post('/api/v1/streams', { title: 'once' }, { ...seller.as, headers: { 'idempotency-key': key } })));
	is(once[0].body.data.streamKey, once[1].body.data.streamKey, 'an Idempotency-Key makes one stream of two requests');
});

await test('what plays it', async () => {
	const url = 'https://cdn.example/찻잔/live.m3u8?a=1&b=2', { streamKey: key, playbackUrl } = await stream('played', { playbackUrl: url });
	is(playbackUrl, url, 'a stream has its playback address');
	is((await stream('not played')).playbackUrl, null, 'a stream without a playback address has null');
	const long = (n) => `https://cdn.example/${'a'.repeat(n - 20)}`;
	for (const [bad, why] of [['ftp://cdn.example/a', 'another scheme'], ['javascript:alert(1)', 'a script'], ['//cdn.example/a', 'no scheme'], ['https://', 'no host'],
		['https://cdn.example/a b', 'a space'], ['', 'an empty text'], [7, 'a number'], [long(2001), 'too long an address']])
		for (const r of [await web.post('/api/v1/streams', { title: 'x', playbackUrl: bad }, seller.as), await web.patch(at(key), { title: 'y', playbackUrl: bad }, seller.as)])
			deep([r.status, r.body.error?.details?.[0].field], [400, 'playbackUrl'], `${why} is refused, and the field named`);
	deep((({ title, playbackUrl }) => [title, playbackUrl])((await web.get(at(key))).body.data), ['played', url], 'a refused change changes nothing');
	const watcher = await ioConnect(d.url, { auth: user.as });
	await watcher.ask('join:stream', key);
	is((await watcher.next('stream:state'))[0].playbackUrl, url, 'a client that joins gets the playback address');
	is((await web.patch(at(key), { playbackUrl: long(2000) }, seller.as)).body.data.playbackUrl.length, 2000, 'a playback address of 2000 characters is accepted');
	is((await watcher.next('stream:updated'))[0].playbackUrl.length, 2000, 'viewers get the new playback address');
	is((await web.patch(at(key), { title: 'z' }, seller.as)).body.data.playbackUrl.length, 2000, 'a change of another field keeps the playback address');
	is((await web.patch(at(key), { playbackUrl: null }, seller.as)).body.data.playbackUrl, null, 'null removes the playback address');
	is((await web.patch(at(key), { playbackUrl: url }, rival.as)).status, 403, 'another seller cannot change the stream');
	ok((await web.get(`/api/v1/streams?sellerId=${seller.id}`)).body.data.every((s) => 'playbackUrl' in s), 'the list has the playback addresses');
});

await test('started, ended, deleted', async () => {
	const s = await stream('course'), key = s.streamKey;
	const watcher = await ioConnect(d.url, { auth: user.as });
	await watcher.ask('join:stream', key);
	is((await web.post(at(key, '/end'), undefined, seller.as)).status, 409, 'a stream that has not started cannot end');
	is((await web.post(at(key, '/start'), undefined, rival.as)).status, 403, 'another seller cannot start the stream');
	const started = await web.post(at(key, '/start'), undefined, { ...seller.as, language: 'en' });
	deep([started.status, started.body.data.status, started.body.message], [200, 'live', 'The stream has started.'], 'the seller starts the stream');
	like(started.body.data.startedAt, /Z$/, 'a started stream has the time of its start');
	is((await web.post(at(key, '/start'), undefined, seller.as)).status, 409, 'a stream can be started once');
	is((await web.del(at(key), undefined, seller.as)).status, 409, 'a live stream cannot be deleted');
	is((await web.post(at(key, '/end'), undefined, seller.as)).body.data.status, 'ended', 'the seller ends the stream');
	is((await web.post(at(key, '/end'), undefined, seller.as)).body.error.code, 'STREAM_ENDED', 'a stream can be ended once');
	is((await web.patch(at(key), { title: 'x' }, seller.as)).body.error.code, 'STREAM_ENDED', 'an ended stream cannot be changed');
	is((await watcher.next('stream:started'))[0].streamKey, key, 'the room gets stream:started');
	is((await watcher.next('stream:ended'))[0].status, 'ended', 'the room gets stream:ended');
	const gone = await stream('never');
	is((await web.del(at(gone.streamKey), undefined, rival.as)).status, 403, 'another seller cannot delete the stream');
	is((await web.del(at(gone.streamKey), undefined, seller.as)).status, 200, 'a stream that was never live can be deleted');
	is((await web.get(at(gone.streamKey))).status, 404, 'a deleted stream is not found');
});

await test('lists', async () => {
	const who = people.rival, mine = `sellerId=${who.id}`;
	const planned = [];
	for (const [title, time] of [['third', '2031-03-01T00:00:00Z'], ['first', '2031-01-01T00:00:00Z'], ['second', '2031-02-01T00:00:00Z']])
		planned.push(await stream(title, { scheduledAt: time }, who));
	const live = [];
	for (const title of ['live 1', 'live 2', 'live 3']) {
		live.push(await stream(title, {}, who));
		await web.post(at(live.at(-1).streamKey, '/start'), undefined, who.as);
	}
	await web.post(at(live[0].streamKey, '/end'), undefined, who.as);
	const titles = async (query) => (await web.get(`/api/v1/streams?${mine}&${query}`)).body.data.map((s) => s.title);
	deep(await titles('live=true'), ['live 3', 'live 2'], 'live streams are listed newest first');
	deep(await titles('status=scheduled'), ['first', 'second', 'third'], 'scheduled streams are listed soonest first');
	deep(await titles('status=ended'), ['live 1'], 'ended streams are listed');
	const all = [];
	let cursor = '', pages = 0;
	do {
		const { body } = await web.get(`/api/v1/streams?${mine}&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
		all.push(...body.data.map((s) => s.title));
		cursor = body.nextCursor;
	} while (cursor && ++pages < 10);
	deep(all, ['live 3', 'live 2', 'first', 'second', 'third', 'live 1'], 'the pages have every stream once');
	is((await web.get('/api/v1/streams?cursor=x')).status, 400, 'a bad cursor is refused');
	is((await web.get('/api/v1/streams?status=x')).status, 400, 'an unknown status is refused');
});

await test('products', async () => {
	const { streamKey: key } = await stream('shop');
	const [a, b, c] = [await product('a'), await product('b', 0), await product('c')];
	const theirs = await product('theirs', 1, rival);
	const watcher = await ioConnect(d.url, { auth: user.as });
	await watcher.ask('join:stream', key);
	const pin = (id, more = {}, who = seller) => web.post(at(key, '/products'), { productId: id, ...more }, who.as);
	const order = (r) => r.body.data.map((p) => p.name).join('');

	is((await pin(a)).status, 201, 'the seller pins a product');
	is((await pin(a)).status, 409, 'a product is pinned once');
	is((await pin('none')).status, 404, 'an unknown product cannot be pinned');
	is((await pin(theirs)).status, 403, "a seller cannot pin another seller's product");
	is((await pin(theirs, {}, admin)).status, 201, 'an admin can pin any product');
	is((await pin(a, {}, rival)).status, 403, 'another seller cannot pin to the stream');
	is((await web.del(at(key, '/products'), { productId: theirs }, seller.as)).status, 200, 'the seller can unpin a product that an admin pinned');
	await pin(b);
	is(order(await pin(c, { position: 0, highlighted: true })), 'cab', 'a product can be pinned at a position');
	const list = (await web.get(at(key, '/products'))).body.data;
	deep(list.map((p) => [p.name, p.position, p.highlighted, p.soldout]), [['c', 0, true, false], ['a', 1, false, false], ['b', 2, false, true]],
		'the list has positions, the highlighted product and what is sold out');
	is(order(await web.patch(at(key, `/products/${c}`), { position: 99 }, seller.as)), 'abc', 'a product can be moved to the end');
	const raised = await web.patch(at(key, `/products/${b}`), { highlighted: true }, seller.as);
	deep(raised.body.data.filter((p) => p.highlighted).map((p) => p.name), ['b'], 'one product is highlighted at a time');
	is((await web.patch(at(key, `/products/${b}`), { highlighted: false }, seller.as)).body.data.filter((p) => p.highlighted).length, 0, 'the highlight can be removed');
	is((await web.patch(at(key, `/products/${theirs}`), { position: 0 }, seller.as)).status, 404, 'a product that is not pinned cannot be moved');
	is((await web.del(at(key, '/products'), { productId: theirs }, seller.as)).status, 404, 'a product that is not pinned cannot be unpinned');

	await until(() => watcher.all('live:product:added').length >= 4 && watcher.all('live:product:deleted').length >= 1, { what: 'the news of products' });
	deep(watcher.all('live:product:added').map(([p]) => p.name), ['a', 'theirs', 'b', 'c'], 'the room gets an event for each pinned product');
	deep(watcher.all('live:product:deleted').map(([p]) => p.id), [theirs], 'the room gets an event for the unpinned product');
	deep((await watcher.next('stream:products', (p) => p.products.length === 3))[0].products.map((p) => p.productId), [c, a, b], 'the room gets the order of the products');
	is((await d.psql('SELECT count(*)::int AS n FROM product_changes'))[0].n, 0, 'every product change was published');

	await web.post(at(key, '/start'), undefined, seller.as);
	const before = watcher.seen.length;
	await d.psql('BEGIN; UPDATE stream_products SET highlighted = true; ROLLBACK').catch(() => {});
	is((await web.patch(`/api/v1/products/${a}`, { price: 8800 }, seller.as)).status, 200, 'the seller changes a price');
	is((await watcher.next('live:product:updated', (p) => p.id === a))[0].price, 8800, 'the room gets the new price');
	ok(watcher.seen.slice(before).every((e) => e.event !== 'live:product:added'), 'the room gets no other event for the change');
	is((await web.del(`/api/v1/products/${c}`, undefined, seller.as)).status, 200, 'the seller deletes a product');
	is((await watcher.next('live:product:deleted', (p) => p.id === c))[0].id, c, 'the room gets the deletion');
	deep((await web.get(at(key))).body.data.products.map((p) => p.name), ['a', 'b'], 'a deleted product is no longer part of the stream');
});
await done();
