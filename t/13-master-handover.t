#!/usr/bin/env t/lib/run
// 13-master-handover.t -- the state in which a socket is handed over to the successor process: half a frame, unread output, a waiting poll,
// the user's identity, the time of the next ping.
import { ioConnect } from './lib/client.mjs';
import { command, startCrowd } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { publish, STATE } from './lib/room.mjs';
import { deep, done, is, isnt, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, slower, until } from './lib/until.mjs';
import { frame, frames, handshake, openSocket, poller } from './lib/wire.mjs';

const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', WS_PROTOCOL_TEST: 'true', WS_PING_INTERVAL: String(1000 * slower),
	WS_PING_TIMEOUT: '60000' } });
const pidOf = (title) => d.pids().find((p) => p.title === title)?.pid;
const inLog = (re) => d.log().split('\n').filter((l) => re.test(l)).length;

// To a room with a subscriber: a successor may be about to subscribe. The product's own events would wait for it in the room's log.
const tell = (room, ...event) => until(async () => await publish(d, room, ...event) > 0, { what: `a listener of ${room}` });

// Reload, and be sure that every socket went along and the predecessor listens no more.
async function reload(what = 'reload') {
	const before = pidOf('dure: ws 1'), taken = inLog(/clients were taken over/);
	const r = await command(d, 'reload');
	is(r.code, 0, `${what}: dure reload succeeds`, r.stderr);
	isnt(pidOf('dure: ws 1'), before, `${what}: a new process serves the sockets`);
	is(inLog(/clients were taken over/), taken + 1, `${what}: the new process has taken over every client`);
	await until(() => !d.pids().some((p) => p.pid === before), { ms: 30000, what: 'the predecessor to end' });
}

