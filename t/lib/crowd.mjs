// crowd.mjs -- many sockets in one room, each of which checks that every numbered event reaches it once and in order, and steady HTTP
// load beside: for tests that replace processes under them.
import { spawn } from 'node:child_process';
import http from 'node:http';
import { io } from 'socket.io-client';
import { binary, root } from './dure.mjs';
import { atEnd } from './tap.mjs';
import { publish, STATE } from './room.mjs';
import { sleep, until } from './until.mjs';

// `n` sockets of the unchanged client, which may not reconnect; `polling` of them by polling alone. crowd.faults says what went wrong.
export async function startCrowd(d, n, { polling = 0, room = 'crowd' } = {}) {
	const crowd = { sockets: [], faults: [], sent: 0, room: `analysis:${room}` };
	let going = false, loop;

	const join = async (i) => {
		const s = io(d.url, { transports: [i < polling ? 'polling' : 'websocket'], reconnection: false, forceNew: true });
		s.last = 0;
		s.on('analysis-update', ({ number }) => {
			if (number === undefined)
				return;
			if (number !== s.last + 1)
				crowd.faults.push(`socket ${i}: ${number} after ${s.last}`);
			s.last = number;
		});
		await new Promise((settle, reject) => {
			s.once('connect', settle);
			s.once('connect_error', reject);
		});
		s.first = s.id;
		s.on('disconnect', (why) => s.done || crowd.faults.push(`socket ${i} (${i < polling ? 'polling' : 'websocket'}) disconnected: ${why}`));
		await s.timeout(20000).emitWithAck('subscribe-analysis', room);
		crowd.sockets.push(s);
	};
	const batch = 50;
	for (let i = 0; i < n; i += batch)
		await Promise.all(Array.from({ length: Math.min(batch, n - i) }, (_, k) => join(i + k)));

	// Publish numbered events, one every few milliseconds.
	crowd.start = (pauseMs = 5) => {
		going = true;
		loop = (async () => {
			while (going) {
				await publish(d, crowd.room, 'analysis-update', { number: ++crowd.sent }, { kind: STATE });
				await sleep(pauseMs);
			}
		})();
	};
	// Stop, and wait until everybody has everything (or is known not to).
	crowd.finish = async (ms = 30000) => {
		going = false;
		await loop;
		await until(() => crowd.sockets.every((s) => s.last === crowd.sent) || crowd.faults.length > 0,
			{ ms, what: 'the last event to reach everybody' }).catch((e) => crowd.faults.push(e.message));
		for (const [i, s] of crowd.sockets.entries()) {
			if (s.last !== crowd.sent && crowd.faults.length < 20)
				crowd.faults.push(`socket ${i} ended at ${s.last} of ${crowd.sent}`);
			if (s.id !== s.first)
				crowd.faults.push(`socket ${i} has another id`);
		}
	};
	crowd.leave = () => crowd.sockets.forEach((s) => { s.done = true; s.disconnect(); });
	atEnd(crowd.leave);
	return crowd;
}

// Requests without a pause until stop(), some each on a connection of its own, the others on connections that are kept;
// answers { sent, failed }.
export function steadyRequests(d, { fresh = 2, kept = 3, path = '/api/v1/health/live' } = {}) {
	let going = true;
	const agent = new http.Agent({ keepAlive: true });
	const tally = { sent: 0, failed: [] };
	const one = (from) => new Promise((settle) => {
		const rq = http.get(`${d.url}${path}`, { agent: from, timeout: 10000 }, (rs) => {
			rs.resume();
			rs.on('end', () => settle(rs.statusCode === 200 ? null : rs.statusCode));
			rs.on('error', (e) => settle(e.code));
		});
		rq.on('error', (e) => settle(e.code));
		rq.on('timeout', () => rq.destroy());
	});
	const loops = [...Array(fresh).fill(false), ...Array(kept).fill(agent)].map(async (from) => {
		while (going) {
			const fault = await one(from);
			tally.sent++;
			if (fault !== null)
				tally.failed.push(fault);
		}
	});
	return { tally, async stop() { going = false; await Promise.all(loops); agent.destroy(); return tally; } };
}

// A command of the command line, while this process goes on: { code, stderr }.
export function command(d, ...args) {
	const child = spawn(binary, args, { cwd: root, env: d.env, stdio: ['ignore', 'ignore', 'pipe'] });
	let stderr = '';
	child.stderr.on('data', (chunk) => { stderr += chunk; });
	return new Promise((settle) => child.on('close', (code) => settle({ code, stderr })));
}
