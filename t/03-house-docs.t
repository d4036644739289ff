#!/usr/bin/env t/lib/run
// 03-house-docs.t -- the documents against the tables in the code: etc/dure.conf, etc/schemas, the README and `make help`.
import { runCli } from './lib/dure.mjs';
import { deep, done, is, ok } from './lib/tap.mjs';
import { exists, files, read } from './lib/house.mjs';

const env = { PATH: process.env.PATH };
const dump = (what) => runCli(env, 'dump', what).stdout.trim().split('\n').slice(1).map((line) => line.split(/\s{2,}/));
const readme = read('README.md'), makefile = read('Makefile');
const missing = (list, name) => deep(list, [], name);

is(read('etc/dure.conf'), runCli(env, 'config', 'defaults').stdout, 'etc/dure.conf is what `dure config defaults` prints');
const keys = dump('conf').map(([key]) => key.split(' ')[0]);
ok(keys.length > 50, `${keys.length} configuration keys`);
const shouted = [...readme.matchAll(/\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?==)/g)].map((m) => m[1]);
missing(shouted.filter((k) => !keys.includes(k)), 'every key that the README sets exists');

missing(dump('topics').map(([t]) => t).filter((t) => !exists(`etc/schemas/${t}.json`)), 'every topic has its schema');
missing(files().filter((f) => /^etc\/schemas\//.test(f)).map((f) => f.slice(12, -5)).filter((t) => !dump('topics').some(([n]) => n === t)),
	'every schema has its topic');
missing(dump('procs').map(([p]) => p).filter((p) => !readme.includes(`\`dure: ${p}`)), 'every process is in the README');

const commands = runCli(env, 'help').stdout;
const told = [...readme.matchAll(/(?:`|\.\/)dure ([a-z]+(?: [a-z][a-z-]+)?)/g)].map((m) => m[1]);
ok(told.length > 10, 'the README tells of commands');
missing(told.filter((c) => !commands.includes(`dure ${c}`) && !commands.includes(`dure ${c.split(' ')[0]} `)), 'and each of them exists');
const targets = [...readme.matchAll(/`?\bmake ([a-z]+)\b/g)].map((m) => m[1]);
missing(targets.filter((t) => !new RegExp(`^${t}:`, 'm').test(makefile)), 'every make target in the README exists');
missing([...readme.matchAll(/^ {4}(\w+)\/ /gm)].map((m) => m[1]).filter((d) => !exists(d)), 'every directory in the README exists');
missing([...readme.matchAll(/`((?:etc|worker|master|common|t)\/[\w./-]+)`/g)].map((m) => m[1].replace(/\/$/, '')).filter((f) => !exists(f)),
	'every path in the README exists');

const security = read('etc/doc/security.md'), named = [...security.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|CSRF|SECCOMP)`/g)].map((m) => m[1]);
ok(named.length > 30, 'etc/doc/security.md names its limits');
missing(named.filter((k) => !keys.includes(k)), 'and each is a key');

const api = dump('routes').map(([method, path]) => `${method} ${path}`);
missing([...readme.matchAll(/`?(GET|POST|DELETE) (\/[\w/{}.-]+)/g)].map((m) => `${m[1]} ${m[2]}`).filter((r) => !api.includes(r)),
	'every route in the README exists');
// What the sources emit: by their calls, and in the tables of chat and streams.
const events = dump('events');
const sources = files().filter((f) => /^worker\/(ws|domain)\/.*\.c$/.test(f) && !/event_out/.test(f)).map(read).join('\n');
const emitted = [/sio_emit\([^,]+, "([^"]+)"/g, /(?:room_publish(?:_all)?|news_room)\([^;]*?ROOM_[A-Z]+,\s*"([^"]+)"/g, /notify_event\([^;"]*"([^"]+)"/g,
	/\.event = (?:STR\()?"([^"]+)"/g, /sio_ask\([^;"]*"([^"]+)"/g, /array_of\([^;"]*"([^"]+)"/g, /[{,?:] "((?:chat|stream):[a-z-]+)"(?! },?$)/gm]
	.flatMap((re) => [...sources.matchAll(re)].map((m) => m[1]));
const received = new Set(events.filter((e) => e[4] === 'in').map((e) => e[1])), sent = new Set(events.filter((e) => e[4] === 'out').map((e) => e[1]));
ok(sent.size > 30, `${sent.size} events go out`);
missing([...new Set(emitted)].filter((e) => !sent.has(e) && !received.has(e) && !/^chat:person$/.test(e)), 'every event that the sources emit is in `dure dump events`');
missing([...sent].filter((e) => !sources.includes(`"${e}"`) && !/^live:product:/.test(e) && !/"(system-notification|maintenance-alert)"/.test(`"${e}"`)),
	'every event in it is emitted');
missing(events.filter((e) => /test only/.test(e.at(-1)) !== /^(message(-back|-with-ack)?|ask-me|question|answer|auth|burn|hoard)$/.test(e[1])).map((e) => e[1]),
	'those for tests alone are marked');
await done();
