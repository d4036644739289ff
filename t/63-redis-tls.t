#!/usr/bin/env t/lib/run
// 63-redis-tls.t -- rediss-sentinel:// to servers and a sentinel that ask for a certificate, under the filter of system calls: a fail-over, a
// reload, and certificates that are refused before anything is replaced. t/unit/redis_tls.c has the connection itself.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import Redis from 'ioredis';
import { background, scratchDir, startDure, startRedis } from './lib/dure.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { foreignEvents } from './lib/events.mjs';
import { freePort } from './lib/ports.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

foreignEvents('analysis-update');		// with the members that the test gives

const dir = scratchDir(), at = (name) => path.join(dir, name);
const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
fs.writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=ca', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem');
openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=all', '-keyout', 'all.key', '-out', 'all.csr');
openssl('x509', '-req', '-in', 'all.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names', '-out', 'all.pem');
const tls = { ca: at('ca.pem'), cert: at('all.pem'), key: at('all.key') };

const first = await startRedis(scratchDir(), { tls });
const second = await startRedis(scratchDir(), { tls, options: ['--replicaof', '127.0.0.1', String(first.port), '--repl-diskless-sync-delay', '0'] });
await until(async () => /master_link_status:up/.test(await second.client.info('replication')), { ms: 30000, what: 'the replica to be in step' });

const port = await freePort(), conf = at('sentinel.conf');
fs.writeFileSync(conf, ['port 0', `tls-port ${port}`, `tls-ca-cert-file ${tls.ca}`, `tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, 'tls-replication yes',
	'bind 127.0.0.1', `dir ${dir}`, `sentinel monitor mymaster 127.0.0.1 ${first.port} 1`, 'sentinel down-after-milliseconds mymaster 500',
	'sentinel failover-timeout mymaster 4000'].join('\n') + '\n');
const child = background(at('sentinel.log'), 'KILL', 'redis-server', [conf, '--sentinel']);
const sentinel = new Redis({ host: '127.0.0.1', port, tls: { ca: fs.readFileSync(tls.ca), cert: fs.readFileSync(tls.cert), key: fs.readFileSync(tls.key) },
	maxRetriesPerRequest: null, retryStrategy: () => 50 });
sentinel.on('error', () => {});
atEnd(async () => { sentinel.disconnect(); child.kill('SIGKILL'); await child.gone; });
await until(async () => {
	const [m] = await sentinel.call('SENTINEL', 'MASTERS');
	return m && m[m.indexOf('num-slaves') + 1] === '1';
}, { ms: 60000, what: 'the sentinel to know the replica' });

const confFile = at('dure.conf'), authority = (file) => fs.writeFileSync(confFile, `REDIS_TLS_CA_FILE=${file}\n`);
authority(tls.ca);
const d = await startDure({ redisServer: first, env: { ANALYZER: 'off', SECCOMP: 'true', DURE_CONF: confFile, REDIS_URL: `rediss-sentinel://127.0.0.1:${port}/mymaster`,
	REDIS_TLS_CERT_FILE: tls.cert, REDIS_TLS_KEY_FILE: tls.key } });
const http = client(d.url), socket = await ioConnect(d.url);
let step = 0;
// What the HTTP worker publishes reaches a socket of the fanout: commands and subscriptions work, in both processes.
const told = async () => {
	const progress = ++step;
	return until(async () => {
		await http.post('/api/websocket/test/analysis-status', { requestId: 'tls', status: 'processing', progress, message: 'm' });
		return socket.all('analysis-update').some(([u]) => u.progress === progress);
	}, { ms: 60000, every: 100, what: 'an event to arrive' });
};

await test('TLS all the way', async () => {
	ok((await socket.ask('subscribe-analysis', 'tls')).ok, 'a socket subscribes');
	await told();
	const clients = (await first.client.client('LIST')).split('\n').filter((l) => l.includes('cmd='));
	ok(clients.length >= 4, 'events arrive over a server that speaks nothing else');
	const open = d.pids().filter((p) => p.pid !== d.pid).map((p) => fs.readFileSync(`/proc/${p.pid}/status`, 'utf8').match(/^Seccomp:\s*(\d)/m)[1]);
	deep([...new Set(open)], ['2'], 'with every child confined');
});

await test('a fail-over', async () => {
	await first.stop();
	await until(async () => Number((await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster'))[1]) === second.port,
		{ ms: 60000, what: 'the sentinel to choose another primary' });
	await told();
	ok(true, 'events arrive over the new primary');
	is((await http.get('/api/v1/health/ready')).status, 200, 'and all is ready');
});

await test('a reload', async () => {
	authority(at('names'));
	const refused = await command(d, 'reload');
	is(refused.code, 1, 'with an authority that is none is refused');
	like(refused.stderr, /REDIS_TLS_CA holds no certificate in PEM/, 'with the reason');
	authority(tls.ca);
	is((await command(d, 'reload')).code, 0, 'with a good one is done');
	await told();
	ok(true, 'and the new processes speak TLS');
});

await done();
