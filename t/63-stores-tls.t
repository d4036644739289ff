#!/usr/bin/env t/lib/run
// 63-stores-tls.t -- etc/examples/managed-stores.conf at a real PostgreSQL (verify-full, password, a certificate of one's own) and a real Redis over TLS: all that
// Dure says to them is encrypted; a server of another authority, of another name, or without TLS is refused, and `dure doctor` says which. t/kafka/43-real-pipeline.t has Kafka.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { newAuthority } from './lib/authority.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { binary, root, scratchDir, startDure, startRedis } from './lib/dure.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { atEnd, deep, done, is, like, ok, test, unlike } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const dir = scratchDir(), ca = newAuthority(dir, 'provider'), stranger = newAuthority(dir, 'stranger');
const database = ca.issue('database', 'DNS:localhost'), own = ca.issue('own', 'DNS:dure'), cache = ca.issue('cache', 'IP:127.0.0.1');
const db = await startPostgres(), secret = 'a pass/word:of@the tests', word = encodeURIComponent(secret);
const admin = new pg.Client({ host: '127.0.0.1', port: db.port, user: 'postgres', database: 'dure' });
await admin.connect();
atEnd(() => admin.end());
// Its files are its own: PostgreSQL wants a key that nobody else may read.
for (const [name, file] of [['server.crt', database.cert], ['server.key', database.key], ['root.crt', ca.pem]]) {
	fs.copyFileSync(file, path.join(db.data, name));
	fs.chmodSync(path.join(db.data, name), 0o600);
	const { uid, gid } = fs.statSync(db.data);
	fs.chownSync(path.join(db.data, name), uid, gid);
}
fs.writeFileSync(path.join(db.data, 'pg_hba.conf'), 'host all postgres 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n');
fs.chmodSync(own.key, 0o600);
await admin.query(`ALTER ROLE dure PASSWORD '${secret}'`);
await admin.query(`ALTER SYSTEM SET ssl_ca_file = 'root.crt'`);
await admin.query('ALTER SYSTEM SET ssl = on');
await admin.query('SELECT pg_reload_conf()');
await until(async () => (await admin.query('SHOW ssl')).rows[0].ssl === 'on', { what: 'PostgreSQL to speak TLS' });

const redisServer = await startRedis(scratchDir(), { tls: { ca: ca.pem, ...cache }, options: ['--tls-auth-clients', 'no'] });
await redisServer.client.config('SET', 'requirepass', secret);
const postgres = (host, ...more) => `postgresql://dure:${word}@${host}:${db.port}/dure?${more.join('&')}`;
const shown = [`sslcert=${own.cert}`, `sslkey=${own.key}`], verified = ['sslmode=verify-full', `sslrootcert=${ca.pem}`, ...shown];
const hex = (c) => c.repeat(64);
// What the file says holds, but for the broker and what the provider gives: addresses, authorities, passwords.
const given = { DURE_CONF: path.join(root, 'etc/examples/managed-stores.conf'), NODE_ENV: 'production', ANALYZER: 'off', CACHE_WARM_COUNT: '0',
	KAFKA_BROKERS: 'embedded', KAFKA_SSL_ENABLED: 'false', KAFKA_SASL_ENABLED: 'false',
	JWT_SECRET: hex('1'), JWT_REFRESH_SECRET: hex('2'), API_KEY_SECRET: hex('3'), ENCRYPTION_KEY: hex('4'),
	DATABASE_URL: postgres('localhost', ...verified), REDIS_URL: `rediss://:${word}@127.0.0.1:${redisServer.port}/0`, REDIS_TLS_CA_FILE: ca.pem };
const d = await startDure({ redisServer, database: db.url.replace('dure@', 'postgres@'), env: given });

await test('all of it is encrypted', async () => {
	const s = await ioConnect(d.url);
	is((await client(d.url).get('/api/v1/health/ready')).status, 200, 'the example runs at both');
	ok((await s.ask('subscribe-analysis', 'tls')).ok, 'a socket joins a room');
	const { rows } = await admin.query(`SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'dure'`);
	ok(rows.length > 0, 'Dure is connected to PostgreSQL');
	deep([...new Set(rows.map((r) => `${r.ssl} ${r.version}`))], ['true TLSv1.3'], 'by TLS alone');
	like(d.cli('migrate', 'status').stdout, /0001/, 'commands reach it too');
	deep(d.cli('config', 'check').code, 0, 'the configuration is good');
});

const doctor = (env) => new Promise((settle) => execFile(binary, ['doctor', '--json'], { env: { ...d.env, ...env } }, (error, stdout) => settle(JSON.parse(stdout))));
const redis = (host, more = {}) => ({ REDIS_URL: `rediss://:${word}@${host}:${redisServer.port}/0`, ...more });
const cases = [
	['postgres', 'another authority', { DATABASE_URL: postgres('localhost', 'sslmode=verify-full', `sslrootcert=${stranger.pem}`) }, /certificate verify failed/, /sslrootcert/],
	['postgres', 'no authority', { DATABASE_URL: postgres('localhost', 'sslmode=verify-full', 'sslrootcert=/nowhere.pem') }, /\/nowhere\.pem" does not exist/, /sslrootcert/],
	['postgres', 'another name', { DATABASE_URL: postgres('127.0.0.1', ...verified) }, /certificate for "localhost" .*does not match host name "127\.0\.0\.1"/, /names another host/],
	['postgres', 'without TLS', { DATABASE_URL: postgres('localhost', 'sslmode=disable') }, /no encryption/, /sslmode=verify-full/],
	['postgres', 'without a certificate of one\'s own', { DATABASE_URL: postgres('localhost', 'sslmode=verify-full', `sslrootcert=${ca.pem}`) },
		/valid client certificate/, /sslcert=.*sslkey=/],
	['postgres', 'another password', { DATABASE_URL: postgres('localhost', ...verified).replace(word, 'wrong') }, /password authentication failed/, /user and password/],
	['redis', 'another authority', { REDIS_TLS_CA_FILE: stranger.pem }, /its certificate is refused: .*certificate/, /REDIS_TLS_CA/],
	['redis', 'another name', redis('localhost'), /its certificate is refused: (IP address|hostname) mismatch/, /names another host.*REDIS_TLS_SERVER_NAME/],
	['redis', 'without TLS', { REDIS_TLS: 'false', REDIS_URL: d.env.REDIS_URL.replace('rediss', 'redis') }, /./, /rediss:/],
	['redis', 'another password', { REDIS_URL: d.env.REDIS_URL.replace(word, 'wrong') }, /password/i, /user and password/],
];
await test('what is refused', async () => {
	const reports = await Promise.all(cases.map(([, , env]) => doctor(env)));
	for (const [i, [store, what, , error, advice]] of cases.entries()) {
		const c = reports[i].connections[store];
		is(c.connected, false, `${store}, ${what}: it is refused`);
		like(c.error, error, `${store}, ${what}: the error names the cause`);
		like(c.suggestions.join('\n'), advice, `${store}, ${what}: the advice is for it`);
		unlike(JSON.stringify(reports[i]), new RegExp(`${word}|a pass/word`), `${store}, ${what}: no secret is told`);
		ok(Object.entries(reports[i].connections).every(([s, o]) => s === store || o.connected), `${store}, ${what}: the others are reached`);
	}
});
await done();
