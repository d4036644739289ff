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
	is(r.status, 201, `a product: ${name}`);
	return r.body.data.id ?? r.body.data.productId;
}

await test('planned and changed', async () => {
	const s = await stream('저녁 방송', { scheduledAt: '2030-01-02T03:04:05Z', description: '찻잔' });
	like(s.streamKey, /^[0-9a-f]{24}$/, 'it has a key');
	deep([s.title, s.description, s.sellerId, s.status, s.scheduledAt, s.viewers, s.totalViewers, s.products],
		['저녁 방송', '찻잔', seller.id, 'scheduled', '2030-01-02T03:04:05.000Z', 0, 0, []], 'and what was said of it');
	deep((await web.get(at(s.streamKey))).body.data, s, 'anybody may read it');
	is((await web.get(at('none'))).status, 404, 'an unknown one is not there');
	is((await web.post('/api/v1/streams', {}, seller.as)).body.error.code, 'VALIDATION_FAILED', 'it needs a title');
	is((await web.post('/api/v1/streams', { title: 'x', scheduledAt: 'soon' }, seller.as)).status, 400, 'and times that are times');
	is((await web.post('/api/v1/streams', { title: 'x' }, user.as)).status, 403, 'users plan none');
	is((await web.post('/api/v1/streams', { title: 'x' })).status, 401, 'nobody even less');
	for (const [name, who, want] of [['rival', rival, 403], ['user', user, 403], ['admin', admin, 200], ['seller', seller, 200]])
		is((await web.patch(at(s.streamKey), { title: `by ${name}`, slowModeSeconds: 3 }, who.as)).status, want, `changed by ${name}`);
	const after = (await web.get(at(s.streamKey))).body.data;
	deep([after.title, after.slowModeSeconds, after.description, after.scheduledAt], ['by seller', 3, '찻잔', s.scheduledAt], 'what was not named stays');
	const key = randomUUID();
	const once = await Promise.all([1, 2].map(() => web.post('/api/v1/streams', { title: 'once' }, { ...seller.as, headers: { 'idempotency-key': key } })));
	is(once[0].body.data.streamKey, once[1].body.data.streamKey, 'an Idempotency-Key makes one stream of two requests');
});

await test('what plays it', async () => {
	const url = 'https://cdn.example/찻잔/live.m3u8?a=1&b=2', { streamKey: key, playbackUrl } = await stream('played', { playbackUrl: url });
	is(playbackUrl, url, 'a stream says where it is played from');
	is((await stream('not played')).playbackUrl, null, 'or that it is nowhere');
	const long = (n) => `https://cdn.example/${'a'.repeat(n - 20)}`;
	for (const [bad, why] of [['ftp://cdn.example/a', 'another scheme'], ['javascript:alert(1)', 'a script'], ['//cdn.example/a', 'no scheme'], ['https://', 'no host'],
		['https://cdn.example/a b', 'a space'], ['', 'an empty text'], [7, 'a number'], [long(2001), 'too long an address']])
		for (const r of [await web.post('/api/v1/streams', { title: 'x', playbackUrl: bad }, seller.as), await web.patch(at(key), { title: 'y', playbackUrl: bad }, seller.as)])
			deep([r.status, r.body.error?.details?.[0].field], [400, 'playbackUrl'], `${why} is refused, and the field named`);
	deep((({ title, playbackUrl }) => [title, playbackUrl])((await web.get(at(key))).body.data), ['played', url], 'what was refused changed nothing');
	const watcher = await ioConnect(d.url, { auth: user.as });
	await watcher.ask('join:stream', key);
	is((await watcher.next('stream:state'))[0].playbackUrl, url, 'a client that joins is told the address');
	is((await web.patch(at(key), { playbackUrl: long(2000) }, seller.as)).body.data.playbackUrl.length, 2000, 'it changes, up to 2000 characters');
	is((await watcher.next('stream:updated'))[0].playbackUrl.length, 2000, 'and its viewers are told');
	is((await web.patch(at(key), { title: 'z' }, seller.as)).body.data.playbackUrl.length, 2000, 'a change of something else leaves it');
	is((await web.patch(at(key), { playbackUrl: null }, seller.as)).body.data.playbackUrl, null, 'null takes it away');
	is((await web.patch(at(key), { playbackUrl: url }, rival.as)).status, 403, "another seller's stream is not changed");
	ok((await web.get(`/api/v1/streams?sellerId=${seller.id}`)).body.data.every((s) => 'playbackUrl' in s), 'the list has the address, too');
});

