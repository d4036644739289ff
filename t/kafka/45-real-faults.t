#!/usr/bin/env t/lib/run
// 45-real-faults.t -- what breaks while requests flow: each process killed, PostgreSQL, Redis and the broker restarted, the network cut.
// What was acknowledged takes effect, once. ROUNDS=20 HOLD_MS=60000 ROWS='bridge|broker' for the long version.
import fs from 'node:fs';
import path from 'node:path';
import { startKafka } from './lib/broker.mjs';
import { startDure } from './lib/dure.mjs';
import { account, startClients, startPipeline } from './lib/faults.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { diag, done, is, ok, test } from './lib/tap.mjs';
import { sleep, until, within } from './lib/until.mjs';

const rounds = Number(process.env.ROUNDS ?? 1), holdMs = Number(process.env.HOLD_MS ?? 2500), only = new RegExp(process.env.ROWS ?? '.');
const kafka = await startKafka({ proxied: true });
const database = await startPostgres();
const d = await startDure({ http: 2, database: database.url, env: { KAFKA_BROKERS: kafka.proxied, ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', RESTART_BACKOFF_MAX_MS: '200', RESTART_QUARANTINE: '0', WS_ROOMS_MAX: '10000' } });
const broker = kafka.nodes[0], redis = d.redisServer;
if (d.cli('kafka', 'init-topics', '-b', kafka.bootstrap).code !== 0)
	throw new Error('no topics');
const pipeline = await startPipeline(kafka.bootstrap);
const killed = (title) => async () => ok(d.kill9(title).length > 0, 'killed');
const gone = (pids) => until(() => pids.every((p) => !alive(p.pid)), { ms: 45000, what: 'the old processes to end' });
const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };

const faults = {
	bridge: killed(/^dure: kafka/),
	http: killed(/^dure: http/),
	ws: killed(/^dure: ws/),
	master: async () => {
		const before = d.pids();
		d.child.kill('SIGKILL');
		await d.child.gone;
		await gone(before);
		await d.start();
	},
	reload: async () => d.child.kill('SIGHUP'),
	postgres: async () => { await database.stop(); await sleep(300); await database.start(); },
	'redis with data': async () => { await redis.client.call('SAVE'); await redis.stop(); await redis.start(); },
	'redis without data': async () => { await redis.stop(); fs.rmSync(path.join(d.dir, 'dump.rdb'), { force: true }); await redis.start(); },
	'broker stopped': async () => { await broker.stop(); await sleep(holdMs); await broker.start(); },
	'broker killed': async () => { await broker.stop('SIGKILL'); await broker.start(); },
	'network cut': async () => { kafka.proxy.cut(); await sleep(holdMs); kafka.proxy.heal(); },
	'network frozen': async () => { kafka.proxy.freeze(); await sleep(holdMs); kafka.proxy.heal(); },
};

for (const [name, fault] of Object.entries(faults).filter(([n]) => only.test(n)))
	await test(name, async () => {
		const sum = {};
		for (let i = 0; i < rounds; i++) {
			const load = startClients(d);
			try {
				await until(() => load.acked.size >= 5, { ms: 30000, what: 'requests to flow' });
				await sleep(300 + Math.random() * 700);
				const began = Date.now();
				await within(240000 + holdMs, `${name} to be over`, fault());
				await sleep(500 + Math.random() * 500);
				const enough = load.acked.size + 5;
				await until(() => load.acked.size >= enough, { ms: 60000, what: 'requests to flow again' });
				await load.stop();
				const counted = await account(d, pipeline, load, 120000);
				diag(`${name} ${i + 1}/${rounds} ${Date.now() - began} ms ${JSON.stringify(counted)}`);
				for (const [k, v] of Object.entries(counted))
					sum[k] = (sum[k] ?? 0) + v;
			} finally {
				await load.stop();
				load.close();
			}
		}
		is(sum.lost, 0, `${name}: nothing that was acknowledged is lost (${sum.requests} requests, ${sum.refused} refused)`);
		is(sum.doubled, 0, `${name}: nothing took effect twice`);
		is(sum.untold, 0, `${name}: the socket was told of every end`);
		is(sum.disordered, 0, `${name}: in order by key`);
	});
await done();
