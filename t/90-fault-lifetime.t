#!/usr/bin/env t/lib/run
// 90-fault-lifetime.t -- what a coroutine holds outlives its origin: a token revoked in the middle of a message, a client
// that resets its connection in the middle of a body. Under the sanitizers a read after free ends the process.
import net from 'node:net';
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { account } from './lib/account.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';
import { openSocket } from './lib/wire.mjs';

const d = await startDure({ env: { LOG_ACCESS: 'true', ANALYZER: 'off', WS_CONNECT_TIMEOUT_MS: '60000' } });
const web = client(d.url);
const worker = (kind) => d.pids().find((p) => p.title.startsWith(`dure: ${kind}`))?.pid;
const before = { ws: worker('ws'), http: worker('http') };
const waits = (table) => until(async () => (await d.psql(`SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = $1::regclass`, [table]))[0].n > 0,
	{ what: `a statement to wait for ${table}` });

await test('a token revoked in the middle of a message', async () => {
	const seller = await account(d, 'seller@example.com', { role: 'seller' }), buyer = await account(d, 'buyer@example.com');
	const { body } = await web.post('/api/v1/streams', { title: 'lifetime' }, { token: seller.token });
	const key = body.data.streamKey, s = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	const heard = async (re) => { for (;;) { const m = await s.next(); if (re.test(m)) return m; } };
	await s.opened;
	s.send(`40/chat,${JSON.stringify({ token: buyer.token })}`);
	await heard(/^40\/chat,/);
	s.send(`42/chat,1["chat:join-room","${key}"]`);
	like(await heard(/^43\/chat,1/), /"ok":true/, 'the buyer joins the chat');
	await d.redis('DEL', `chat:rules:${key}`);		// so that the table is asked, which the message waits for
	const held = await d.hold('streams');
	s.send(`42/chat,["chat:send-message",{"streamKey":"${key}","message":"whose words are these?"}]`);
	await waits('streams');
	await web.post('/api/auth/logout', undefined, { token: buyer.token });
	is(await heard(/^41\/chat,/), '41/chat,', 'the buyer is logged out while the message waits, and stays connected');
	const fill = Array.from({ length: 64 }, () => openSocket(d, '/socket.io/?EIO=4&transport=websocket',
		{ headers: { authorization: `Bearer ${'A'.repeat(200)}${seller.id}` } }));
	await Promise.all(fill.map((w) => w.next()));		// something else is where the identity was
	await held.release();
	await until(async () => (await d.psql(`SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted`))[0].n === 0);
	is((await web.get(`/api/v1/streams/${key}`)).status, 200, 'the stream is read after the wait');
	const again = await ioConnect(`${d.url}/chat`, { auth: { token: seller.token } });
	is((await again.ask('chat:join-room', key)).ok, true, 'another user joins the chat');
	is((await again.ask('chat:send-message', { streamKey: key, message: 'mine' })).ok, true, 'another user sends a message');
	deep(await d.psql('SELECT user_id, body FROM chat_messages WHERE stream_key = $1', [key]), [{ user_id: seller.id, body: 'mine' }],
		'the message of the logged-out buyer is not stored');
	[s, ...fill].forEach((w) => w.close());
	is(worker('ws'), before.ws, 'the fanout process survives');
});

// The head, which the handler has when it asks for the body, a part of that, and then a reset.
const reset = (headers, part) => new Promise((settle) => {
	const c = net.connect(d.port, '127.0.0.1', () => c.write(['POST /api/products/lifetime/reviews HTTP/1.1', 'Host: x', 'Content-Type: application/x-ndjson',
		'Expect: 100-continue', ...headers, 'Content-Length: 4000', '', ''].join('\r\n')));
	c.once('data', () => c.write(part, () => { c.resetAndDestroy(); settle(); })).on('error', settle);
});
const requests = () => d.log().split('\n').slice(0, -1).filter((l) => l.startsWith('{')).map((l) => JSON.parse(l)).filter((l) => /reviews$/.test(l.route));

await test('a client that resets its connection in a streamed body', async () => {
	const part = JSON.stringify({ text: 'left' });
	for (let n = 1; n <= 20; n++) {
		await reset(['Accept: application/problem+json', `User-Agent: ${'u'.repeat(300)}`], part);
		await until(() => requests().length >= n, { ms: 60000, what: `abandoned request ${n} to be logged` });
	}
	deep([...new Set(requests().map((l) => l.ip))], [requests()[0].ip], "the log has the client's address for every abandoned request");
	is(worker('http'), before.http, 'the HTTP worker survives');
	is((await web.get('/api/v1/health/live')).status, 200, 'the HTTP worker answers');
});

await done();
