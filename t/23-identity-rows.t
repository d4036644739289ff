#!/usr/bin/env t/lib/run
// 23-identity-rows.t -- row-level security: with dure.user set only that user's rows are seen and changed, in every table that belongs to
// users; without it all rows are, so that a dump by the owner is complete.
import { spawnSync } from 'node:child_process';
import pg from 'pg';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, skip, test } from './lib/tap.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' } });
const web = client(d.url), password = 'Right-horse1', nobody = '00000000-0000-4000-8000-000000000000';

async function person(email) {
	const { body: { data: { user } } } = await web.post('/api/auth/register', { email, password, confirmPassword: password });
	const token = (await web.post('/api/auth/login', { email, password })).body.data.accessToken;
	await d.psql('INSERT INTO user_profiles (user_id, display_name) VALUES ($1, $2)', [user.id, email]);
	await web.post('/api/v1/api-keys', { name: email }, { token });
	await web.post('/api/analyze', { productId: email.replace('@', '-') }, { token, headers: { 'idempotency-key': email } });
	await web.post('/api/kafka/search', { query: email }, { token });
	await web.post('/api/watchlist', { productId: email }, { token });
	await web.post('/api/kafka/analysis/multi-batch', { productIds: [email], schedule: '0 0 1 1 *' }, { token });
	await d.psql("INSERT INTO notifications (user_id, type, title, message) VALUES ($1, 'x', 'x', $2)", [user.id, email]);
	await d.psql(`WITH k AS (INSERT INTO user_keyword_preferences (user_id, keyword) VALUES ($1, 'tea')), i AS (INSERT INTO user_video_interactions (user_id, video_id, type)
		VALUES ($1, 'v', 'view')), s AS (INSERT INTO video_search_sessions (user_id, query, results, source) VALUES ($1, 'tea', 0, 'local'))
		INSERT INTO recommendation_lists (user_id, type, algorithm, item_ids) VALUES ($1, 'videos', 'trends', '{v}')`, [user.id]);
	return { id: user.id, email, token };
}
const kim = await person('kim@example.com'), lee = await person('lee@example.com');

// Not a user's own: records of operators, requests shared by users, tables never read with dure.user set.
const operators = ['security_logs', 'alerts', 'analysis_requests', 'stock_adjustments', 'analysis_queue', 'stream_moderators', 'stream_viewers',
	'chat_messages', 'chat_sanctions', 'interactions', 'app_logs'];
const c = new pg.Client({ connectionString: d.databaseUrl });
await c.connect();
async function as(user, sql, args = []) {
	await c.query('BEGIN');
	if (user !== null)
		await c.query("SELECT set_config('dure.user', $1, true)", [user]);
	try {
		return await c.query(sql, args);
	} finally {
		await c.query('ROLLBACK');
	}
}
const tables = (await d.psql(`SELECT c.table_name AS t, c.column_name AS c, k.relforcerowsecurity AS forced, k.relrowsecurity AS enabled
	FROM information_schema.columns c JOIN pg_class k ON k.oid = to_regclass(c.table_name)
	WHERE table_schema = 'public' AND k.relkind IN ('r', 'p') AND NOT k.relispartition AND (c.column_name = 'user_id' OR (c.table_name = 'users' AND c.column_name = 'id'))
	ORDER BY 1`)).filter(({ t }) => !operators.includes(t));

await test('every table of users has a policy', async () => {
	deep(tables.filter((x) => !x.forced || !x.enabled).map((x) => x.t), [], `row-level security is on and forced: ${tables.map((x) => x.t).join(' ')}`);
	const without = await d.psql(`SELECT relname AS t FROM pg_class WHERE relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)`);
	deep(without, [], 'every table with row-level security has a policy');
});

await test('the rows of another user', async () => {
	for (const { t, c: column } of tables) {
		const owners = (rows) => [...new Set(rows.map((r) => String(r.o)))].sort();
		const all = owners((await as(null, `SELECT ${column} AS o FROM ${t}`)).rows);
		if (!all.includes(kim.id) || !all.includes(lee.id)) {
			skip(`nothing of both users in ${t}`);
			continue;
		}
		for (const who of [kim, lee])
			deep(owners((await as(who.id, `SELECT ${column} AS o FROM ${t}`)).rows), [who.id], `${t}: ${who.email} sees only their own rows`);
		is((await as(nobody, `SELECT 1 FROM ${t}`)).rowCount, 0, `${t}: an unknown user sees no rows`);
		is((await as(kim.id, `DELETE FROM ${t} WHERE ${column}::text = $1`, [lee.id])).rowCount, 0, `${t}: a user cannot delete the rows of another`);
		await as(kim.id, `UPDATE ${t} SET ${column} = '${lee.id}' WHERE ${column}::text = $1`, [kim.id]).then(
			() => ok(false, `${t}: a user can give a row to another`), (e) => like(e.message, /row-level security/, `${t}: a user cannot give a row to another`));
	}
	is((await as(null, 'SELECT 1 FROM users')).rowCount, 2, 'all rows are seen without dure.user');
	is((await c.query("SELECT current_setting('dure.user', true) AS u")).rows[0].u || '', '', 'dure.user ends with its transaction');
});

await test('requests', async () => {
	for (const who of [kim, lee]) {
		deep((await web.get('/api/v1/api-keys', { token: who.token })).body.data.map((k) => k.name), [who.email], `${who.email} sees only their own API keys`);
		is((await web.get('/api/auth/me', { token: who.token })).body.data.user.email, who.email, `${who.email} sees their own account`);
	}
	// Many at once on the same shared connections: a name never stays for the next statement.
	const all = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
		const who = i % 2 ? kim : lee;
		const [keys, me] = await Promise.all([web.get('/api/v1/api-keys', { token: who.token }), web.get('/api/auth/me', { token: who.token })]);
		return keys.body.data.length === 1 && keys.body.data[0].name === who.email && me.body.data.user.email === who.email;
	}));
	ok(all.every(Boolean), 'concurrent requests of two users see only their own rows');
	is((await web.post('/api/auth/login', { email: kim.email, password })).status, 200, 'a login finds every account');
});

await test('a dump', async () => {
	const dump = (...args) => spawnSync('pg_dump', ['--data-only', '--inserts', '-t', 'users', '-t', 'api_keys', ...args, d.databaseUrl], { encoding: 'utf8', env: process.env });
	if (dump('--version').error)
		return skip('no pg_dump here');
	const whole = dump('--enable-row-security');
	is(whole.status, 0, 'pg_dump --enable-row-security by the owner succeeds', whole.stderr);
	for (const who of [kim, lee])
		is(whole.stdout.split(who.id).length - 1, 2, `the dump has the account and the key of ${who.email}`);
	isnt(dump().status, 0, 'pg_dump without --enable-row-security fails instead of omitting rows');
});

await c.end();
await done();