await test('started, ended, deleted', async () => {
	const s = await stream('course'), key = s.streamKey;
	const watcher = await ioConnect(d.url, { auth: user.as });
	await watcher.ask('join:stream', key);
	is((await web.post(at(key, '/end'), undefined, seller.as)).status, 409, 'what has not begun does not end');
	is((await web.post(at(key, '/start'), undefined, rival.as)).status, 403, 'nobody else starts it');
	const started = await web.post(at(key, '/start'), undefined, { ...seller.as, language: 'en' });
	deep([started.status, started.body.data.status, started.body.message], [200, 'live', 'The stream has started.'], 'it starts');
	like(started.body.data.startedAt, /Z$/, 'at a time');
	is((await web.post(at(key, '/start'), undefined, seller.as)).status, 409, 'once');
	is((await web.del(at(key), undefined, seller.as)).status, 409, 'and cannot be taken back any more');
	is((await web.post(at(key, '/end'), undefined, seller.as)).body.data.status, 'ended', 'it ends');
	is((await web.post(at(key, '/end'), undefined, seller.as)).body.error.code, 'STREAM_ENDED', 'once');
	is((await web.patch(at(key), { title: 'x' }, seller.as)).body.error.code, 'STREAM_ENDED', 'and is not changed any more');
	is((await watcher.next('stream:started'))[0].streamKey, key, 'its room was told that it started');
	is((await watcher.next('stream:ended'))[0].status, 'ended', 'and that it ended');
	const gone = await stream('never');
	is((await web.del(at(gone.streamKey), undefined, rival.as)).status, 403, 'nobody else takes one back');
	is((await web.del(at(gone.streamKey), undefined, seller.as)).status, 200, 'one that never was live can be taken back');
	is((await web.get(at(gone.streamKey))).status, 404, 'and is gone');
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
	deep(await titles('live=true'), ['live 3', 'live 2'], 'live ones, the newest first');
	deep(await titles('status=scheduled'), ['first', 'second', 'third'], 'scheduled ones, the soonest first');
	deep(await titles('status=ended'), ['live 1'], 'ended ones');
	const all = [];
	let cursor = '', pages = 0;
	do {
		const { body } = await web.get(`/api/v1/streams?${mine}&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
		all.push(...body.data.map((s) => s.title));
		cursor = body.nextCursor;
	} while (cursor && ++pages < 10);
	deep(all, ['live 3', 'live 2', 'first', 'second', 'third', 'live 1'], 'all of them in pages, each once');
	is((await web.get('/api/v1/streams?cursor=x')).status, 400, 'a bad cursor is refused');
	is((await web.get('/api/v1/streams?status=x')).status, 400, 'so is an unknown status');
});

await test('products', async () => {
	const { streamKey: key } = await stream('shop');
	const [a, b, c] = [await product('a'), await product('b', 0), await product('c')];
	const theirs = await product('theirs', 1, rival);
	const watcher = await ioConnect(d.url, { auth: user.as });
	await watcher.ask('join:stream', key);
	const pin = (id, more = {}, who = seller) => web.post(at(key, '/products'), { productId: id, ...more }, who.as);
	const order = (r) => r.body.data.map((p) => p.name).join('');

	is((await pin(a)).status, 201, 'a product is pinned');
	is((await pin(a)).status, 409, 'once');
	is((await pin('none')).status, 404, 'it must be there');
	is((await pin(theirs)).status, 403, "another's is not");
	is((await pin(theirs, {}, admin)).status, 201, 'but by an admin');
	is((await pin(a, {}, rival)).status, 403, 'nor is it by another');
	is((await web.del(at(key, '/products'), { productId: theirs }, seller.as)).status, 200, 'and taken out again');
	await pin(b);
	is(order(await pin(c, { position: 0, highlighted: true })), 'cab', 'at a place of its own');
	const list = (await web.get(at(key, '/products'))).body.data;
	deep(list.map((p) => [p.name, p.position, p.highlighted, p.soldout]), [['c', 0, true, false], ['a', 1, false, false], ['b', 2, false, true]],
		'the list has places, what is in the foreground, what is sold out');
	is(order(await web.patch(at(key, `/products/${c}`), { position: 99 }, seller.as)), 'abc', 'moved to the end');
	const raised = await web.patch(at(key, `/products/${b}`), { highlighted: true }, seller.as);
	deep(raised.body.data.filter((p) => p.highlighted).map((p) => p.name), ['b'], 'one is in the foreground');
	is((await web.patch(at(key, `/products/${b}`), { highlighted: false }, seller.as)).body.data.filter((p) => p.highlighted).length, 0, 'or none');
	is((await web.patch(at(key, `/products/${theirs}`), { position: 0 }, seller.as)).status, 404, 'what is not there is not moved');
	is((await web.del(at(key, '/products'), { productId: theirs }, seller.as)).status, 404, 'nor taken out');

	await until(() => watcher.all('live:product:added').length >= 4 && watcher.all('live:product:deleted').length >= 1, { what: 'the news of products' });
	deep(watcher.all('live:product:added').map(([p]) => p.name), ['a', 'theirs', 'b', 'c'], 'the room was told of each that was added');
	deep(watcher.all('live:product:deleted').map(([p]) => p.id), [theirs], 'and of the one that was taken out');
	deep((await watcher.next('stream:products', (p) => p.products.length === 3))[0].products.map((p) => p.productId), [c, a, b], 'and of their order');
	is((await d.psql('SELECT count(*)::int AS n FROM product_changes'))[0].n, 0, 'nothing is left to be told');

	await web.post(at(key, '/start'), undefined, seller.as);
	const before = watcher.seen.length;
	await d.psql('BEGIN; UPDATE stream_products SET highlighted = true; ROLLBACK').catch(() => {});
	is((await web.patch(`/api/v1/products/${a}`, { price: 8800 }, seller.as)).status, 200, 'a price changes');
	is((await watcher.next('live:product:updated', (p) => p.id === a))[0].price, 8800, 'and the room is told');
	ok(watcher.seen.slice(before).every((e) => e.event !== 'live:product:added'), 'of nothing else');
	is((await web.del(`/api/v1/products/${c}`, undefined, seller.as)).status, 200, 'a product is taken out of the shop');
	is((await watcher.next('live:product:deleted', (p) => p.id === c))[0].id, c, 'and the room is told');
	deep((await web.get(at(key))).body.data.products.map((p) => p.name), ['a', 'b'], 'it is not shown any more');
});
await done();
