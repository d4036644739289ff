#!/usr/bin/env t/lib/run
// 30-watchlist.t -- watched products: over REST and the topics; price alerts from other services and from the shop's own changes,
// each delivered once to the right sockets and stored as a notification.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { brokersOf, outsider, schemaFaults } from './lib/kafka.mjs';
import { account } from './lib/account.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', PRICE_ALERT_CHECK_MS: '200', WATCH_LIST_MAX: '5' } });
const web = client(d.url);
const out = await outsider(await brokersOf(d));
const seen = await out.listen(['watchlist-requests']);
const [kim, lee] = [await account(d, 'kim@example.com'), await account(d, 'lee@example.com')];
const socketOf = async (who) => {
	const s = await ioConnect(d.url, { auth: { token: who.token } });
	is((await s.ask('join-user-room', who.id)).ok, true, `${who.email} joins their own room`);
	return s;
};
const rows = (who) => d.psql('SELECT * FROM watch_list WHERE user_id = $1 ORDER BY id', [who.id]);
const notes = async (who) => (await web.get('/api/notifications', { token: who.token })).body.data;
const queue = () => d.redis('ZRANGE', 'price_alert_queue', 0, -1);
const request = (id) => until(() => seen.find((m) => m.json.requestId === id), { ms: 20000, what: `the request ${id}` });
const update = (key, value) => out.send('watchlist-updates', key, { timestamp: new Date().toISOString(), ...value });
const applied = async () => Number((await web.get('/metrics')).text.match(/kafka_messages_consumed_total\{result="applied"\} (\d+)/)?.[1] ?? 0);
const duplicates = async () => Number((await web.get('/metrics')).text.match(/kafka_messages_consumed_total\{result="duplicate"\} (\d+)/)?.[1] ?? 0);

await d.psql("INSERT INTO products (id, name, price) VALUES ('tea', '녹차 세트', 39000), ('pen', 'Pen', 1000)");

await test('watching by REST', async () => {
	is((await web.get('/api/watchlist')).status, 401, 'an anonymous caller has no watch list');
	const s = await socketOf(kim);
	const r = await web.post('/api/watchlist', { productId: 'tea', targetPrice: 31000, options: { frequency: 'hourly' } }, { token: kim.token });
	is(r.status, 201, 'a product is added to the watch list');
	is(r.body.data.productName, '녹차 세트', 'the entry shows the product\'s name');
	deep([r.body.data.price, r.body.data.targetPrice, r.body.data.frequency, r.body.data.notifications, r.body.data.priceAlerts],
		[39000, 31000, 'hourly', true, true], 'the entry shows its price and the given options');
	const [added] = await s.next('watchlist-update');
	deep(added, { productId: 'tea', updateType: 'added', data: { productName: '녹차 세트', newPrice: 39000 } }, 'the user receives watchlist-update');
	deep((await s.next('watchlist:update'))[0], added, 'the update is also sent as watchlist:update');
	const [message] = await until(() => seen.length > 0 && seen, { ms: 20000, what: 'the request' });
	is(schemaFaults('watchlist-requests', message.json), '', 'the message on watchlist-requests conforms to its schema');
	deep([message.key, message.json.userId, message.json.action, message.json.targetPrice, message.json.options],
		['tea', kim.id, 'add', 31000, { frequency: 'hourly', notifications: true, priceAlerts: true }], 'the message contains all options');
	deep(await queue(), [`${kim.id}:tea:31000`], 'the alert is queued');
	const again = await web.post('/api/watchlist', { productId: 'tea', options: { targetPrice: 30000 } }, { token: kim.token });
	is(again.status, 200, 'watching again changes the options');
	deep([again.body.data.targetPrice, again.body.data.frequency], [30000, 'hourly'], 'options that are not given stay unchanged');
	deep(await queue(), [`${kim.id}:tea:30000`], 'the alert queue follows the new target');
	for (const body of [{}, { productId: '' }, { productId: 'x', targetPrice: -1 }, { productId: 'x', options: { frequency: 'never' } },
		{ productId: 'x', notifications: 'yes' }])
		is((await web.post('/api/watchlist', body, { token: kim.token })).status, 400, `POST /api/watchlist refuses ${JSON.stringify(body)}`);
	for (let i = 0; i < 4; i++)
		await web.post('/api/watchlist', { productId: `more-${i}` }, { token: kim.token });
	is((await web.post('/api/watchlist', { productId: 'too-many' }, { token: kim.token })).status, 409, 'WATCH_LIST_MAX is enforced');
	is((await web.post('/api/watchlist', { productId: 'tea' }, { token: kim.token })).status, 200, 'an existing entry can still be changed at the limit');
	const first = (await web.get('/api/watchlist?limit=3', { token: kim.token })).body;
	const second = (await web.get(`/api/watchlist?limit=3&cursor=${first.nextCursor}`, { token: kim.token })).body;
	deep([...first.data, ...second.data].map((w) => w.productId), ['more-3', 'more-2', 'more-1', 'more-0', 'tea'], 'the list is paged, newest first');
	is(second.nextCursor, null, 'the last page has no cursor');
	is((await web.get('/api/watchlist?cursor=x', { token: kim.token })).status, 400, 'a malformed cursor is refused');
	deep((await web.get('/api/watchlist', { token: lee.token })).body.data, [], 'a user sees only their own watch list');
	is((await web.del('/api/watchlist/more-0', undefined, { token: lee.token })).status, 404, 'users cannot change each other\'s entries');
	is((await web.del('/api/watchlist/more-0', undefined, { token: kim.token })).status, 200, 'an entry is removed by path');
	is((await web.del('/api/watchlist?productId=more-1', undefined, { token: kim.token })).status, 200, 'an entry is removed by query');
	is((await web.del('/api/watchlist', { productId: 'more-2' }, { token: kim.token })).status, 200, 'an entry is removed by body');
	is((await web.del('/api/watchlist', undefined, { token: kim.token })).status, 400, 'removal without a product is refused');
	is((await web.del('/api/watchlist/more-0', undefined, { token: kim.token })).status, 404, 'a removed entry cannot be removed again');
	const [gone] = await s.next('watchlist-update', (u) => u.updateType === 'removed');
	is(gone.productId, 'more-0', 'the user receives an update of the removal');
	await until(() => seen.some((m) => m.json.action === 'remove' && m.json.productId === 'more-0'), { what: 'the message' });
	s.disconnect();
});

