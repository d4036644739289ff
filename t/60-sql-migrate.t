#!/usr/bin/env t/lib/run
// 60-sql-migrate.t -- dure migrate: up, down, status, several at once, and history that does not fit.
import fs from 'node:fs';
import { spawn } from 'node:child_process';
import pg from 'pg';
import { binary, createDatabase, root, runCli } from './lib/dure.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';

const url = await createDatabase({ template: '' });
const env = { ...process.env, DATABASE_URL: url };
const migrate = (...args) => runCli(env, 'migrate', ...args);
const client = new pg.Client({ connectionString: url });
await client.connect();
atEnd(() => client.end());
const applied = async () => (await client.query('SELECT version FROM schema_migrations ORDER BY 1')).rows.map((r) => r.version);
const tables = async () => (await client.query(
	"SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v') ORDER BY 1"))
	.rows.map((r) => r.relname);
const functions = async () => (await client.query(
	"SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1")).rows.map((r) => r.proname);

const scripts = fs.readdirSync(`${root}/sql`).filter((n) => n.endsWith('.sql'));
const versions = scripts.filter((n) => n.endsWith('.up.sql')).map((n) => Number(n.slice(0, 4))).sort((a, b) => a - b);

await test('the index is created', () => {
	const rows = [...fs.readFileSync(`${root}/worker/domain/ops/migrations.def`, 'utf8').matchAll(/^X\((\d{4}), (\w+)\)/gm)];
	deep(rows.map(([, n, name]) => `${n}_${name}`), scripts.filter((n) => n.endsWith('.up.sql')).sort().map((n) => n.replace('.up.sql', '')),
		'every migration of sql/ has its row in worker/domain/ops/migrations.def, in order');
	deep(scripts.filter((n) => !fs.existsSync(`${root}/sql/${n.includes('.up.') ? n.replace('.up.', '.down.') : n.replace('.down.', '.up.')}`)),
		[], 'every up migration has its down migration');
});

