#!/usr/bin/env t/lib/run
// 63-redis-sentinel.t -- REDIS_URL=redis-sentinel://…: the primary is killed under load, is moved by hand, and sentinels die; Dure follows by
// itself, drops what it held, and its subscriptions come back.
import fs from 'node:fs';
import path from 'node:path';
import Redis from 'ioredis';
import { background, isAlive, scratchDir, startDure, startRedis } from './lib/dure.mjs';
import { metric, putResult, wholeResult } from './lib/answers.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { foreignEvents } from './lib/events.mjs';
import { freePort } from './lib/ports.mjs';
import { atEnd, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

foreignEvents('analysis-update');		// with the members that the test gives

const dirs = [scratchDir(), scratchDir()];
const first = await startRedis(dirs[0]);
const second = await startRedis(dirs[1], { options: ['--replicaof', '127.0.0.1', String(first.port), '--repl-diskless-sync-delay', '0'] });
await until(async () => /master_link_status:up/.test(await second.client.info('replication')), { ms: 30000, what: 'the replica to be in step' });

const sentinels = [];
for (let i = 0; i < 3; i++) {
	const dir = scratchDir(), port = await freePort(), conf = path.join(dir, 'sentinel.conf');
	fs.writeFileSync(conf, [`port ${port}`, 'bind 127.0.0.1', `dir ${dir}`, `sentinel monitor mymaster 127.0.0.1 ${first.port} 2`,
		'sentinel down-after-milliseconds mymaster 1000', 'sentinel failover-timeout mymaster 4000'].join('\n') + '\n');
	const child = background(path.join(dir, 'log'), 'KILL', 'redis-server', [conf, '--sentinel']);
	const asked = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null, retryStrategy: () => 50 });
	asked.on('error', () => {});
	atEnd(async () => { asked.disconnect(); child.kill('SIGKILL'); await child.gone; });
	sentinels.push({ port, child, asked });
}
const primary = async (s) => Number((await s.asked.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster'))?.[1]);
await until(async () => (await Promise.all(sentinels.map(async (s) => {
	const [m] = await s.asked.call('SENTINEL', 'MASTERS');
	return m && m[m.indexOf('num-other-sentinels') + 1] === '2' && m[m.indexOf('num-slaves') + 1] === '1';
}))).every(Boolean), { ms: 60000, what: 'the sentinels to know each other and the replica' });

const d = await startDure({ http: 2, redisServer: first, env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0',
	REDIS_URL: `redis-sentinel://127.0.0.1:1,${sentinels.map((s) => `127.0.0.1:${s.port}`).join(',')}/mymaster` } });
const http = client(d.url);
const result = () => http.get('/api/analyze/result/p');
const write = (server, value) => server.client.set('analysis:result:p', wholeResult('p', value), 'EX', 600);
const soon = (value) => until(async () => {
	const all = await Promise.all(Array.from({ length: 8 }, () => http.get('/api/analyze/result/p', { headers: { connection: 'close' } })));
	return all.every((r) => r.body?.result?.summary === value);
}, { ms: 60000, what: `every worker to say ${value}` });
const local = () => metric(http, 'cache_requests_total', /local/);
const held = () => until(async () => {
	const before = await local();
	for (let i = 0; i < 6; i++)
		await result();
	return await local() - before === 6;
}, { ms: 30000, what: 'the answer to be held' });
const socket = await ioConnect(d.url);
let step = 0;
// What one worker publishes reaches a socket of the fanout.
const told = async () => {
	const progress = ++step;
	return until(async () => {
		await http.post('/api/websocket/test/analysis-status', { requestId: 'failover', status: 'processing', progress, message: 'm' });
		return socket.all('analysis-update').some(([u]) => u.progress === progress);
	}, { ms: 60000, every: 100, what: 'an event to arrive' });
};

await test('the primary is found through the sentinels', async () => {
	await putResult(d, 'p', 'table');
	await result();
	await write(first, 'one');
	await soon('one');
	await held();
	ok((await socket.ask('subscribe-analysis', 'failover')).ok, 'a socket subscribes');
	await told();
	ok(true, 'answers are cached and events arrive');
});

await test('the primary dies under load', async () => {
	let stop = false, reads = 0;
	const faults = [];
	const readers = Array.from({ length: 6 }, async () => {
		while (!stop) {
			const r = await result();
			reads++;
			if (r.status !== 200)
				faults.push(r.status);
		}
	});
	await first.stop();
	await until(async () => (await primary(sentinels[0])) === second.port, { ms: 60000, what: 'the failover' });
	await until(async () => (await http.get('/api/v1/health/ready')).status === 200, { ms: 60000, what: 'Dure to follow' });
	await write(second, 'two');
	await soon('two');
	await told();
	stop = true;
	await Promise.all(readers);
	deep([reads > 50, faults], [true, []], `${reads} reads during the failover succeeded`);
	await held();
	await write(second, 'three');
	await soon('three');
	ok(true, 'the new primary delivers invalidations and events');
});

await test('the old primary returns as a replica', async () => {
	await first.start();
	await until(async () => /role:slave[^]*master_link_status:up/.test(await first.client.info('replication')), { ms: 60000, what: 'it to follow' });
	await held();
	await write(second, 'four');
	await soon('four');
	ok(true, 'the return of the old primary changes nothing');
});

await test('a sentinel dies, and the primary is moved by hand', async () => {
	const [gone, left] = sentinels;
	gone.child.kill('SIGKILL');
	await gone.child.gone;
	await held();
	await until(async () => {
		if (await primary(left) === first.port)
			return /role:master/.test(await first.client.info('replication'));
		// Refused while the last one is not over for it, or before it has seen the replica; and it may give one up.
		await left.asked.call('SENTINEL', 'FAILOVER', 'mymaster').catch(() => {});
		return false;
	}, { ms: 120000, every: 1000, what: 'the move' });
	await write(first, 'five');
	await soon('five');
	await held();
	await told();
	ok(true, 'Dure follows a failover made by hand');
	is(isAlive(d.child), true, 'Dure serves after the failover');
});

await done();
