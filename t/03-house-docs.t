#!/usr/bin/env t/lib/run
// 03-house-docs.t -- the documents against the tables in the code: etc/dure.conf, etc/schemas, the README and `make help`.
import { runCli } from './lib/dure.mjs';
import { deep, done, is, ok } from './lib/tap.mjs';
import { exists, files, read } from './lib/house.mjs';

const env = { PATH: process.env.PATH };
const dump = (what) => runCli(env, 'dump', what).stdout.trim().split('\n').slice(1).map((line) => line.split(/\s{2,}/));
const documents = ['README.md', ...files().filter((f) => /^etc\/doc\/.*\.md$|^worker\/\w+\/README\.md$/.test(f))];
const readme = read('README.md'), prose = documents.map(read).join('\n'), makefile = read('Makefile');
ok(readme.split('\n').length < 200, 'the README has fewer than 200 lines');
const missing = (list, name) => deep(list, [], name);

is(read('etc/dure.conf'), runCli(env, 'config', 'defaults').stdout, 'etc/dure.conf is what `dure config defaults` prints');
// A secret has a second name, for the file that holds it.
const keys = read('etc/dure.conf').split('\n\n').flatMap((block) => {
	const [, key] = block.match(/^#([A-Z][A-Z0-9_]*)=/m) ?? [];
	return !key ? [] : /\(secret\)/.test(block) ? [key, `${key}_FILE`] : [key];
});
deep(keys.filter((k) => !k.endsWith('_FILE')), dump('conf').map(([key]) => key.split(' ')[0]).filter((k) => !k.endsWith('_FILE')), 'etc/dure.conf has every configuration key');
ok(keys.length > 50, `etc/dure.conf has ${keys.length} configuration keys`);
const shouted = [...prose.matchAll(/\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?==)/g)].map((m) => m[1]);
missing(shouted.filter((k) => !keys.includes(k)), 'every key that a document sets exists');

missing(dump('topics').map(([t]) => t).filter((t) => !exists(`etc/schemas/${t}.json`)), 'every topic has its schema');
missing(files().filter((f) => /^etc\/schemas\/[^/]+$/.test(f)).map((f) => f.slice(12, -5)).filter((t) => !dump('topics').some(([n]) => n === t)),
	'every schema has its topic');
missing(dump('procs').map(([p]) => p).filter((p) => !readme.includes(`\`dure: ${p}`)), 'the README names every kind of process');

const commands = runCli(env, 'help').stdout;
const told = [...prose.matchAll(/(?:`|\.\/)dure ([a-z]+(?: [a-z][a-z-]+)?)/g)].map((m) => m[1]);
ok(told.length > 10, 'the documents name more than ten commands');
missing(told.filter((c) => !commands.includes(`dure ${c}`) && !commands.includes(`dure ${c.split(' ')[0]} `)), 'every command in the documents exists');
const targets = [...prose.matchAll(/`?\bmake ([a-z]+)\b/g)].map((m) => m[1]);
missing(targets.filter((t) => !new RegExp(`^${t}:`, 'm').test(makefile)), 'every make target in the documents exists');
missing([...readme.matchAll(/^ {4}(\w+)\/ /gm)].map((m) => m[1]).filter((d) => !exists(d)), 'every directory in the README exists');
missing([...prose.matchAll(/`((?:etc|worker|master|common|t)\/[\w./-]+)`/g)].map((m) => m[1].replace(/\/$/, '')).filter((f) => !exists(f)),
	'every path in the documents exists');

// What is named in backquotes and looks like a key, an error code, a metric, a security event.
const named = [...prose.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map((m) => m[1]);
const codes = dump('errors').map((row) => row.find((cell) => /^[A-Z][A-Z_0-9]+$/.test(cell)));
const outside = ['SO_REUSEPORT', 'SCM_RIGHTS', 'HTTP_PROXY', 'PAGE_FILES', 'HOSTILE_SECONDS', 'HOSTILE_SEED', 'FROZEN_SECONDS', 'FROZEN_SEED', 'FROZEN_BY', 'FUZZ_SECONDS', 'DURE_CONF', 'DURE_ENV_DIR'];
missing([...new Set(named)].filter((k) => !keys.includes(k) && !codes.includes(k) && !outside.includes(k)), 'every key and error code in the documents exists');
const metrics = dump('metrics').map(([m]) => m);
missing([...new Set([...prose.matchAll(/`(\w+_total|ws_\w+|kafka_outbox_\w+|backend_\w+|db_\w+)`/g)].map((m) => m[1]))].filter((m) => !metrics.includes(m)),
	'every metric in the documents exists');

// The names that a rule or a panel reads; those of a histogram with the suffix of its series.
const alerts = read('etc/prometheus/alerts.yml'), dashboard = JSON.parse(read('etc/grafana/dure.json'));
const queries = [...alerts.matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.*))/g)].map((m) => m[1] ?? m[2])
	.concat(dashboard.panels.flatMap((p) => p.targets ?? []).map((q) => q.expr));