await test('up, by several at once', async () => {
	const runs = await Promise.all(Array.from({ length: 3 }, () => new Promise((settle) => {
		const run = spawn(binary, ['migrate', 'up'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
		let text = '';
		run.stdout.on('data', (c) => { text += c; });
		run.stderr.on('data', (c) => { text += c; });
		run.on('close', (code) => settle({ code, text }));
	})));
	deep(runs.map((r) => r.code), [0, 0, 0], 'concurrent runs all succeed', runs);
	is(runs.filter((r) => /applied/.test(r.text)).length, 1, 'one of several concurrent runs does the work');
	deep(await applied(), versions, 'every migration is applied');
	like(migrate('status').stdout, /^0001 +\w+ +\d{4}-/m, 'dure migrate status says when each was applied');
	is(migrate('up').stdout, 'nothing to do\n', 'a second run has nothing to do');
});

await test('down and up, one by one', async () => {
	const full = await tables();
	for (const version of [...versions].reverse()) {
		const r = migrate('down', '--drop-data');
		is(r.code, 0, `down from ${version} succeeds`, r.stderr);
	}
	deep(await applied(), [], 'every migration is reverted');
	deep(await tables(), ['schema_migrations'], 'no table is left');
	deep(await functions(), [], 'no function is left');
	is(migrate('up', '--steps', '1').code, 0, 'up --steps 1');
	deep(await applied(), versions.slice(0, 1), 'applies one');
	is(migrate('up').code, 0, 'up applies the others');
	deep(await tables(), full, 'and all is as it was');
	is(migrate('down', '--steps', versions.length, '--drop-data').code, 0, 'down --steps N goes back N');
	deep(await applied(), [], 'so many');
});

await test('to a migration', async () => {
	const upTo = (n) => versions.filter((v) => v <= n), last = versions.at(-1);
	const refused = (args, code, sentence) => {
		const r = migrate(...args);
		is(r.code, code, `${args.join(' ')} is refused`);
		like(r.stderr, sentence, 'with a sentence');
	};
	is(migrate('up', '5').code, 0, 'up 5 from nothing');
	deep(await applied(), upTo(5), 'goes to migration 5');
	is(migrate('up', '0007').code, 0, 'up 0007, as status writes it');
	deep(await applied(), upTo(7), 'goes on to 7, two steps');
	is(migrate('up', '7').stdout, 'nothing to do\n', 'up 7 again has nothing to do');
	refused(['up', '3'], 1, /^dure: the database is at 7, past 3; dure migrate down 3 goes back to it\n$/);
	is(migrate('down', '3', '--drop-data').code, 0, 'down 3');
	deep(await applied(), upTo(3), 'goes back to 3, which stays');
	is(migrate('down', '3').stdout, 'nothing to do\n', 'down 3 again has nothing to do');
	refused(['down', '5'], 1, /^dure: the database is at 3, before 5; dure migrate up 5 goes to it\n$/);
	refused(['down', '0'], 64, /^dure: there is no migration 0; dure migrate down --all reverts every one\n$/);
	refused(['up', '0'], 64, /there is no migration 0; the first is 1, the last /);
	refused(['up', last + 1], 64, new RegExp(`^dure: there is no migration ${last + 1}; the first is 1, the last ${last}\n$`));
	refused(['up', 'x'], 64, /"x" is not the number of a migration/);
	refused(['down', '-1'], 64, /"-1" is not the number of a migration/);
	refused(['up', '--steps', '0'], 64, /--steps takes a whole number from 1/);
	refused(['up', '--steps'], 64, /--steps takes a whole number from 1/);
	refused(['down', '--steps', '4'], 1, /only 3 migrations are applied; dure migrate down --all reverts every one/);
	refused(['up', '5', '--steps', '2'], 64, /say a migration, --steps or --all, not several/);
	refused(['down', '--all', '--steps', '2'], 64, /say a migration, --steps or --all, not several/);
	refused(['up', '--all'], 64, /up goes all the way by itself; --all is for down/);
	deep(await applied(), upTo(3), 'nothing of that did anything');
	is(migrate('down').code, 0, 'down alone');
	deep(await applied(), upTo(2), 'is one step');
	is(migrate('down', '--all', '--drop-data').code, 0, 'down --all');
	deep(await applied(), [], 'goes all the way');
	is(migrate('up').code, 0, 'and up again');
});

await test('a migration that fails', async () => {
	const made = (version) => fs.readFileSync(`${root}/sql/${scripts.find((n) => Number(n.slice(0, 4)) === version && n.includes('.up.'))}`, 'utf8')
		.match(/^CREATE TABLE (\w+)/m)?.[1];
	const last = versions.findLast(made), table = made(last);
	migrate('down', '--steps', versions.filter((v) => v >= last).length, '--drop-data');
	await client.query(`CREATE TABLE ${table} (in_the_way int)`);
	const before = await tables(), r = migrate('up');
	is(r.code, 1, 'a failing migration exits with 1');
	like(r.stderr, /already exists/, "a failing migration reports PostgreSQL's message");
	deep(await tables(), before, 'a failing migration leaves nothing behind');
	await client.query(`DROP TABLE ${table}`);
	is(migrate('up').code, 0, 'a failed migration can be run again');
});

await test('a changed history', async () => {
	await client.query("UPDATE schema_migrations SET checksum = 'other' WHERE version = 1");
	for (const word of ['up', 'down', 'status']) {
		const r = migrate(word);
		is(r.code, 1, `dure migrate ${word} refuses a changed history`);
		like(r.stderr, /was changed after it was applied/, 'the refusal names the checksum');
	}
	await client.query('INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, $1, $2)', ['from_the_future', 'x']);
	like(migrate('up').stderr, /from_the_future: was applied but is unknown/, 'the refusal names a migration of another version');
	deep((await applied()).length, versions.length + 1, 'a refused run changes nothing');
});

await test('wrong calls', () => {
	for (const words of [[], ['sideways'], ['up', 'x'], ['down', '-1'], ['status', '1'], ['up', '--drop-data']])
		is(migrate(...words).code, 64, `dure migrate ${words.join(' ')} is a wrong call`);
	const r = runCli({ ...env, DATABASE_URL: 'postgres://127.0.0.1:1/x' }, 'migrate', 'up');
	ok(r.code === 1 && /cannot reach the database/.test(r.stderr), 'an unreachable database is reported');
});

await done();
