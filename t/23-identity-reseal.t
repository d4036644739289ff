#!/usr/bin/env t/lib/run
// 23-identity-reseal.t -- a new key first in ENCRYPTION_KEY: `dure reseal` seals every stored value with it, beside a running
// server, resumes after an interruption, and reports what it could not open; then the old key may be removed.
import crypto from 'node:crypto';
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const key = (kid) => `${kid}:${crypto.randomBytes(32).toString('base64')}`;
const first = key('first'), second = key('second'), third = key('third');
const d = await startDure({ env: { ANALYZER: 'off', ENCRYPTION_KEY: first } });
const web = client(d.url), N = 260;
const ask = (i, at = web) => at.post('/api/analyze', { productId: `p${i}` }, { headers: { 'idempotency-key': `key-${i}` } });
const reseal = (keys) => runCli({ ...d.env, ENCRYPTION_KEY: keys }, 'reseal');
const under = async (kid) => (await d.psql("SELECT count(*)::int AS n FROM idempotency_keys WHERE starts_with(body, 'v1.' || $1 || '.')", [kid]))[0].n;

const before = [];
for (let i = 0; i < N; i += 20)
	before.push(...await Promise.all(Array.from({ length: Math.min(20, N - i) }, (_, k) => ask(i + k))));
ok(before.every((r) => r.status < 300), '260 answers are stored under an Idempotency-Key');
is(await under('first'), N, 'the stored answers are sealed with the first key');

await test('every column is known', async () => {
	const tables = await d.psql("SELECT table_name AS t FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'");
	const found = new Set();
	for (const { t } of tables)
		for (const { c } of await d.psql(`SELECT DISTINCT e.key AS c FROM ${t} x, jsonb_each_text(to_jsonb(x)) e WHERE e.value ~ '^v1\\.[a-z]+\\.'`))
			found.add(`${t}.${c}`);
	const done = reseal(first).stdout.trim().split('\n').map((l) => l.split(':')[0]);
	deep([...found].filter((c) => !done.includes(c)), [], 'dure reseal covers every column with sealed values');
	deep(reseal(first), { code: 0, signal: null, stdout: done.map((c) => `${c}: 0 sealed\n`).join(''), stderr: '' }, 'dure reseal succeeds when there is nothing to do');
});

await test('an interruption', async () => {
	const [{ scope, key: last }] = await d.psql('SELECT scope, key FROM idempotency_keys ORDER BY ctid DESC LIMIT 1');
	await d.psql(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'stop'; END$$;
		CREATE TRIGGER stop BEFORE UPDATE ON idempotency_keys FOR EACH ROW WHEN (OLD.scope = '${scope}' AND OLD.key = '${last}') EXECUTE FUNCTION stop()`);
	const r = reseal(`${second},${first}`);
	is(r.code, 1, 'dure reseal fails when interrupted');
	ok(await under('second') >= 100 && await under('first') > 0, `an interrupted reseal keeps its completed part (${await under('second')} of ${N})`);
	await d.psql('DROP TRIGGER stop ON idempotency_keys');
	const half = await under('first'), again = reseal(`${second},${first}`);
	deep([again.code, again.stdout], [0, `idempotency_keys.body: ${half} sealed\n`], 'the next reseal seals the rest');
	deep([await under('first'), await under('second')], [0, N], 'every value is sealed with the new key');
});

await test('the old key is removed', async () => {
	d.env.ENCRYPTION_KEY = second;
	await d.stop();
	await d.start();
	const again = [];
	for (let i = 0; i < N; i += 20)
		again.push(...await Promise.all(Array.from({ length: Math.min(20, N - i) }, (_, k) => ask(i + k))));
	ok(again.every((r, i) => r.headers.get('idempotency-replayed') === 'true' && r.text === before[i].text), 'every answer is replayed under the new key alone');
});

await test('values that cannot be opened', async () => {
	await d.psql("UPDATE idempotency_keys SET body = 'v1.lost.AAAA' WHERE key = 'key-7'");
	await d.psql("UPDATE idempotency_keys x SET body = (SELECT body FROM idempotency_keys WHERE key = 'key-9') WHERE key = 'key-8'");
	const r = reseal(`${third},${second}`);
	deep([r.code, r.stdout], [1, `idempotency_keys.body: ${N - 2} sealed, 2 cannot be opened\n`], 'dure reseal counts the values that it cannot open and fails');
	like(r.stderr, /ip:127\.0\.0\.1 key-7/, 'dure reseal names the row of a value that it cannot open');
	is((await d.psql("SELECT body FROM idempotency_keys WHERE key = 'key-7'"))[0].body, 'v1.lost.AAAA', 'dure reseal leaves a value that it cannot open');
	await d.psql("DELETE FROM idempotency_keys WHERE key IN ('key-7', 'key-8')");
});

await test('unsealed values and values of a Node server', async () => {
	await d.psql("INSERT INTO idempotency_keys (scope, key, request_hash, owner, status, body) VALUES ('ip:9', 'plain', 'h', 'o', 200, '{\"a\":1}')");
	const r = reseal(third);
	deep([r.code, r.stdout], [0, 'idempotency_keys.body: 1 sealed\n'], 'dure reseal seals a value stored in plain text');
	const [iv, secret] = [crypto.randomBytes(16), crypto.randomBytes(32).toString('hex')], old = crypto.createCipheriv('aes-256-gcm', Buffer.from(secret, 'hex'), iv);
	const text = old.update('{"a":2}', 'utf8', 'hex') + old.final('hex');
	await d.psql("UPDATE idempotency_keys SET body = $1 WHERE key = 'plain'", [`${iv.toString('hex')}:${old.getAuthTag().toString('hex')}:${text}`]);
	deep([reseal(third).code, reseal(`${third},${secret}`).stdout], [1, 'idempotency_keys.body: 1 sealed\n'],
		"dure reseal seals a Node server's iv:tag:cipher value when its key is in the list");
	const none = reseal('');
	is(none.code, 1, 'dure reseal fails without a key');
	like(none.stderr, /ENCRYPTION_KEY/, 'dure reseal names ENCRYPTION_KEY as missing');
	is(runCli(d.env, 'reseal', 'x').code, 64, 'dure reseal takes no arguments');
});

await done();
