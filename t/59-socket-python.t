#!/usr/bin/env t/lib/run
// 59-socket-python.t -- a client in another language, Debian's python3-socketio, over each transport: handshake, rooms, updates,
// acknowledgements both ways, binary both ways, namespaces, tokens, heartbeat, disconnects by either side.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { root, startDure } from './lib/dure.mjs';
import { CARD, publish, update } from './lib/room.mjs';
import { atEnd, deep, done, is, like, ok, skipAll, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until, within } from './lib/until.mjs';

const script = path.join(root, 't/lib/client.py');
const look = spawnSync('/usr/bin/python3', [script], { input: '', encoding: 'utf8' });
if (look.error || look.status === 77)
	skipAll(look.error?.message ?? look.stderr);

const d = await startDure({ env: { WS_PING_INTERVAL: 500, WS_PING_TIMEOUT: 5000 } });
const t = await startDure({ share: d, env: { WS_PROTOCOL_TEST: 'true' } });

// const c = python(); await c.do('connect', …); await c.next('/', 'analysis-update'); c.seen has all events.
function python() {
	const child = spawn('setpriv', ['--pdeathsig', 'KILL', '/usr/bin/python3', script], { stdio: ['pipe', 'pipe', 'inherit'] });
	const c = { seen: [], answers: [], waiting: [] };
	readline.createInterface({ input: child.stdout }).on('line', (line) => {
		const [kind, ...rest] = JSON.parse(line);
		if (kind === 'event')
			c.seen.push(rest);
		else
			c.waiting.shift()([kind, rest[0]]);
	});
	c.try = (...command) => within(30000, command[0], new Promise((settle) => {
		c.waiting.push(settle);
		child.stdin.write(JSON.stringify(command) + '\n');
	}));
	c.do = async (...command) => {
		const [kind, value] = await c.try(...command);
		if (kind !== 'done')
			throw new Error(`${command[0]}: ${value}`);
		return value;
	};
	c.all = (nsp, name) => c.seen.filter((e) => e[0] === nsp && e[1] === name).map((e) => e[2]);
	c.next = (nsp, name) => until(() => {
		const at = c.seen.findIndex((e) => e[0] === nsp && e[1] === name);
		return at >= 0 && c.seen.splice(at, 1)[0][2];
	}, { ms: 20000, what: `${name} in ${nsp}` });
	c.end = () => { child.stdin.end(); return new Promise((settle) => (child.exitCode !== null ? settle() : child.once('exit', settle))); };
	atEnd(c.end);
	return c;
}
const bytes = (...b) => ({ bytes: Buffer.from(b).toString('base64') });

const ways = { websocket: ['websocket'], 'polling, then upgrade': ['polling', 'websocket'], polling: ['polling'] };
for (const [way, transports] of Object.entries(ways)) await test(way, async () => {
	/* It refuses polling payloads of more than 16 packets, and runs each handler in a thread of its own, in no order. */
	const c = python(), id = `py ${way}`, burst = way === 'polling' ? 7 : 100;
	await c.do('connect', d.url, { transports });
	const [{ clientId }] = await c.next('/', 'connected');
	like(clientId, /^[\w-]{20}$/, `${way}: the client connects and gets its id`);
	is(await c.do('transport'), transports.at(-1), `${way}: the connection uses the transport`);
	deep(await c.do('call', '/', 'subscribe-analysis', [id]), { ok: true, room: `analysis:${id}` }, `${way}: subscribing is acknowledged`);
	await update(d, id, { progress: 10, message: '안녕 \u{1f600}' });
	const want = [{ requestId: id, progress: 10, message: '안녕 \u{1f600}' }];
	deep((await c.next('/', 'analysis-update'))[0], want[0], `${way}: an update arrives`);
	deep((await c.next('/', `analysis:${id}`))[0], want[0], `${way}: an update arrives under its second name`);
	await publish(d, `analysis:${id}`, 'sentiment-card', { requestId: id, card: { id: 'c1' } }, { kind: CARD });
	is((await c.next('/', 'sentiment-card'))[0].card.id, 'c1', `${way}: a card arrives`);
	for (let i = 0; i < burst; i++)
		update(d, id, { progress: i });
	await until(() => c.all('/', 'analysis-update').length === burst, { ms: 20000, what: 'all updates of a burst' });
	deep(c.all('/', 'analysis-update').map(([p]) => p.progress).sort((a, b) => a - b), [...Array(burst).keys()], `${way}: every update of a burst arrives`);
	is((await c.do('call', '/', 'subscribe-analysis', [{}])).error.code, 'VALIDATION_FAILED', `${way}: a refused subscription is acknowledged with its error`);
	await c.do('disconnect');
	await c.next('/', 'disconnect');
	await until(async () => await update(d, id, {}) === 0, { what: 'the room to be left' });
	ok(true, `${way}: the room is left when the client disconnects`);
	await c.end();
});

