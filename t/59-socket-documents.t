#!/usr/bin/env t/lib/run
// 59-socket-documents.t -- the client examples of the design documents (lib/documents), unchanged but for the address, with the official
// socket.io-client 3.1, 4.0 and 4.8, a plain WebSocket, and Python where its library is installed.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import readline from 'node:readline';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { account } from './lib/account.mjs';
import { client } from './lib/client.mjs';
import { root, startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { CARD, publish, update } from './lib/room.mjs';
import { atEnd, done, is, ok, skip, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const need = createRequire(`${root}/t/`);
const libraries = { 3.1: need('socket.io-client-3.1').io, '4.0': need('socket.io-client-4.0').io, 4.8: io };
const rawPort = await freePort();
const d = await startDure({ env: { WS_RAW_PORT: String(rawPort), ANALYZER: 'off', ANALYSIS_STALL_MS: '600000' } });
const web = client(d.url), kim = await account(d, 'kim@example.com'), seller = await account(d, 'seller@example.com', { role: 'seller' });
const post = async (path, body, who = seller) => (await web.post(path, body, { token: who.token })).body;
const atHere = (code) => code.replaceAll('http://localhost:3001', d.url).replaceAll('ws://localhost:8080', `ws://127.0.0.1:${rawPort}`);

// The fenced code under each heading of a document.
const examples = (name) => Object.fromEntries([...fs.readFileSync(`${root}/t/lib/documents/${name}.md`, 'utf8')
	.matchAll(/^## (.+)\n\n```\w+\n([^]+?)^```$/gm)].map(([, title, code]) => [title, atHere(code)]));

const entered = (room) => until(async () => (await d.redis('PUBSUB', 'NUMSUB', `fanout:${room}`))[1] > 0, { what: `a member of ${room}` });

// Run an example with these names in sight; what it writes to the console.
async function run(code, scope) {
	const lines = [], write = (...parts) => lines.push(parts.join(' '));
	const names = { ...scope, console: { log: write, error: write } };
	await new (async () => {}).constructor(...Object.keys(names), code)(...Object.values(names));
	return lines;
}
async function wrote(lines, want, name) {
	const missing = () => want.filter((w) => !lines.includes(w));
	await until(() => missing().length === 0, { what: name }).catch(() => {});
	ok(missing().length === 0, name, 'missing ' + missing().join(' | '), 'written ' + lines.join(' | '));
}

// What each example needs in sight, what happens then, and what it writes.
const gateway = examples('gateway'), redis = examples('redis'), commerce = examples('commerce');
const plays = (tag) => {
	const id = (kind) => `${kind}-${tag}`;
	return [
		[gateway.analysis, { requestId: id('a') }, async () => {
			await entered(`analysis:${id('a')}`);
			await update(d, id('a'), { status: 'processing', progress: 30, message: '분석 중' });
			await publish(d, `analysis:${id('a')}`, 'sentiment-card', { requestId: id('a'), card: { sentiment: 'positive', text: '좋아요', keywords: ['맛', '값'] } }, { kind: CARD });
			await update(d, id('a'), { status: 'completed', progress: 100, message: '완료', results: { summary: '요약' } });
		}, ['connected true', 'processing 30% 분석 중', 'direct 30', 'card positive 좋아요 맛,값', 'completed 100% 완료', 'result 요약', 'direct 100']],
		[gateway.search, { messageId: id('m') }, async () => {
			await entered(`search:${id('m')}`);
			await publish(d, `search:${id('m')}`, 'search-results', { messageId: id('m'), status: 'completed', totalCount: 2, query: '찻잔', products: [{ name: '하나' }, { name: '둘' }] }, { alias: `search:${id('m')}` });
		}, ['completed 2 하나,둘', 'direct 찻잔']],
		[gateway.batch, { jobId: id('j') }, async () => {
			await entered(`batch:${id('j')}`);
			await publish(d, `batch:${id('j')}`, 'batch-update', { jobId: id('j'), status: 'running', progress: 50 }, { alias: `batch:${id('j')}` });
		}, ['subscribed true', 'running 50']],
		[gateway['watch list'], { token: kim.token, userId: kim.id, productId: id('p') }, async () => {
			await entered(`product:${id('p')}`);
			await publish(d, `product:${id('p')}`, 'watchlist-update', { productId: id('p'), updateType: 'price_changed', data: { productName: id('찻잔'), oldPrice: 9900, newPrice: 8900, savings: 1000 } }, { alias: 'watchlist:update' });
		}, [`${id('찻잔')}: 9900 -> 8900 (1000)`]],
		[gateway['errors and notices'], { requestId: id('e') }, async () => {
			await entered(`analysis:${id('e')}`);
			await publish(d, `analysis:${id('e')}`, 'error', { type: 'analysis-error', message: '실패' }, { alias: `error:${id('e')}` });
			is((await web.post('/api/websocket/notifications/system', { message: id('공지'), type: 'info', priority: 'normal' })).status, 200, `${tag}: a system notification is accepted`);
			await web.post('/api/websocket/notifications/maintenance', { message: '점검', startTime: '2030-01-01T00:00:00Z', endTime: '2030-01-01T01:00:00Z', affectedServices: ['search', 'chat'] });
		}, ['analysis-error 실패', `notice info ${id('공지')}`, 'maintenance search,chat']],
		[gateway.latency, {}, null, ['latency true']],
		[commerce['the products of a stream'], { token: kim.token, streamKey: stream[tag] }, async () => {
			await entered(`stream:${stream[tag]}`);
			const product = (await post('/api/v1/products', { name: id('찻잔'), description: '', price: 9900, stock: 5 })).data.id;
			await post(`/api/v1/streams/${stream[tag]}/products`, { productId: product });
			await web.patch(`/api/v1/products/${product}`, { price: 8800 }, { token: seller.token });
			await web.patch(`/api/v1/products/${product}`, { stock: 0 }, { token: seller.token });
		}, [`added ${id('찻잔')} 5`, `updated ${id('찻잔')} 8800`, `soldout ${id('찻잔')}`]],
		[commerce.chat, { token: kim.token, streamKey: stream[tag] }, null, ['chat 안녕하세요!']],
		[commerce.viewers, { token: kim.token, streamKey: stream[tag] }, null, ['viewers true true']],
		[commerce['a wrong token'], {}, null, ['refused TOKEN_INVALID']],
	];
};

const stream = {};
for (const tag of Object.keys(libraries)) {
	stream[tag] = (await post('/api/v1/streams', { title: '저녁 찻잔' })).data.streamKey;
	await post(`/api/v1/streams/${stream[tag]}/start`, {});
}

const titles = new Map([gateway, redis, commerce].flatMap((doc) => Object.entries(doc).map(([title, code]) => [code, title])));
for (const [tag, library] of Object.entries(libraries)) await test(`socket.io-client ${tag}`, async () => {
	const sockets = [], connect = (...args) => { sockets.push(library(...args)); return sockets.at(-1); };
	for (const [code, scope, happens, want] of plays(tag)) {
		const lines = await run(code, { ...scope, io: connect });
		await happens?.();
		await wrote(lines, want, `socket.io-client ${tag}: the example "${titles.get(code)}" prints what the document says`);
		sockets.splice(0).forEach((s) => s.disconnect());
	}
});

await test('the Redis flow', async () => {
	const { taskId } = (await web.post('/api/analyze', { productId: 'p1' }, { token: kim.token })).body;
	let ws;
	const told = await run(redis['the browser'], { taskId, WebSocket: class extends WebSocket { constructor(url) { super(url); ws = this; } } });
	atEnd(() => ws.close());
	await entered(`analysis:${taskId}`);
	const scope = { taskId, userId: kim.id, redis: d.redisServer.client };
	await wrote(await run(redis.progress, scope), ['562'], 'the progress hash written by the analysis server stays');
	await wrote(told, ['sentiment_analysis 47 number'], 'the update of the analysis server reaches a plain WebSocket unchanged');
	const lines = await run(`const socket = io(url, { auth: { token } });
		socket.on('connect', () => socket.emit('join-user-room', userId)); socket.on('notification', (n) => console.log(n.type, n.task_id));`,
		{ io: (...a) => { const s = io(...a); atEnd(() => s.disconnect()); return s; }, url: d.url, token: kim.token, userId: kim.id });
	await entered(`user:${kim.id}`);
	await run(redis.notifications, scope);
	await wrote(lines, [`analysis_started ${taskId}`], 'a notification reaches its user unchanged');
});

// Its handlers take exactly the arguments of the document, so the position by which other clients recover must not follow them.
await test('Python', async () => {
	const child = spawn('setpriv', ['--pdeathsig', 'KILL', '/usr/bin/python3', '-c', `request_id = "py"\n${gateway['from Python']}`], { stdio: ['ignore', 'pipe', 'pipe'] });
	const lines = [], gone = new Promise((settle) => child.once('exit', settle));
	let why = '';
	child.stderr.on('data', (text) => { why += text; });
	readline.createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
	await Promise.race([entered('analysis:py'), gone]);
	if (/No module named/.test(why))
		return skip(why.trim().split('\n').at(-1), 'python-socketio');
	await update(d, 'py', { status: 'processing', progress: 40 });
	await until(() => lines.length > 0, { what: 'the first line' });	// its handlers run in threads, whose lines may interleave
	await update(d, 'py', { status: 'completed', progress: 100 });
	await wrote(lines, ['processing 40', 'completed 100'], 'python-socketio: the example prints each update');
	is(await gone, 0, 'python-socketio: the example exits with status 0', why);
});

await done();
