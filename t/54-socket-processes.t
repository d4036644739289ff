#!/usr/bin/env t/lib/run
// 54-socket-processes.t -- several fanout and HTTP processes: a session is served by the process that its id names, a room reaches all of
// them, and clients reconnect when one is killed, and stay connected when one is replaced.
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { update } from './lib/room.mjs';
import { done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';
import { poller } from './lib/wire.mjs';

const d = await startDure({ http: 2, ws: 2 });
const got = (s, n) => s.all('analysis-update').filter(([p]) => p.progress === n).length;
const reached = (all, n) => until(() => all.every((s) => got(s, n) >= 1), { ms: 30000, what: `update ${n} to reach all` });
const clients = async (n, options) => {
	const all = await Promise.all([...Array(n)].map(() => ioConnect(d.url, options)));
	for (const s of all) {
		s.enter = () => s.emit('subscribe-analysis', 'x');
		s.on('connect', s.enter);
	}
	await Promise.all(all.map((s) => s.ask('subscribe-analysis', 'x')));
	return all;
};
const pollers = await clients(6, { transports: ['polling'], reconnection: true, reconnectionDelay: 50 });
const upgraders = await clients(6, { transports: ['polling', 'websocket'], reconnection: true, reconnectionDelay: 50 });
const all = [...pollers, ...upgraders];

await test('a GET overtaken by its own POST', async () => {
	const p = poller(d), seen = new Set();
	for (let i = 0; i < 15; i++) {
		const { sid } = await p.open();
		await p.post(sid, '40');
		while (!(await p.get(sid)).text.includes('connected'))
			;
		const [get, post] = await Promise.all([p.get(sid), p.post(sid, '1')]);
		seen.add(`${get.text} ${post.text} ${(await p.get(sid)).status}`);
	}
	is([...seen].join(), '6 ok 400', 'a GET overtaken by the POST that closes its session returns a noop');
});

await test('the owners of sessions', async () => {
	await until(() => upgraders.every((s) => s.io.engine.transport.name === 'websocket'), { what: 'the upgrades' });
	const owners = new Set(all.map((s) => s.io.engine.id[0]));
	is([...owners].sort().join(), '1,2', 'both processes have sessions');
	is(await update(d, 'x', { requestId: 'x', progress: 1 }), 2, 'both processes subscribe to the room');
	await reached(all, 1);
	ok(all.every((s) => got(s, 1) === 1), 'every member gets the update once');
});

await test('spread', async () => {
	const one = await startDure({ http: 1, ws: 2 });
	const straight = await Promise.all([...Array(8)].map(() => ioConnect(one.url, { transports: ['websocket'] })));
	const owners = straight.map((s) => s.io.engine.id[0]).sort().join('');
	is(owners, '11112222', 'one worker distributes WebSockets evenly over the processes');
	for (const s of straight)
		s.close();
});

let lost = 0;
for (const s of all)
	s.on('disconnect', () => lost++);
// Everybody is connected, in the room again, and hears update `n`.
const heard = (n) => until(async () => {
	await update(d, 'x', { requestId: 'x', progress: n });
	return all.every((s) => s.connected && got(s, n) >= 1);
}, { ms: 30000, every: 100, what: 'all clients to be back' });

await test('kill -9', async () => {
	is(d.kill9(/dure: ws 1/).length, 1, 'one fanout process is killed');
	await until(() => lost > 0, { what: 'its clients to notice' });
	await heard(2);
	ok(true, 'clients of a killed process reconnect and get updates');
});

await test('reload', async () => {
	const owners = () => d.pids().filter((p) => /^dure: ws/.test(p.title)).map((p) => p.pid);
	const before = lost, old = owners();
	process.kill(d.pid, 'SIGHUP');
	await until(() => owners().length === 2 && !owners().some((pid) => old.includes(pid)), { ms: 30000, what: 'both processes to be replaced' });
	await heard(3);
	is(lost, before, 'a reload disconnects no client, and every client gets updates');
});

await done();
