#!/usr/bin/env t/lib/run
// 22-guard-once.t -- Idempotency-Key: a repeated key and body gets the stored answer; another body is refused; a hundred at once
// run once; a dead worker or a client that disconnects does not lock a key for ever; answers are sealed at rest.
import net from 'node:net';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const key32 = Buffer.alloc(32, 7).toString('base64');
const d = await startDure({ http: 2, env: { ANALYZER: 'off', ENCRYPTION_KEY: `k1:${key32}`, IDEMPOTENCY_TTL: '1h', TRUSTED_PROXIES: '127.0.0.1' } });
const web = client(d.url);
const post = (key, body, path = '/api/kafka/analysis/batch', headers = {}) =>
	web.post(path, body, { headers: { 'idempotency-key': key, ...headers } });
const rows = async () => (await d.psql('SELECT count(*)::int AS n FROM idempotency_keys'))[0].n;
const jobs = async () => (await d.psql('SELECT count(DISTINCT job_id)::int AS n FROM analysis_jobs'))[0].n;

await test('a repeated key and body', async () => {
	const first = await post('k-1', { productIds: ['a', 'b'] }), again = await post('k-1', { productIds: ['a', 'b'] });
	is(first.status, 202, 'the first request answers 202');
	is(again.status, 202, 'the repeated request answers 202');
	is(again.text, first.text, 'the repeated answer is the same byte for byte');
	is(first.headers.get('idempotency-replayed'), null, 'the first answer has no Idempotency-Replayed');
	is(again.headers.get('idempotency-replayed'), 'true', 'the repeated answer has Idempotency-Replayed');
	isnt(again.headers.get('x-request-id'), first.headers.get('x-request-id'), 'the repeated answer has a request id of its own');
	is(await jobs(), 1, 'a repeated request makes one job');
	isnt((await post('k-2', { productIds: ['a', 'b'] })).text, first.text, 'another key is another request');
	is(await jobs(), 2, 'another key makes another job');
	is((await post('k-1', { productIds: ['a', 'b'] }, '/api/v1/kafka/analysis/batch')).text, first.text, 'the path under /api/v1 shares the key');
});

await test('a key with another body', async () => {
	const other = await post('k-1', { productIds: ['a', 'c'] });
	is(other.status, 422, 'a key with another body answers 422');
	is(other.body.error.code, 'IDEMPOTENCY_CONFLICT', 'a key with another body has the code IDEMPOTENCY_CONFLICT');
	is((await post('k-1', { productId: 'a' }, '/api/kafka/analysis/realtime')).status, 422, 'a key on another route answers 422');
	is(await jobs(), 2, 'a conflicting key makes no job');
	is((await post('k-1', { productIds: ['a', 'c'] }, undefined, { 'x-forwarded-for': '7.7.7.7' })).status, 202,
		"another client's key is independent");
});

await test('a hundred at once', async () => {
	const before = await jobs();
	const all = await Promise.all(Array.from({ length: 100 }, () => post('burst', { productIds: ['x'] })));
	is(new Set(all.map((r) => r.text)).size, 1, '100 concurrent requests with one key get one answer');
	deep([...new Set(all.map((r) => r.status))], [202], '100 concurrent requests with one key get no error');
	is(await jobs(), before + 1, '100 concurrent requests with one key make one job');
	is(all.filter((r) => r.headers.get('idempotency-replayed') === null).length, 1, 'one of 100 concurrent requests is not replayed');
});

await test('answers that are not stored', async () => {
	const before = await rows();
	is((await post('bad', {})).status, 400, 'an invalid request answers 400');
	is(await rows(), before, 'an invalid request stores no key');
	is((await post('bad', { productIds: ['q'] })).status, 202, 'the key of an invalid request can be used again');
	const long = await post('x'.repeat(256), { productIds: ['q'] });
	deep([long.status, long.body.error.details[0].field], [400, 'Idempotency-Key'], 'a key of 256 characters is refused');
	is((await web.post('/api/kafka/analysis/batch', { productIds: ['q'] })).headers.get('idempotency-replayed'), null, 'a request without a key is not replayed');
});

await test('at rest', async () => {
	const [row] = await d.psql("SELECT body, scope FROM idempotency_keys WHERE key = 'k-1' AND scope LIKE 'ip:127.%'");
	like(row.body, /^v1\.k1\.[\w-]+$/, 'the stored answer is sealed');
	await d.psql("UPDATE idempotency_keys SET body = (SELECT body FROM idempotency_keys WHERE key = 'k-2') WHERE key = 'k-1' AND scope = $1", [row.scope]);
	is((await post('k-1', { productIds: ['a', 'b'] })).status, 500, 'a sealed answer does not open in another row');
});

await test('a key whose worker died', async () => {
	const [{ request_hash: hash, scope }] = await d.psql("SELECT request_hash, scope FROM idempotency_keys WHERE key = 'burst'");
	await d.psql("INSERT INTO idempotency_keys (scope, key, request_hash, owner) VALUES ($1, 'dead', $2, 'gone')", [scope, hash]);
	const waiting = await post('dead', { productIds: ['x'] });
	is(waiting.status, 409, 'a request waits for the holder of its key and answers 409');
	is(waiting.body.error.code, 'IDEMPOTENCY_IN_PROGRESS', 'the 409 has the code IDEMPOTENCY_IN_PROGRESS');
	await d.psql("UPDATE idempotency_keys SET locked_at = now() - interval '10 minutes' WHERE key = 'dead'");
	is((await post('dead', { productIds: ['x'] })).status, 202, 'an abandoned key is taken over after its lock expires');
});

await test('a key after its lifetime', async () => {
	await d.psql("UPDATE idempotency_keys SET created_at = now() - interval '2 hours' WHERE key = 'k-2'");
	const r = await post('k-2', { productIds: ['other'] });
	deep([r.status, r.headers.get('idempotency-replayed')], [202, null], 'an expired key can be used for another request');
});

await test('a client that disconnects', async () => {
	const body = JSON.stringify({ productIds: Array.from({ length: 400 }, (_, i) => `left-${i}`) });
	const socket = net.connect(d.port, '127.0.0.1');
	socket.end(`POST /api/kafka/analysis/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: left\r\n` +
		`Content-Length: ${body.length}\r\n\r\n${body}`);
	await until(async () => (await d.psql("SELECT 1 FROM idempotency_keys WHERE key = 'left'")).length === 1, { what: 'the request to begin' });
	socket.destroy();
	await until(async () => (await d.psql("SELECT 1 FROM idempotency_keys WHERE key = 'left' AND status IS NULL")).length === 0,
		{ what: 'its key to be settled' });
	ok(true, 'a client that disconnects leaves no key in progress');
	is((await post('left', JSON.parse(body))).status, 202, 'a request can be repeated after a disconnect');
});

await done();