// A Socket.IO connection by hand: c.text() is all text that came; c.say(text).
async function byHand(query = '') {
	const c = await handshake(d, `/socket.io/?EIO=4&transport=websocket${query}`);
	c.say = (text) => c.socket.write(frame(0x81, text));
	c.text = () => frames(c.got).filter((f) => (f.first & 15) === 1).map((f) => f.payload.toString());
	c.has = (re, what) => until(() => c.text().some((t) => re.test(t)), { ms: 20000, what: what ?? String(re) });
	c.ended = false;
	c.closed.then(() => { c.ended = true; });
	c.say('40');
	await c.has(/^40\{/);
	return c;
}

await test('input received by half', async () => {
	const half = await byHand(), fragment = await byHand(), blob = await byHand(), ack = await byHand();
	const whole = frame(0x81, '427["message-with-ack","whole after all"]');
	half.socket.write(whole.subarray(0, 20));
	const korean = Buffer.from('42["message","두레"]'), cut = korean.length - 4;	// within a letter
	fragment.socket.write(frame(0x01, korean.subarray(0, cut)));
	blob.say('451-["message",{"_placeholder":true,"num":0}]');
	ack.say('421["message-with-ack","before"]');
	await ack.has(/^431\["before"\]/);
	await sleep(100);
	await reload();
	half.socket.write(whole.subarray(20));
	fragment.socket.write(frame(0x80, korean.subarray(cut)));
	blob.socket.write(frame(0x82, Buffer.from([1, 2, 3])));
	ack.say('422["message-with-ack","after"]');
	await half.has(/^437\["whole after all"\]/);
	ok(true, 'half a frame is completed after a handover');
	await fragment.has(/^42\["message-back","두레"\]/);
	ok(true, 'a fragment that ends within a letter is completed after a handover');
	await blob.has(/^451-\["message-back"/);
	const back = await until(() => frames(blob.got).find((f) => f.first === 0x82), { what: 'the attachment' });
	deep([...back.payload], [1, 2, 3], 'a packet gets its attachment after a handover');
	await ack.has(/^432\["after"\]/);
	ok(true, 'an idle client is served after a handover');
	[half, fragment, blob, ack].forEach((c) => c.socket.destroy());
});

await test('output that the client has not read yet', async () => {
	const c = await byHand(), n = 300;
	c.say('420["subscribe-analysis","unread"]');
	await c.has(/^430/);
	c.socket.pause();
	for (let i = 1; i <= n; i++)
		await tell('analysis:unread', 'analysis-update', { number: i, filler: 'x'.repeat(4000) }, { kind: STATE });
	await reload();
	for (let i = n + 1; i <= n + 5; i++)
		await tell('analysis:unread', 'analysis-update', { number: i }, { kind: STATE });
	c.socket.resume();
	const numbers = () => c.text().map((t) => t.match(/^42\["analysis-update",\{"number":(\d+)/)?.[1]).filter(Boolean).map(Number);
	await until(() => numbers().length >= n + 5 || c.ended, { ms: 30000, what: 'all events' });
	deep(numbers(), Array.from({ length: n + 5 }, (_, i) => i + 1), 'unread events arrive once and in order across a handover');
	c.socket.destroy();
});

await test('polling, and an upgrade to WebSocket under way', async () => {
	const p = poller(d), { sid } = await p.open();
	await p.post(sid, '40');
	await p.get(sid);
	await p.post(sid, '420["subscribe-analysis","polled"]');
	let got = '', going = true, faults = [];
	const loop = (async () => {
		while (going) {
			const a = await p.get(sid);
			if (a.status !== 200)
				faults.push(`${a.status} ${a.text}`);
			got += a.text + '\x1e';
			if (/^2$|\x1e2\x1e|^2\x1e/.test(a.text + '\x1e'))
				await p.post(sid, '3');
		}
	})();
	await until(() => got.includes('430['), { what: 'the acknowledgement' });
	const candidate = await handshake(d, `/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
	candidate.socket.write(frame(0x81, '2probe'));
	await until(() => frames(candidate.got).some((f) => f.payload.toString() === '3probe'), { what: 'the probe' });
	await tell('analysis:polled', 'analysis-update', { number: 1 }, { kind: STATE });
	await reload();
	await tell('analysis:polled', 'analysis-update', { number: 2 }, { kind: STATE });
	await until(() => /"number":1.*"number":2/s.test(got), { what: 'both events' });
	is(got.match(/"analysis-update",\{"number":\d/g).length, 2, 'a polling session is handed over and receives each event once');
	going = false;
	await loop;
	deep(faults, [], 'no poll fails across a handover');
	candidate.socket.write(frame(0x81, '5'));
	await tell('analysis:polled', 'analysis-update', { number: 3 }, { kind: STATE });
	await until(() => frames(candidate.got).some((f) => f.payload.includes('"number":3')), { what: 'the event over the WebSocket' });
	ok(true, 'the WebSocket that probes during a handover completes its upgrade');
	candidate.socket.destroy();
});

await test('a plain WebSocket, users and namespaces', async () => {
	const plain = openSocket(d, '/ws');
	await plain.opened;
	plain.send(JSON.stringify({ type: 'subscribe', taskId: 'plain' }));
	is(JSON.parse(await plain.next()).type, 'subscribed', 'a plain WebSocket subscribes');
	const chat = await ioConnect(`${d.url}/chat`, { auth: { token: sign({ sub: 'u-chat' }) } });
	const brief = await ioConnect(`${d.url}/chat`, { auth: { token: sign({ sub: 'u-brief' }, { seconds: 8 }) } });
	const revoked = await ioConnect(`${d.url}/chat`, { auth: { token: sign({ sub: 'u-revoked', jti: 'j-revoked' }) } });
	const id = chat.id;
	await reload();
	await tell('analysis:plain', 'analysis-update', { number: 1 }, { kind: STATE });
	is(JSON.parse(await plain.next()).number, 1, 'a plain WebSocket receives events after a handover');
	const refreshed = await chat.ask('auth:refresh', { token: sign({ sub: 'u-chat' }) });
	deep([refreshed.ok, refreshed.userId, chat.id], [true, 'u-chat', id], 'a socket of a namespace keeps its user and id across a handover');
	is((await chat.ask('auth:refresh', { token: sign({ sub: 'somebody else' }) })).ok, false, 'a handed-over socket refuses the token of another user');
	await d.redis('PUBLISH', 'auth:revoked', `jti j-revoked ${Date.now() + 1000}`);
	await until(() => revoked.disconnected, { what: 'the revoked socket to leave' });
	ok(true, 'a token revoked after a handover disconnects its socket');
	await until(() => brief.disconnected, { ms: 20000, what: 'the token to end' });
	ok(true, 'a handed-over token expires at its time');
	plain.terminate();
	chat.disconnect();
});

await test('reloads faster than the heartbeat', async () => {
	const c = await byHand();
	const pings = () => c.text().filter((t) => t === '2').length;
	const began = Date.now();
	let n = 0;
	while (pings() < 3 && Date.now() - began < 30000 * slower) {
		const r = await command(d, 'reload');
		n++;
		if (r.code !== 0)
			break;
		for (let i = c.ponged ?? 0; i < pings(); i++)
			c.say('3');
		c.ponged = pings();
	}
	ok(pings() >= 3, 'reloads in quick succession do not delay the heartbeat', `${pings()} pings, ${n} reloads, ${Date.now() - began} ms`);
	c.socket.destroy();
});

await test('a successor whose Redis subscription lags', async () => {
	const e = await startDure({ http: 1, ws: 1, proxied: true, env: { ANALYZER: 'off', LOG_LEVEL: 'error' } });	// it hands over without a word, too
	const crowd = await startCrowd(e, 10, { polling: 2 });
	crowd.start();
	for (const ms of [60, 30, 0]) {
		e.redisProxy.lag(ms);
		is((await command(e, 'reload')).code, 0, `a reload succeeds while Redis lags by ${ms} ms`);
		const goal = crowd.sent + 20;
		await until(() => crowd.sent >= goal, { what: 'events after it' });
	}
	await crowd.finish();
	deep(crowd.faults.slice(0, 10), [], `no event is lost or duplicated while the successor lags (${crowd.sent} events)`);
	crowd.leave();
});

await done();
