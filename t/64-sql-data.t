#!/usr/bin/env t/lib/run
// 64-sql-data.t -- migrations on tables that hold rows: each step up keeps them, a step down that would delete some is refused unless it
// is told to, keeps all others, and can be gone up again.
import fs from 'node:fs';
import pg from 'pg';
import { createDatabase, root, runCli } from './lib/dure.mjs';
import { atEnd, deep, diag, done, is, like, ok, test } from './lib/tap.mjs';

const url = await createDatabase({ template: '' });
const env = { ...process.env, DATABASE_URL: url };
const migrate = (...args) => runCli(env, 'migrate', ...args);
const client = new pg.Client({ connectionString: url });
await client.connect();
atEnd(() => client.end());
const rows = async (sql, params) => (await client.query(sql, params)).rows;
const versions = fs.readdirSync(`${root}/sql`).filter((n) => n.endsWith('.up.sql')).map((n) => Number(n.slice(0, 4))).sort((a, b) => a - b);

const tables = async () => (await rows(`SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
	AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations' ORDER BY 1`)).map((r) => r.name);
async function counts() {
	const all = {};
	for (const name of await tables())
		all[name] = (await rows(`SELECT count(*)::int AS n FROM "${name}"`))[0].n;
	return all;
}
const same = (a, b) => deep(Object.fromEntries(Object.keys(b).map((k) => [k, a[k]])), b, 'every other row is still there');

// A value a column takes: the key of a row it refers to, the first word its check allows, something of its type.
const plain = [[/\[\]$/, "'{}'"], [/^(int|bigint|smallint)/, '1'], [/^(numeric|double|real)/, '1'], [/^bool/, 'true'], [/^uuid/, 'gen_random_uuid()'],
	[/^jsonb?$/, "'{}'"], [/^(timestamp|date)/, 'now()'], [/^bytea/, "'\\x00'"], [/^inet/, "'127.0.0.1'"],
	[/^interval/, "'1 day'"], [/./, "'x'"]];
async function fill(table) {
	const columns = await rows(`SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, d.adbin IS NOT NULL OR a.attidentity <> '' OR a.attgenerated <> '' AS made,
		(SELECT format('(SELECT %I FROM %s LIMIT 1)', f.attname, k.confrelid::regclass) FROM pg_constraint k JOIN pg_attribute f
			ON f.attrelid = k.confrelid AND f.attnum = k.confkey[array_position(k.conkey, a.attnum)]
			WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey) LIMIT 1) AS key,
		(SELECT substring(pg_get_constraintdef(k.oid) FROM '''([^'']+)''') FROM pg_constraint k
			WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND a.attnum = ANY (k.conkey) AND pg_get_constraintdef(k.oid) ~ 'ANY' LIMIT 1) AS word
		FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
			AND (a.attnotnull OR (a.attrelid::regclass::text, a.attname) = ('users', 'issuer'))`, [`"${table}"`]);
	const given = columns.filter((c) => !c.made);
	const value = (c) => c.key ?? (c.word ? `'${c.word}'` : plain.find(([re]) => re.test(c.type))[1]);
	await client.query(given.length === 0 ? `INSERT INTO "${table}" DEFAULT VALUES`
		: `INSERT INTO "${table}" (${given.map((c) => `"${c.name}"`)}) VALUES (${given.map(value)})`);
}

// Parents before children: what cannot be filled yet is tried again. Returns what could not be filled at all.
async function fillAll() {
	let left = Object.entries(await counts()).filter(([, n]) => n === 0).map(([name]) => name), why = {};
	for (let before = -1; left.length > 0 && left.length !== before;) {
		before = left.length;
		const again = [];
		for (const name of left) {
			try {
				await fill(name);
			} catch (e) {
				why[name] = e.message;
				again.push(name);
			}
		}
		left = again;
	}
	left.forEach((name) => diag(`no row in ${name}: ${why[name]}`));
	return left;
}

const made = new Map();		// version -> its tables
await test('up, with rows in every table', async () => {
	let before = {};
	for (const version of versions) {
		is(migrate('up', version).code, 0, `up to ${version}`);
		const now = await counts();
		same(now, before);
		made.set(version, Object.keys(now).filter((name) => !(name in before)));
		await fillAll();
		before = await counts();
	}
	const known = ['products', 'price_history', 'raw_reviews', 'raw_review_keys', 'analysis_requests', 'analysis_jobs', 'analysis_results', 'emotion_cards',
		'keyword_details', 'search_sessions', 'kafka_outbox', 'kafka_offsets', 'dead_letters', 'users', 'user_profiles', 'api_keys', 'security_logs', 'alerts',
		'idempotency_keys'];
	deep(known.filter((name) => !before[name]), [], 'the tables of every area have rows');
});

await test('down is refused where rows would go', async () => {
	let refused = 0;
	for (const version of [...versions].reverse()) {
		const before = await counts(), held = made.get(version).filter((name) => before[name] > 0), r = migrate('down');
		if (held.length > 0) {
			is(r.code, 1, `down from ${version} is refused`);
			ok(held.every((name) => r.stderr.includes(name)), 'the refusal names each table that would lose rows');
			like(r.stderr, /would delete rows: .*--drop-data/, 'the refusal names --drop-data');
			deep(await counts(), before, 'a refused down changes nothing');
			refused++;
			is(migrate('down', '--drop-data').code, 0, 'down succeeds with --drop-data');
		} else {
			ok(r.code === 0 || /would delete rows/.test(r.stderr), `down from ${version} deletes no table`);
			if (r.code !== 0)
				is(migrate('down', '--drop-data').code, 0, 'a column is dropped with --drop-data');
		}
		const now = await counts();
		deep(made.get(version).filter((name) => name in now), [], 'the tables of the migration are dropped');
		same(before, now);
	}
	ok(refused >= 5, `${refused} steps were refused first`);
	deep(await tables(), [], 'no table is left');
});

await test('and up again', async () => {
	is(migrate('up').code, 0, 'the schema is migrated up from nothing');
	await fillAll();
	is(migrate('down', '--all').code, 1, 'down all the way is refused at the first that would delete rows');
	is(migrate('up').code, 0, 'up again');
	ok((await counts()).users === 1, 'with the rows');
});

await done();
