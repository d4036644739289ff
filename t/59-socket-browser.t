#!/usr/bin/env t/lib/run
// 59-socket-browser.t -- the unchanged socket.io-client in Chromium: each transport, and the recovery of live sockets after a
// cut and after a kill -9 of their process.
import path from 'node:path';
import { openBrowser, openPage } from './lib/browser.mjs';
import { client } from './lib/client.mjs';
import { root, startDure } from './lib/dure.mjs';
import { startProxy } from './lib/ports.mjs';
import { atEnd, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const d = await startDure({ http: 1, ws: 2, env: { CORS_ORIGINS: '*' } });
const proxy = await startProxy(d.port);
atEnd(() => proxy.stop());
const post = client(d.url), url = `http://127.0.0.1:${proxy.port}`;
const ways = { websocket: ['websocket'], polling: ['polling'], upgrade: ['polling', 'websocket'] };

const page = await openPage(browser, url, { bypassCSP: true });
await page.addScriptTag({ path: path.join(root, 't/node_modules/socket.io-client/dist/socket.io.js') });

// A socket a way, in the page; what each got, and each connect with whether it was recovered.
await page.evaluate((all) => {
	window.socks = Object.fromEntries(Object.entries(all).map(([name, transports]) => {
		const s = window.io(location.origin, { transports, forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 200 });
		s.got = [];
		s.lives = [];
		s.on('connect', () => s.lives.push({ id: s.id, recovered: s.recovered }));
		s.on('analysis-update', (u) => s.got.push(Number(u.message)));
		return [name, s];
	}));
}, ways);
const state = () => page.evaluate(() => Object.fromEntries(Object.entries(window.socks).map(([name, s]) =>
	[name, { got: s.got, lives: s.lives, connected: s.connected, transport: s.io.engine?.transport.name }])));
const all = (what, good) => until(async () => { const now = await state(); return Object.values(now).every(good) && now; }, { ms: 30000, what });

let n = 0;
async function say(count) {
	for (let i = 0; i < count; i++, n++)
		await post.post('/api/websocket/test/analysis-status', { requestId: 'b', status: 'processing', progress: 5, message: `${n}` });
}
const told = async (what) => {
	const now = await all('every event to arrive', (s) => s.got.length >= n);
	for (const [name, s] of Object.entries(now))
		deep(s.got, [...Array(n).keys()], `${what}: ${name} got every event once, in order`);
};

await test('the transports', async () => {
	await all('all to be connected', (s) => s.connected && s.lives.length === 1);
	const acks = await page.evaluate(() => Promise.all(Object.values(window.socks).map((s) => s.emitWithAck('subscribe-analysis', 'b'))));
	ok(acks.every((a) => a.ok), 'each socket joins the room');
	const now = await all('the upgrade', (s) => s.transport);
	is(now.polling.transport, 'polling', 'the polling socket uses polling');
	await until(async () => (await state()).upgrade.transport === 'websocket', { ms: 30000, what: 'the upgrade' });
	await say(5);
	await told('at first');
});

// Everybody is away, then back: the same socket.
async function recovered(what, lives) {
	const now = await all(`${what}: all to be back`, (s) => s.connected && s.lives.length === lives);
	for (const [name, s] of Object.entries(now))
		deep(s.lives.at(-1), { id: s.lives[0].id, recovered: true }, `${what}: ${name} is recovered with its id`);
	await told(what);
}

await test('a cut', async () => {
	proxy.cut();
	await all('all to notice', (s) => !s.connected);
	await say(10);
	proxy.heal();
	await recovered('a cut', 2);
});

await test('kill -9', async () => {
	is(d.kill9(/dure: ws/).length, 2, 'both fanout processes are killed');
	await all('all to notice', (s) => !s.connected || s.lives.length === 3);
	await say(10);
	await recovered('kill -9', 3);
	await say(3);
	await told('after kill -9');
});

await done();
