#!/usr/bin/env t/lib/run
// 11-master-reload.t -- HUP under load: no request fails, no socket is cut off, no event is lost or duplicated; and a successor that cannot
// take over, which costs a connection but no event.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { client, ioConnect } from './lib/client.mjs';
import { command, startCrowd, steadyRequests } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { publish, STATE } from './lib/room.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const count = Number(process.env.SOCKETS || 300), rounds = Number(process.env.ROUNDS || 2);
const d = await startDure({ http: 2, ws: 1, env: { ANALYZER: 'off' } });
const pidOf = (title) => d.pids().find((p) => p.title === title)?.pid;
const inLog = (re) => d.log().split('\n').filter((l) => re.test(l)).length;

// Reload, and be sure that every socket went along.
async function reload(what = 'reload') {
	const before = pidOf('dure: ws 1'), taken = inLog(/clients were taken over/);
	const r = await command(d, 'reload');
	is(r.code, 0, `${what}: dure reload succeeds`, r.stderr);
	isnt(pidOf('dure: ws 1'), before, `${what}: a new process serves the sockets`);
	is(inLog(/clients were taken over/), taken + 1, `${what}: the new process has taken over every client`);
}

await test('connections are shared', async () => {
	const connections = async () => (await client(d.url).get('/api/v1/admin/processes')).body.data.processes.filter((p) => p.kind === 'http').map((p) => p.connections);
	const lowest = [];
	for (let i = 0; i < 5; i++) {
		const open = await Promise.all(Array.from({ length: 96 }, () => new Promise((settle, fail) => {
			const s = net.connect(d.port, '127.0.0.1', () => s.write('GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n'));
			s.once('data', () => settle(s)).once('error', fail);
		})));
		lowest.push(Math.min(...await connections()));
		open.forEach((s) => s.destroy());
		await until(async () => Math.max(...await connections()) < 8, { what: 'the connections to end' });
	}
	ok(lowest.sort((a, b) => a - b)[2] >= 12, `of a burst of 96 connections each worker gets a part (the smaller ones: ${lowest})`);
});

await test('a crowd under load', async () => {
	const crowd = await startCrowd(d, count, { polling: Math.ceil(count / 10) });
	const requests = steadyRequests(d);
	crowd.start();
	await until(() => crowd.sent >= 5, { what: 'the first events' });
	for (let i = 0; i < rounds; i++) {
		const goal = crowd.sent + 20;
		await reload(`reload ${i + 1}`);
		await until(() => crowd.sent >= goal, { ms: 30000, what: 'events after it' });
	}
	await crowd.finish();
	const tally = await requests.stop();
	deep(crowd.faults.slice(0, 10), [], `every event reached every socket once (${crowd.sent} to ${count})`);
	deep(tally.failed.slice(0, 10), [], `no request failed (of ${tally.sent})`);
	crowd.leave();
});

await test('nothing to do', async () => {
	const state = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0];
	for (const { pid, title } of d.pids().filter((p) => /^dure: (ws|http|master)/.test(p.title))) {
		const slept = await until(() => state(pid) === 'S', { ms: 20000, every: 7 }).catch(() => false);
		ok(slept, `${title} sleeps when there is nothing to do`);
	}
});

await test('a killed process after a reload', async () => {
	const s = await ioConnect(d.url, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 100 });
	await s.ask('subscribe-analysis', 'later');
	await publish(d, 'analysis:later', 'analysis-update', { number: 1 }, { kind: STATE });
	await s.next('analysis-update');
	await reload();
	const id = s.id;
	await d.kill9(/^dure: ws/);
	await until(() => !s.connected, { what: 'the connection to break' });
	await until(() => s.connected, { ms: 20000, what: 'the client to come back' });
	deep([s.recovered, s.id], [true, id], 'a client recovers its session when the process that took it over is killed');
	s.disconnect();
});

// Records of the hand-over (common/proc/handover.h).
const field = (tag, value) => {
	const v = typeof value === 'number' ? Buffer.alloc(8) : Buffer.from(value), head = Buffer.alloc(6);
	if (typeof value === 'number')
		v.writeBigInt64BE(BigInt(value));
	head.writeUInt16BE(tag);
	head.writeUInt32BE(v.length, 2);
	return Buffer.concat([head, v]);
};
const record = (type, ...fields) => {
	const body = Buffer.concat([Buffer.from([type.charCodeAt(0), 0]), ...fields]), n = Buffer.alloc(4);
	n.writeUInt32BE(body.length);
	return Buffer.concat([n, body]);
};
const OLDEST = 1, NEWEST = 2, REASON = 5;
const handoverSocket = path.join(d.dir, 'ws.1.handover.sock');

await test('a successor of another version', async () => {
	const talk = (bytes) => new Promise((settle) => {
		const s = net.connect(handoverSocket, () => s.write(bytes));
		let got = Buffer.alloc(0);
		s.on('data', (more) => { got = Buffer.concat([got, more]); });
		s.on('error', () => settle(got));
		s.on('close', () => settle(got));
	});
	await until(() => fs.existsSync(handoverSocket), { what: 'the socket' });
	const s = await ioConnect(d.url), id = s.id;
	const answer = await talk(record('H', field(OLDEST, 77), field(NEWEST, 99), field(1000, 'what nobody knows')));
	is(String.fromCharCode(answer[4]), 'X', 'the predecessor refuses a successor without a common version');
	like(answer.toString('latin1'), /other versions/, 'the refusal names the versions as its reason');
	is((await talk(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).length, 0, 'the predecessor closes a connection that does not speak the protocol');
	is((await s.ask('subscribe-analysis', 'still')).ok, true, 'a refused successor leaves the clients alone');
	await reload('a reload then');
	deep([s.connected, s.id], [true, id], 'the next successor takes the client over after a refused one');
	s.disconnect();
});

await test('a predecessor that refuses', async () => {
	const s = await ioConnect(d.url, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 100 });
	await s.ask('subscribe-analysis', 'refused');
	await publish(d, 'analysis:refused', 'analysis-update', { number: 1 }, { kind: STATE });
	await s.next('analysis-update');
	for (const [what, words] of [['refused in words', record('X', field(REASON, 'not today'))], ['answered with nonsense', Buffer.from('\x00\x00\x00\x01')],
		['broken off half way', Buffer.concat([record('R'), record('R'), record('P').subarray(0, 3)])]]) {
		const id = s.id, before = pidOf('dure: ws 1');
		await until(() => fs.existsSync(handoverSocket), { what: 'the socket' });
		fs.renameSync(handoverSocket, `${handoverSocket}.away`);
		const server = net.createServer((peer) => {
			peer.on('error', () => {});
			peer.once('data', () => peer.end(words));
		});
		await new Promise((settle) => server.listen(handoverSocket, settle));
		const r = await command(d, 'reload');
		is(r.code, 0, `${what}: dure reload succeeds although the clients are not handed over`, r.stderr);
		await until(() => ![undefined, before].includes(pidOf('dure: ws 1')), { ms: 40000, what: 'the predecessor to leave' });
		await until(() => s.connected && s.recovered && inLog(/clients are not taken over/) > 0, { ms: 20000, what: 'the client to come back' });
		is(s.id, id, `${what}: a client reconnects and recovers its session`);
		server.close();		// removes the name; who serves now takes it
	}
	s.disconnect();
});

await done();