const words = 'time|sum|max|topk|by|rate|increase|histogram_quantile|and|or|up|instance|le|e6|m|h|d|s'.split('|');
const series = (q) => [...q.replace(/\{[^}]*\}|"[^"]*"|\[[^\]]*\]|by \([^)]*\)|\$\w+/g, '').matchAll(/[a-z_]\w*/g)].map((m) => m[0]);
const read_ = [...new Set(queries.flatMap(series))].filter((w) => !words.includes(w));
ok(read_.length > 30, `alert rules and panels read ${read_.length} metrics`);
missing(read_.filter((m) => !metrics.includes(m.replace(/_bucket$/, ''))), 'every metric that an alert rule or a panel reads exists');
const failures = read('etc/doc/failures.md'), anchors = [...failures.matchAll(/^## (.*)$/gm)].map((m) => m[1].toLowerCase().replace(/[^\w ]/g, '').replace(/ /g, '-'));
missing([...alerts.matchAll(/runbook_url: etc\/doc\/failures\.md#(.*)/g)].map((m) => m[1]).filter((a) => !anchors.includes(a)), "every alert's runbook link is a heading of failures.md");
missing([...failures.matchAll(/\b([A-Z][a-z]+[A-Z]\w+)\b/g)].map((m) => m[1]).filter((a) => !/LimitNOFILE/.test(a) && !alerts.includes(`alert: ${a}`) && !/PostgreSQL|YouTube/.test(a)),
	'every alert that failures.md names exists');

const api = dump('routes').map(([method, path]) => `${method} ${path}`);
missing([...prose.matchAll(/`?(GET|POST|DELETE) (\/[\w/{}.-]+)/g)].map((m) => `${m[1]} ${m[2]}`).filter((r) => !api.includes(r)),
	'every route in the documents exists');
const operators = [...read('worker/http/operators.def').matchAll(/^OPERATOR\(\w+, (\w+), "(.*)"\)$/gm)].map(([, who, what]) => `| ${what} | ${{ ACCOUNT: 'any account', ADMIN: 'an admin' }[who]} |`);
ok(operators.length > 5 && read('etc/doc/security.md').includes(`|---|---|\n${operators.join('\n')}\n\n`), "security.md lists the operators' routes and roles as operators.def does");
// What the sources emit: by their calls, and in the tables of chat and streams.
const events = dump('events');
const sources = files().filter((f) => /^worker\/(ws|domain)\/.*\.c$/.test(f) && !/event_out/.test(f)).map(read).join('\n');
const emitted = [/sio_emit\([^,]+, "([^"]+)"/g, /(?:room_publish(?:_all)?|effects_room)\([^;]*?ROOM_[A-Z]+,\s*"([^"]+)"/g, /notice_event\([^;"]*"([^"]+)"/g,
	/\.event = (?:STR\()?"([^"]+)"/g, /sio_ask\([^;"]*"([^"]+)"/g, /array_of\([^;"]*"([^"]+)"/g, /[{,?:] "((?:chat|stream):[a-z-]+)"(?! },?$)/gm]
	.flatMap((re) => [...sources.matchAll(re)].map((m) => m[1]));
const received = new Set(events.filter((e) => e[4] === 'in').map((e) => e[1])), sent = new Set(events.filter((e) => e[4] === 'out').map((e) => e[1]));
ok(sent.size > 30, `dure dump events lists ${sent.size} outgoing events`);
missing([...new Set(emitted)].filter((e) => !sent.has(e) && !received.has(e) && !/^chat:person$/.test(e)), 'every event that the sources emit is in dure dump events');
missing([...sent].filter((e) => !sources.includes(`"${e}"`) && !/^live:product:/.test(e) && !/"(system-notification|maintenance-alert)"/.test(`"${e}"`)),
	'the sources emit every outgoing event in dure dump events');
missing(events.filter((e) => /test only/.test(e.at(-1)) !== /^(message(-back|-with-ack)?|ask-me|question|answer|auth|burn|hoard)$/.test(e[1])).map((e) => e[1]),
	'dure dump events marks the events that exist for tests only');
await done();
