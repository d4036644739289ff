#!/usr/bin/env t/lib/run
// 22-guard-privacy.t -- export and erasure of a user's data: every table that names a user is covered, the export has all of it and no
// secrets, erasure leaves no trace, is one transaction, and spares other users; expired rows are deleted by cron.
import fs from 'node:fs';
import net from 'node:net';
import { client, setCookies } from './lib/client.mjs';
import { isSanitized, runCli, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, skip, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' } });
const web = client(d.url);
const dump = (what) => runCli({ PATH: process.env.PATH }, 'dump', what).stdout.trim().split('\n').slice(1).map((l) => l.split(/\s{2,}/));
const password = 'Correct-horse-1';

// A user with rows in every table.
async function person(email, product) {
	const { body: { data: { user } } } = await web.post('/api/auth/register', { email, password, confirmPassword: password });
	const login = await web.post('/api/auth/login', { email, password });
	const token = login.body.data.accessToken, as = (headers = {}) => ({ token, headers });
	await d.psql('INSERT INTO user_profiles (user_id, display_name) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET display_name = $2', [user.id, `name of ${email}`]);
	const key = (await web.post('/api/v1/api-keys', { name: `key of ${email}` }, as())).body.data.key;
	await web.post('/api/analyze', { productId: product }, as({ 'idempotency-key': `key-${product}` }));
	await web.post('/api/kafka/search', { query: `query of ${email}` }, as());
	await web.post('/api/watchlist', { productId: `watched by ${email}`, targetPrice: 5 }, as());
	await web.post('/api/kafka/analysis/multi-batch', { productIds: [`often for ${email}`], schedule: '0 0 1 1 *' }, as());
	await d.psql("INSERT INTO notifications (user_id, type, title, message) VALUES ($1, 'x', 'x', $2)", [user.id, email]);
	await web.post('/api/auth/login', { email, password: 'Wrong-horse-1' });
	await d.psql("INSERT INTO system_config (key, value, updated_by) VALUES ('of ' || $2, 'true', $1)", [user.id, product]);
	await d.psql("INSERT INTO app_logs (level, service, host, user_id, doc) VALUES ('warn', 'http 1', 'h', $1, '{}')", [user.id]);
	await d.psql("INSERT INTO account_mails (kind, email, language) VALUES ('reset', $1, 'ko')", [email]);
	await d.psql("INSERT INTO alerts (level, title, user_id, details) VALUES ('error', 'x', $1, $2)", [user.id, { email }]);
	await d.psql(`WITH p AS (INSERT INTO products (id, name, price, seller_id) VALUES ('of ' || $2, 'x', 100, $1) RETURNING id),
		a AS (INSERT INTO stock_adjustments (product_id, user_id, delta, stock) SELECT id, $1, 1, 1 FROM p),
		o AS (INSERT INTO orders (id, user_id, total, expires_at) VALUES (gen_random_uuid(), $1, 100, now()) RETURNING id)
		INSERT INTO order_items (order_id, product_id, user_id, seller_id, name, price, quantity) SELECT o.id, p.id, $1, $1, 'x', 100, 1 FROM o, p`, [user.id, product]);
	await d.psql(`WITH s AS (INSERT INTO streams (stream_key, title, seller_id) VALUES ('of ' || $2, 'x', $1) RETURNING stream_key),
		m AS (INSERT INTO stream_moderators (stream_key, user_id) SELECT stream_key, $1 FROM s),
		v AS (INSERT INTO stream_viewers (stream_key, user_id) SELECT stream_key, $1 FROM s),
		c AS (INSERT INTO chat_messages (stream_key, user_id, user_name, role, body) SELECT stream_key, $1, $3, 'user', 'said by ' || $3 FROM s)
		INSERT INTO chat_sanctions (stream_key, user_id, kind, created_by) SELECT stream_key, $1, 'mute', $1 FROM s`, [user.id, product, email]);
	await d.psql('INSERT INTO user_activity (user_id, day, last_at) VALUES ($1, now()::date, now()) ON CONFLICT DO NOTHING', [user.id]);
	await d.psql(`WITH k AS (INSERT INTO user_keyword_preferences (user_id, keyword) VALUES ($1, 'tea')), i AS (INSERT INTO user_video_interactions (user_id, video_id, type)
		VALUES ($1, 'v', 'view')), s AS (INSERT INTO video_search_sessions (user_id, query, results, source) VALUES ($1, 'tea', 0, 'local'))
		INSERT INTO recommendation_lists (user_id, type, algorithm, item_ids) VALUES ($1, 'videos', 'trends', '{v}')`, [user.id]);
	await d.psql("INSERT INTO editor_lists (action, target, value, created_by) VALUES ('pin', 'video', $2, $1)", [user.id, product]);
	await d.redis('RPUSH', `user_recent_searches:${user.id}`, 'recent');
	return { id: user.id, email, token, key, refresh: setCookies(login).join().match(/refreshToken=([^;]+)/)[1] };
}

const kim = await person('kim.doori@example.com', 'p-kim'), lee = await person('lee@example.com', 'p-lee');
await until(async () => (await d.psql("SELECT 1 FROM security_logs WHERE event_type = 'failed_login'")).length === 2, { what: 'the records' });

const tables = async () => (await d.psql(`SELECT table_name AS t FROM information_schema.tables t WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
	AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(t.table_name))`)).map((r) => r.t);
// Every row of every table in which a text occurs.
async function traces(text) {
	const found = [];
	for (const t of await tables())
		found.push(...(await d.psql(`SELECT to_jsonb(x)::text AS row FROM ${t} x WHERE to_jsonb(x)::text LIKE '%' || $1 || '%'`, [text])).map((r) => `${t}: ${r.row}`));
	return found;
}

await test('every table is covered', async () => {
	const covered = new Set(dump('privacy').map(([table, column]) => `${table}.${column}`));
	const named = await d.psql(`SELECT c.table_name AS t, c.column_name AS c FROM information_schema.columns c
		JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(c.table_name))
		AND (c.column_name ~ '(^|_)(user|owner|seller|buyer|customer|author|sender|recipient|creator|created_by|updated_by|account)(_?id|_by)?$' OR c.column_name = 'email')`);
	const missing = named.filter(({ t, c }) => !covered.has(`${t}.${c}`) && !(t === 'users' && c === 'email') && !(t === 'idempotency_keys' && c === 'owner'));
	deep(missing, [], 'every column that names a user is covered');
	const keys = await d.psql(`SELECT conrelid::regclass::text AS t, a.attname AS c FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
		WHERE contype = 'f' AND confrelid = 'users'::regclass`);
	deep(keys.filter(({ t, c }) => !covered.has(`${t}.${c}`)), [], 'every foreign key to users is covered');
	deep([...covered].filter((x) => !named.some(({ t, c }) => x === `${t}.${c}`) && x !== 'users.id'), [], 'every covered column exists');
	const seen = new Set((await traces(kim.id)).map((l) => l.split(':')[0]));
	deep([...seen].filter((t) => ![...covered].some((c) => c.startsWith(`${t}.`)) && t !== 'kafka_outbox'), [], "no other table holds a user's id in a document");
});

await test('export', async () => {
	is((await web.get('/api/v1/privacy/export')).status, 401, 'an export without authentication answers 401');
	is((await web.get('/api/v1/privacy/export', { headers: { 'x-api-key': kim.key } })).status, 403, 'an export by an API key answers 403');
	const r = await web.get('/api/v1/privacy/export', { token: kim.token });
	is(r.status, 200, 'an export answers 200');
	is(r.headers.get('content-type'), 'application/x-ndjson; charset=utf-8', 'an export is NDJSON');
	const lines = r.text.trim().split('\n').map((l) => JSON.parse(l)), stores = new Set(lines.map((l) => l.store));
	deep(dump('privacy').map(([t]) => t).filter((t) => !stores.has(t)), [], 'an export has rows of every table');
	ok(stores.has('sessions') && stores.has('user_recent_searches'), "an export has the user's data in Redis");
	ok(lines.some((l) => l.store === 'security_logs' && l.row.event_type === 'failed_login'), "an export has failed logins in the user's name");
	ok(!/password_hash|key_hash|argon2|request_hash/.test(r.text) && !r.text.includes(kim.key), 'an export has no secrets');
	ok(!r.text.includes(lee.email) && !r.text.includes(lee.id), 'an export has no data of another user');
	await d.psql(`INSERT INTO search_sessions (message_id, user_id, query, payload, status) SELECT 'm' || i, $1, 'q', '{}', 'completed'
		FROM generate_series(1, 1203) i`, [kim.id]);
	const more = (await web.get('/api/v1/privacy/export', { token: kim.token })).text.trim().split('\n').map((l) => JSON.parse(l));
	const ids = more.filter((l) => l.store === 'search_sessions').map((l) => l.row.message_id);
	deep([ids.length, new Set(ids).size], [1204, 1204], 'an export of several pages has each row once');
});

// 36 MB; the worker may grow by a few pages only. (A sanitizer keeps freed memory.)
await test('export of a large account', async () => {
	const { email } = await person('park@example.com', 'p-park'), token = (await web.post('/api/auth/login', { email, password })).body.data.accessToken;
	const [{ id }] = await d.psql('SELECT id FROM users WHERE email = $1', [email]);
	await d.psql(`INSERT INTO search_sessions (message_id, user_id, query, payload, status) SELECT 'large' || i, $1, 'q', jsonb_build_object('x', repeat('두레', 150)), 'completed'
		FROM generate_series(1, 36000) i`, [id]);
	const worker = d.pids().find((p) => /dure: http/.test(p.title)).pid;
	const peak = () => Number(fs.readFileSync(`/proc/${worker}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)[1]) * 1024;
	const before = peak(), r = await fetch(`${d.url}/api/v1/privacy/export`, { headers: { authorization: `Bearer ${token}` } });
	let bytes = 0, lines = 0;
	for await (const chunk of r.body) {
		bytes += chunk.length;
		for (const b of chunk)
			lines += b === 10;
	}
	is(Number(r.headers.get('content-length')), bytes, `Content-Length of a large export is the size sent, ${(bytes / 1e6).toFixed(0)} MB`);
	ok(lines > 36000 && lines < 36100, `a large export has a line for each row (${lines})`);
	if (isSanitized())
		skip('a sanitizer keeps what was freed');
	else
		ok(peak() - before < bytes / 3, `the worker grows by ${((peak() - before) / 1e6).toFixed(1)} MB for a large export`);
	// A client that does not read holds no transaction open.
	const lazy = net.connect(d.port, '127.0.0.1', () => lazy.write(`GET /api/v1/privacy/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`));
	lazy.pause();
	await until(async () => (await d.psql("SELECT 1 FROM security_logs WHERE event_type = 'user_data_exported' AND user_id = $1", [id])).length === 2, { ms: 30000, what: 'the copy' });
	await until(async () => (await d.psql("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dure http%' AND state <> 'idle'")).length === 0,
		{ what: 'the transaction to end' });
	ok(true, 'an export to a client that does not read holds no database connection');
	is((await web.get('/api/v1/health/ready')).status, 200, 'the server is ready while a client does not read its export');
	lazy.destroy();
	// A failure midway must not send a partial export.
	await d.psql("ALTER TABLE security_logs RENAME TO security_logs_away");
	is((await web.get('/api/v1/privacy/export', { token })).status, 503, 'an export that fails midway answers 503 and no partial data');
	await d.psql("ALTER TABLE security_logs_away RENAME TO security_logs");
	await d.psql("DELETE FROM search_sessions WHERE user_id = $1", [id]);
});

await test('an erasure that fails', async () => {
	await d.psql(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'stop'; END$$;
		CREATE TRIGGER stop BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION stop()`);
	const before = (await traces(lee.id)).length, login = await web.post('/api/auth/login', { email: lee.email, password });
	is((await web.del('/api/v1/privacy/account', { password }, { token: login.body.data.accessToken })).status, 500, 'an erasure that fails midway answers 500');
	ok((await traces(lee.id)).length >= before, 'a failed erasure deletes nothing');
	deep(await d.psql("SELECT 1 FROM security_logs WHERE event_type = 'user_data_deleted'"), [], 'a failed erasure writes no record');
	await d.psql('DROP TRIGGER stop ON users');
});

await test('erasure', async () => {
	await d.psql('DELETE FROM kafka_outbox');
	is((await web.del('/api/v1/privacy/account', undefined, { token: kim.token })).body.error.code, 'VALIDATION_FAILED', 'an erasure without the password is refused');
	is((await web.del('/api/v1/privacy/account', { password: 'Wrong-horse-1' }, { token: kim.token })).body.error.code, 'INVALID_CREDENTIALS', 'an erasure with a wrong password is refused');
	await d.psql('DELETE FROM kafka_outbox');
	const r = await web.del('/api/v1/privacy/account', { password }, { token: kim.token });
	is(r.status, 200, 'an erasure answers 200');
	ok(r.body.data.erased > 1200 && r.body.data.anonymised >= 4, `an erasure reports the erased and anonymised rows: ${JSON.stringify(r.body.data)}`);
	deep(await traces(kim.id), [], "an erased user's id is in no table");
	deep(await traces(kim.email), [], "an erased user's email is in no table");
	deep(await traces(`key of ${kim.email}`), [], "an erased user's API keys are in no table");
	is((await d.psql("SELECT count(*)::int AS n FROM analysis_requests WHERE product_id = 'p-kim'"))[0].n, 1, 'an erasure keeps the analyses that others use');
	const [event] = await d.psql("SELECT * FROM security_logs WHERE event_type = 'user_data_deleted'");
	deep([event.user_id, event.details.email, event.ip_address], [`${kim.id.slice(0, 8)}-****`, 'ki****@example.com', '127.0.***.***'], 'an erasure is recorded anonymously');
	const [failed] = await d.psql("SELECT * FROM security_logs WHERE event_type = 'failed_login' AND details->>'email' LIKE 'ki%'");
	deep([failed.details.email, failed.ip_address], ['ki****@example.com', '127.0.***.***'], "an erasure anonymises the user's older records");
	is(await d.redis('EXISTS', `user_recent_searches:${kim.id}`), 0, "an erasure deletes the user's keys in Redis");
	is((await web.get('/api/auth/me', { token: kim.token })).status, 401, 'the access token of an erased user answers 401');
	is((await web.get('/api/auth/me', { headers: { 'x-api-key': kim.key } })).status, 401, 'the API key of an erased user answers 401');
	is((await web.post('/api/auth/refresh', undefined, { headers: { cookie: `refreshToken=${kim.refresh}` } })).status, 401, 'the refresh cookie of an erased user answers 401');
	is((await web.post('/api/auth/login', { email: kim.email, password })).status, 401, 'an erased user cannot log in');
	is((await web.post('/api/auth/register', { email: kim.email, password, confirmPassword: password })).status, 201, 'the email of an erased user can be registered again');
	ok((await traces(lee.id)).length > 5, 'the rows of another user remain');
	is((await web.post('/api/auth/login', { email: lee.email, password })).status, 200, 'another user logs in after the erasure');
});

await test('retention', async () => {
	deep(dump('retention').map(([t]) => t).filter((t) => !['security_logs', 'search_sessions', 'analysis_requests', 'dead_letters', 'batch_jobs', 'analysis_queue',
		'notifications', 'error_notifications', 'payment_events', 'chat_messages', 'raw_reviews', 'emotion_cards', 'keyword_details',
		'realtime_analysis_sessions', 'app_logs', 'dead_letter_retries', 'user_activity', 'service_minutes',
		'user_video_interactions', 'recommendation_lists', 'video_search_sessions'].includes(t)), [], 'every growing table has a retention rule');
	await d.psql(`CREATE TABLE security_logs_202001 PARTITION OF security_logs FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
		INSERT INTO security_logs (event_type, level, created_at) VALUES ('old month', 'info', '2020-01-15'), ('old day', 'info', '2021-05-05');
		INSERT INTO search_sessions (message_id, query, payload, status, updated_at) SELECT 'old' || i, 'q', '{}', 'completed', '2020-01-01' FROM generate_series(1, 5000) i;
		INSERT INTO search_sessions (message_id, query, payload, updated_at) VALUES ('waiting', 'q', '{}', now());
		INSERT INTO idempotency_keys (scope, key, request_hash, owner, created_at) VALUES ('ip:1', 'old', 'h', 'o', now() - interval '2 days');
		INSERT INTO dead_letters (topic, partition, "offset", reason, created_at) VALUES ('t', 0, 0, 'r', '2020-01-01')`);
	const kept = (await d.psql("SELECT count(*)::int AS n FROM security_logs WHERE created_at > '2022-01-01'"))[0].n;
	const [cron] = d.kill9(/cron/);
	ok(cron > 0, 'cron is killed, so that its rounds start again');
	const gone = async (sql) => until(async () => (await d.psql(sql)).length === 0, { ms: 20000, what: sql });
	await gone("SELECT 1 FROM idempotency_keys WHERE key = 'old'");
	await gone('SELECT 1 FROM dead_letters');
	await gone("SELECT 1 FROM search_sessions WHERE message_id LIKE 'old%'");
	await gone("SELECT 1 FROM security_logs WHERE event_type LIKE 'old%'");
	ok(true, 'rows past their retention are deleted');
	is((await d.psql("SELECT to_regclass('security_logs_202001') AS t"))[0].t, null, 'months past their retention are dropped as partitions');
	is((await d.psql("SELECT 1 FROM search_sessions WHERE message_id = 'waiting'")).length, 1, 'a row within its retention remains');
	ok((await d.psql("SELECT count(*)::int AS n FROM security_logs WHERE created_at > '2022-01-01'"))[0].n >= kept, 'security logs within their retention remain');
	like(d.log(), /"job":"drop-old-rows"/, 'the log names the retention job');
});

await done();
