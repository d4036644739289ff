#!/usr/bin/env t/lib/run
// 67-sql-backup.t -- dure backup, restore and verify as the ordinary role under forced row-level security: every row of every table
// comes back, nothing readable lies on the disk, and what is cut, altered or sealed with another key changes nothing.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { binary, background, createDatabase, runCli, scratchDir } from './lib/dure.mjs';
import { atEnd, between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const url = await createDatabase(), dir = scratchDir(), dumps = path.join(dir, 'backups');
const key = randomBytes(32).toString('base64'), newer = randomBytes(32).toString('hex');
const env = { ...process.env, DATABASE_URL: url, BACKUP_DIR: dumps, BACKUP_ENCRYPTION_KEY: key };
const dure = (...args) => runCli(env, ...args);
const connect = async (to) => {
	const c = new pg.Client({ connectionString: to });
	await c.connect();
	atEnd(() => c.end());
	return c;
};
const db = await connect(url);
const files = () => fs.readdirSync(dumps).sort();
// Every table with the digest of its rows, and what guards them.
const whole = async (c) => {
	const names = (await c.query(`SELECT c.oid::regclass::text AS t FROM pg_class c WHERE relnamespace = 'public'::regnamespace
		AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`)).rows.map((r) => r.t);
	const out = {};
	for (const t of names)
		out[t] = (await c.query(`SELECT count(*)::int AS n, md5(coalesce(string_agg(r::text, ',' ORDER BY r::text), '')) AS d FROM ${t} r`)).rows[0];
	out.policies = (await c.query(`SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2`)).rows;
	out.forced = (await c.query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity AND relrowsecurity ORDER BY 1`)).rows;
	return out;
};

await db.query(`INSERT INTO users (id, email, password_hash, role) SELECT gen_random_uuid(), 'u' || i || '@secret.example', 'x', 'user' FROM generate_series(1, 200) i;
	INSERT INTO notifications (user_id, type, title, message) SELECT id, 'system', '한글 제목', 'a "quoted" \\ line' || chr(10) || 'and another' FROM users;
	INSERT INTO raw_reviews (product_id, review_key, doc) SELECT 'p' || i % 7, 'r' || i, jsonb_build_object('text', repeat('정말 좋아요 ', 40) || md5(i::text)) FROM generate_series(1, 20000) i`);

let dump;
await test('a backup', async () => {
	const r = dure('backup');
	is(r.code, 0, 'dure backup succeeds as the ordinary role', r.stderr);
	dump = r.stdout.trim();
	like(path.basename(dump), /^db_\d{8}_\d{6}\.dump$/, 'it is named by its time');
	deep(files(), [path.basename(dump).replace('.dump', '.json'), path.basename(dump)].sort(), 'a manifest stands beside it, and nothing half-written');
	is(fs.statSync(dump).mode & 0o777, 0o600, 'its owner alone can read it');
	ok(!fs.readFileSync(dump).includes('PGDMP'), 'it is encrypted');
	const manifest = JSON.parse(fs.readFileSync(dump.replace('.dump', '.json')));
	deep([manifest.tables.users, manifest.tables.notifications, manifest.tables.raw_reviews], [200, 200, 20000], 'the manifest counts the rows, those of all users');
	between((await db.query("SELECT extract(epoch FROM now() - ran_at)::float AS s FROM cron_runs WHERE job = 'backup'")).rows[0].s, 0, 120, 'its time is stored, for the metric');
});

await test('restored', async () => {
	const before = await whole(db);
	delete before.cron_runs;		// the backup's own time came after its snapshot
	const target = await createDatabase({ template: '' });
	const r = dure('restore', dump, '--into', target);
	is(r.code, 0, 'dure restore succeeds', r.stderr);
	const after = await whole(await connect(target));
	delete after.cron_runs;
	deep(after, before, 'every row of every table is back, and every policy, forced');
	const again = dure('restore', dump, '--into', target);
	is(again.code, 1, 'a database that is not empty is refused');
	like(again.stderr, /^dure: the database is not empty: create another/, 'with a sentence');
	is(dure('restore', path.basename(dump).slice(3, 11), '--into', await createDatabase({ template: '' })).code, 0, 'a date names the newest backup of the day');
	like(dure('restore', '19990101').stderr, /no backup of that date/, 'one without a backup is refused');
});

await test('verified', async () => {
	const r = dure('backup', 'verify', '--into', await createDatabase({ template: '' }));
	is(r.code, 0, 'dure backup verify compares rows and policies', r.stderr);
	const json = dump.replace('.dump', '.json'), text = fs.readFileSync(json, 'utf8');
	fs.writeFileSync(json, text.replace('"raw_reviews":20000', '"raw_reviews":20001'));
	const lacking = dure('backup', 'verify', '--into', await createDatabase({ template: '' }));
	is(lacking.code, 1, 'a row that is missing is noticed');
	like(lacking.stderr, /rows of raw_reviews: the backup has 20001, restored are 20000/, 'and named');
	fs.writeFileSync(json, text);
	const scratch = runCli({ ...env, DATABASE_URL: Object.assign(new URL(process.env.DURE_TEST_PG), { pathname: new URL(url).pathname }).href }, 'backup', 'verify');
	is(scratch.code, 0, 'a role that may create databases needs none', scratch.stderr);
	const left = (await db.query("SELECT count(*)::int AS n FROM pg_database WHERE datname LIKE 'dure_verify%'")).rows[0].n;
	is(left, 0, 'and leaves none');
});

await test('what cannot be restored changes nothing', async () => {
	const target = await createDatabase({ template: '' }), c = await connect(target), bytes = fs.readFileSync(dump), bad = path.join(dir, 'bad.dump');
	const tables = async () => (await c.query("SELECT count(*)::int AS n FROM pg_class WHERE relnamespace = 'public'::regnamespace")).rows[0].n;
	const flipped = Buffer.from(bytes);
	flipped[bytes.length - 100] ^= 1;
	for (const [what, content, keys, why] of [['cut off', bytes.subarray(0, bytes.length - 70000), key, /altered or cut off/],
		['cut at a piece', bytes.subarray(0, 14 + 24 + 2 * (65536 + 17)), key, /altered or cut off/],
		['altered', flipped, key, /altered or cut off/], ['with more behind it', Buffer.concat([bytes, Buffer.from('x')]), key, /altered or cut off/],
		['under another key', bytes, newer, /no key opens it/], ['without a key', bytes, '', /encrypted, and there is no key/],
		['no dump', Buffer.from('nonsense'), key, /pg_restore/], ['empty', Buffer.alloc(0), key, /pg_restore/]]) {
		fs.writeFileSync(bad, content);
		const r = runCli({ ...env, BACKUP_ENCRYPTION_KEY: keys }, 'restore', bad, '--into', target);
		is(r.code, 1, `a dump that is ${what} is refused`);
		like(r.stderr, why, 'with the reason');
		is(await tables(), 0, 'and the database is as it was');
	}
	is(runCli({ ...env, BACKUP_ENCRYPTION_KEY: `${newer},${key}` }, 'restore', dump, '--into', target).code, 0, 'an older key of the list opens it');
	like(runCli({ ...env, BACKUP_ENCRYPTION_KEY: 'short' }, 'config', 'check').stderr, /BACKUP_ENCRYPTION_KEY: expected 32 bytes/, 'a malformed key is refused');
});

await test('killed, uploaded, pruned, in part', async () => {
	const held = await connect(Object.assign(new URL(process.env.DURE_TEST_PG), { pathname: new URL(url).pathname }).href);
	await held.query('BEGIN; LOCK TABLE raw_reviews IN ACCESS EXCLUSIVE MODE');
	const before = files(), child = background(path.join(dir, 'log'), 'KILL', binary, ['backup'], { env });
	await until(async () => (await db.query("SELECT 1 FROM pg_locks WHERE NOT granted")).rows.length > 0, { what: 'the backup to wait' });
	child.kill('SIGKILL');
	await child.gone;
	await held.query('ROLLBACK');
	deep(files().filter((f) => /\.dump$/.test(f)), before.filter((f) => /\.dump$/.test(f)), 'a backup that is killed leaves nothing under a final name');

	const old = path.join(dumps, 'db_20200101_000000.dump');
	fs.writeFileSync(old, 'x');
	fs.utimesSync(old, 1, 1);
	const r = runCli({ ...env, BACKUP_UPLOAD_COMMAND: `cp "$DURE_BACKUP_FILE" "$DURE_BACKUP_MANIFEST" '${dir}'` }, 'backup', '--table', 'users', '--table', 'user_profiles');
	is(r.code, 0, 'some tables are backed up', r.stderr);
	like(path.basename(r.stdout.trim()), /^tables_/, 'under a name of their own');
	ok(fs.existsSync(path.join(dir, path.basename(r.stdout.trim()))), 'and uploaded by the command');
	ok(fs.existsSync(old), 'which deletes no backup of another kind');
	const failing = runCli({ ...env, BACKUP_UPLOAD_COMMAND: 'exit 3', BACKUP_ENCRYPTION_KEY: '' }, 'backup');
	is(failing.code, 1, 'an upload that fails is a failure');
	like(failing.stderr, /BACKUP_UPLOAD_COMMAND: it failed; the backup stays/, 'with the reason');
	await until(() => Date.now() % 1000 < 100, { what: 'another second, which names another file' });
	is(runCli({ ...env, BACKUP_ENCRYPTION_KEY: '' }, 'backup').code, 0, 'without a key it is not encrypted');
	ok(!fs.existsSync(old), 'a backup beyond BACKUP_KEEP is deleted');
	ok(fs.existsSync(dump), 'the others are kept');
});

await done();