await test('over the topics', async () => {
	const s = await socketOf(lee);
	const r = await web.post('/api/kafka/watchlist/add', { productId: 'far', options: { frequency: 'daily', notifications: true, priceAlerts: true } }, { token: lee.token });
	is(r.status, 202, 'the update is accepted');
	deep([r.body.success, r.body.data.topic, r.body.data.status, typeof r.body.message], [true, 'watchlist-requests', 'queued', 'string'], 'the reply says queued');
	const id = r.body.data.requestId, message = await request(id);
	is(message.headers.messageId, id, 'the message carries the messageId');
	await s.next('watchlist-update', (u) => u.updateType === 'added');
	const before = await duplicates();
	await update('far', { productId: 'far', userId: lee.id, requestId: id, updateType: 'added' });
	await until(async () => await duplicates() === before + 1, { what: 'the answer that says nothing new to be known' });
	await update('far', { productId: 'far', userId: lee.id, requestId: id, updateType: 'added', data: { productName: 'Far away', newPrice: 500.5 } });
	const [added] = await s.next('watchlist-update', (u) => u.updateType === 'added');
	deep(added.data, { productName: 'Far away', newPrice: 500.5 }, 'the name and price of an update are delivered');
	is((await web.get('/api/watchlist', { token: lee.token })).body.data[0].productName, 'Far away', 'the update\'s product name is stored');
	await update('far', { productId: 'far', updateType: 'price_changed', data: { oldPrice: 500.5, newPrice: 450 } });
	const [alert] = await s.next('watchlist-update', (u) => u.updateType === 'price_changed');
	deep(alert, { productId: 'far', updateType: 'price_changed', type: 'price-alert',
		data: { productName: 'Far away', oldPrice: 500.5, newPrice: 450, savings: 50.5 } }, 'without a target price a falling price raises an alert');
	const [note] = await s.next('notification');
	deep([note.type, note.data.productId, note.data.savings, note.read], ['price-alert', 'far', 50.5, false], 'the alert is stored as a notification');
	like(note.message, /Far away 가격이 450원/, 'the notification has a text');
	for (let i = 0; i < 2; i++)
		await update('far', { productId: 'far', updateType: 'price_changed', data: { oldPrice: 500.5, newPrice: 450 } });
	await update('far', { productId: 'far', userId: 'somebody', updateType: 'removed' });
	await update('far', { productId: 'far', updateType: 'price_changed', data: { newPrice: 600 } });
	const [rise] = await s.next('watchlist-update', (u) => u.data.newPrice === 600);
	is(rise.type, undefined, 'a rising price is no alert');
	is((await notes(lee)).length, 1, 'a duplicate takes effect once');
	is(s.all('watchlist-update').filter(([u]) => u.data.newPrice === 450).length, 1, 'a duplicate is published once');
	await update('far', { productId: 'far', userId: lee.id, updateType: 'price_changed', type: 'price-alert', data: { newPrice: 590 } });
	is((await s.next('watchlist-update', (u) => u.data.newPrice === 590))[0].type, 'price-alert', 'an update that its sender declares an alert is one');
	await update('else', { productId: 'else', userId: lee.id, updateType: 'price_changed', data: { oldPrice: 5, newPrice: 4, savings: 1 } });
	deep((await s.next('watchlist-update', (u) => u.productId === 'else'))[0].data, { oldPrice: 5, newPrice: 4, savings: 1 },
		'an update addressed to a user is delivered though the product is not watched');
	await update('far', { productId: 'far', userId: lee.id, updateType: 'removed' });
	await s.next('watchlist-update', (u) => u.updateType === 'removed');
	is((await rows(lee)).length, 0, 'another service may remove an entry');
	const gone = await duplicates();
	await update('far', { productId: 'far', userId: lee.id, requestId: id, updateType: 'added', data: { newPrice: 1 } });
	await until(async () => await duplicates() === gone + 1, { what: 'the late answer to be known' });
	is((await rows(lee)).length, 0, 'an answer that arrives after the removal does not restore the entry');
	const late = await socketOf(lee);
	await late.ask('ping');		// answered when joining is done
	deep([late.all('watchlist-update'), late.all('watchlist:update')], [[], []], 'a late socket gets no old update');
	is(await d.redis('EXISTS', `room:last:user:${lee.id}`), 0, "a user's room keeps no state");
	await d.redis('SET', `room:last:user:${lee.id}`, `${Date.now()}000 2 watchlist-update watchlist:update\n{"productId":"far","updateType":"removed","data":{}}`);
	const later = await socketOf(lee);
	await later.ask('ping');
	deep(later.all('watchlist-update'), [], 'a late socket gets no update kept by an earlier version');
	is((await notes(lee))[0].type, 'price-alert', 'an unread alert is in the notifications');
	const visitor = await ioConnect(d.url);
	await visitor.ask('join-product-room', 'far');
	is((await visitor.next('watchlist-update'))[0].data.newPrice, 600, "a product's room keeps its state");
	await update('far', { productId: 'far', updateType: 'price_changed', data: {} });
	await update('far', { productId: 'far', updateType: 'sold' });
	const dead = await until(async () => { const v = await d.psql("SELECT reason FROM dead_letters WHERE topic = 'watchlist-updates' ORDER BY id"); return v.length === 2 && v; },
		{ what: 'two dead letters' });
	like(dead[0].reason, /data\.newPrice: is required/, 'price_changed without a price is refused');
	like(dead[1].reason, /updateType: must be one of/, 'unknown kinds of change are refused');
});