await test('heartbeat', async () => {
	const c = python();
	await c.do('connect', d.url, { transports: ['websocket'] });
	await sleep(2000);	/* several intervals */
	is((await c.do('call', '/', 'subscribe-analysis', ['beat'])).ok, true, 'the client answers pings and stays connected');
	is(c.all('/', 'disconnect').length, 0, 'the client is not disconnected by the heartbeat');
	await c.end();
});

for (const [way, transports] of Object.entries(ways)) await test(`${way}: echoes`, async () => {
	const c = python();
	await c.do('connect', t.url, { transports, namespaces: ['/', '/custom'], auth: { answer: 42 } });
	deep((await c.next('/', 'auth'))[0], { answer: 42 }, `${way}: the auth payload arrives`);
	deep((await c.next('/custom', 'auth'))[0], { answer: 42 }, `${way}: the auth payload arrives in each namespace`);
	for (const args of [[1, 'two', { three: [true, null] }], [bytes(1, 2, 3)], ['x', bytes(), { deep: [bytes(255), bytes(0)] }]]) {
		await c.do('emit', '/custom', 'message', args);
		deep(await c.next('/custom', 'message-back'), args, `${way}: ${JSON.stringify(args)} comes back`);
		deep([await c.do('call', '/', 'message-with-ack', args)].flat(args.length > 1 ? 1 : 0), args, `${way}: ${JSON.stringify(args)} comes back in an acknowledgement`);
	}
	await c.do('emit', '/', 'ask-me', [{ q: 1 }]);
	deep(await c.next('/', 'answer'), [{ q: 1 }], `${way}: the client answers a request of the server`);
	await c.do('leave', '/custom');
	deep(await c.do('call', '/', 'message-with-ack', ['still']), 'still', `${way}: leaving one namespace keeps the other`);
	await c.end();
});

await test('namespaces and tokens', async () => {
	const none = python();
	const [kind, why] = await none.try('connect', d.url, { namespaces: ['/chat'], patience: 3 });	/* that it waits after a refusal too */
	is(kind, 'failed', '/chat refuses a client without a token');
	like(why, /ConnectionError/, 'the library raises ConnectionError');
	is((await none.next('/chat', 'connect_error'))[0].data.code, 'UNAUTHORIZED', 'connect_error has the code UNAUTHORIZED');
	const in_ = python();
	await in_.do('connect', d.url, { namespaces: ['/', '/chat'], auth: { token: sign({ sub: 'py' }) } });
	await in_.next('/chat', 'connect');
	ok(true, '/chat accepts a client with a token');
	deep(await in_.do('call', '/', 'join-user-room', ['py']), { ok: true, room: 'user:py' }, 'the token counts in the namespace /');
	await publish(d, 'user:py', 'greeting', { n: 1 });
	deep((await in_.next('/', 'greeting'))[0], { n: 1 }, "events of the user's room arrive");
	const bad = python();
	is((await bad.try('connect', d.url, { namespaces: ['/nowhere'], patience: 3 }))[0], 'failed', 'an unknown namespace is refused');
	for (const c of [none, in_, bad])
		await c.end();
});

await test('the server stops', async () => {
	const c = python();
	await c.do('connect', t.url, { transports: ['websocket'] });
	await t.stop();
	await c.next('/', 'disconnect');
	ok(true, 'the client gets a disconnect when the server stops');
	await c.end();
});

await done();
