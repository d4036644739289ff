#!/usr/bin/env t/lib/run
// 79-stream-flash.t -- a flash sale in small (SOCKETS, 300): everybody follows the stream, its chat and its count of viewers on one connection; the
// stock falls to 0 while people talk; everybody hears once that it is sold out, and every message once. In large: t/bench/flash.bench.
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { percentile } from './lib/bench.mjs';
import { deep, diag, done, is, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until, within } from './lib/until.mjs';

const sockets = Number(process.env.SOCKETS || 300), stock = 10, messages = 40;
const d = await startDure({ http: 1, ws: 2, env: { ANALYZER: 'off', WS_PACE_MEMBERS: '100' } });
const web = client(d.url);
const token = (role = 'user') => sign({ sub: randomUUID(), role });
const seller = { token: token('seller') };
const key = (await web.post('/api/v1/streams', { title: 'flash' }, seller)).body.data.streamKey;
const product = (await web.post('/api/v1/products', { name: 'flash', description: '', price: 9900, stock }, seller)).body.data.id;
await web.post(`/api/v1/streams/${key}/products`, { productId: product }, seller);
await web.post(`/api/v1/streams/${key}/start`, undefined, seller);

const soldoutAt = [], lateness = [];
let answered = 0;
async function enter() {
	const auth = { token: token() };
	const root = await ioConnect(d.url, { auth, ms: 60000 });
	const p = { root, chat: root.io.socket('/chat', { auth }), streaming: root.io.socket('/streaming', { auth }), soldouts: 0, heard: [] };
	root.on('live:product:soldout', () => { p.soldouts++; soldoutAt.push(performance.now()); });
	p.chat.on('chat:message', (m) => {
		p.heard.push(m.message);
		lateness.push(performance.now() - Number(m.message.split(' ')[1]));
	});
	const ask = (s, event, body) => within(60000, event, s.emitWithAck(event, body));
	const acks = await Promise.all([ask(root, 'join:stream', key), ask(p.chat, 'chat:join-room', key), ask(p.streaming, 'stream:viewer:join', key)]);
	if (acks.every((a) => a.ok))
		answered++;
	return p;
}

await test('a flash sale', async () => {
	const people = [];
	while (people.length < sockets)
		people.push(...await Promise.all([...Array(Math.min(30, sockets - people.length))].map(enter)));
	is(answered, sockets, `${sockets} people join`);
	await until(async () => (await web.get(`/api/v1/streams/${key}`)).body.data.viewers === sockets, { ms: 60000, what: 'the count' });

	const sent = [];
	const talking = (async () => {
		for (let i = 0; i < messages; i++) {
			const text = `m${i} ${performance.now()}`;
			const r = await within(60000, 'an acknowledgement', people[i % sockets].chat.emitWithAck('chat:send-message', { streamKey: key, message: text }));
			if (r.ok)
				sent.push(text);
			await sleep(10);
		}
	})();
	const buyers = [...Array(stock + 5)].map(() => token());
	let last = 0;
	const results = await Promise.all([...Array(5)].map(async () => {
		const statuses = [];
		for (let buyer; (buyer = buyers.pop());) {
			const at = performance.now();
			const r = await web.post('/api/v1/orders', { items: [{ productId: product, quantity: 1 }], streamKey: key }, { token: buyer, ms: 60000 });
			statuses.push(r.status);
			if (r.status === 201)
				last = Math.max(last, at);
		}
		return statuses;
	}));
	const statuses = results.flat();
	deep([statuses.filter((s) => s === 201).length, statuses.filter((s) => s === 409).length], [stock, 5], 'every piece is sold once');
	await talking;
	is(sent.length, messages, 'every message is acknowledged');
	await until(() => people.every((p) => p.soldouts > 0 && p.heard.length >= messages), { ms: 60000, what: 'everybody to hear everything' }).catch(() => {});
	await sleep(500);
	is(people.filter((p) => p.soldouts === 1).length, sockets, 'every viewer is told once that the product is sold out');
	is(people.filter((p) => p.heard.length === messages && new Set(p.heard).size === messages).length, sockets, 'every viewer gets every message once');
	diag(`soldout after p50 ${(percentile(soldoutAt, 0.5) - last).toFixed(0)} ms, p99 ${(percentile(soldoutAt, 0.99) - last).toFixed(0)} ms; ` +
		`chat p50 ${percentile(lateness, 0.5).toFixed(0)} ms, p99 ${percentile(lateness, 0.99).toFixed(0)} ms`);
});
await done();