// As the code of the shop does it: the domain function is called in its transaction; here the topic stands for it.
await test('a target price', async () => {
	const s = await socketOf(kim);
	await update('tea', { productId: 'tea', updateType: 'price_changed', data: { oldPrice: 39000, newPrice: 30500 } });
	is((await s.next('watchlist-update', (u) => u.data?.newPrice === 30500))[0].type, undefined, 'a price above the target raises no alert');
	await update('tea', { productId: 'tea', updateType: 'price_changed', data: { oldPrice: 30500, newPrice: 30000 } });
	is((await s.next('watchlist-update', (u) => u.data?.newPrice === 30000))[0].type, 'price-alert', 'a price at the target raises an alert');
	is((await notes(kim)).filter((n) => n.type === 'price-alert').length, 1, 'the alert is stored as a notification');
	is((await notes(kim))[0].data.targetPrice, 30000, 'the notification names the target');
	await until(async () => (await queue()).length === 0, { what: 'the alert to leave the queue' });
	await update('tea', { productId: 'tea', updateType: 'price_changed', data: { newPrice: 35000 } });
	await until(async () => (await queue()).length === 1, { what: 'a price above to arm it again' });
	await update('tea', { productId: 'tea', updateType: 'price_changed', data: { newPrice: 29000 } });
	is((await s.next('watchlist-update', (u) => u.data?.newPrice === 29000))[0].type, 'price-alert', 'a re-armed alert fires again');
	is((await d.psql("SELECT price FROM products WHERE id = 'tea'"))[0].price, '39000', 'a price reported from outside does not change the shop\'s price');
	is((await d.psql('SELECT count(*)::int AS n FROM price_history'))[0].n, 0, 'a price reported from outside does not change the shop\'s price history');
	const silent = await web.post('/api/watchlist', { productId: 'tea', priceAlerts: false, targetPrice: 30000 }, { token: lee.token });
	is(silent.body.data.priceAlerts, false, 'a user can disable price alerts');
	const near = await web.post('/api/watchlist', { productId: 'pen', targetPrice: 1000 }, { token: lee.token });
	is(near.status, 201, 'a target that is already reached is accepted');
	await until(async () => (await notes(lee)).some((n) => n.data.productId === 'pen'), { what: 'the alert at once' });
	is((await notes(lee)).filter((n) => n.data.productId === 'tea').length, 0, 'a user without price alerts gets none');
});

await test('the queue', async () => {
	await web.post('/api/watchlist', { productId: 'tea', targetPrice: 20000 }, { token: kim.token });
	await d.psql("UPDATE products SET price = 19000 WHERE id = 'tea'");	// nobody is told
	await d.redis('ZADD', 'price_alert_queue', 0, `${kim.id}:tea:20000`);	// it may have been looked at just before, and again tomorrow
	await until(async () => (await notes(kim)).some((n) => n.data.newPrice === 19000), { what: 'the clock to find the alert' });
	await web.post('/api/watchlist', { productId: 'tea', targetPrice: 10000 }, { token: kim.token });
	await d.redis('DEL', 'price_alert_queue');
	await until(async () => (await queue()).includes(`${kim.id}:tea:10000`), { what: 'the queue to be made anew' });
	await d.redis('ZADD', 'price_alert_queue', 0, 'rubbish', 0, `${kim.id}:gone:1`);
	await until(async () => (await queue()).length === 1, { what: 'what is not armed to leave it' });
});
await done();
