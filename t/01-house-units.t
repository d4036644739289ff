#!/usr/bin/env t/lib/run
// 01-house-units.t -- units of C are separable: one basename each, no extern without a user, no
// circle of units in a layer; and the README, the comments and the commits name what there is.
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { done, ok } from './lib/tap.mjs';
import { files, read, root } from './lib/house.mjs';
import { bare, circles, definitions, users } from './lib/units.mjs';

const none = (list, name) => ok(list.length === 0, name, ...list);
const all = files();
const isC = (f) => /^(common|worker|master)\/.*\.(c|h|def)$/.test(f);
const sources = new Map(all.filter(isC).map((f) => [f, bare(read(f))]));

// --- Basenames ---

function collisions(list) {
	const by = new Map();
	list.forEach((f) => by.set(path.basename(f), [...by.get(path.basename(f)) ?? [], f]));
	return [...by].filter(([, same]) => same.length > 1)
		.map(([, same]) => same.join(' and '));
}
none(collisions([...sources.keys()]), 'no two files of C have the same basename');
ok(collisions(['worker/kafka/x.c', 'master/x.c']).length === 1, 'a planted second file of one basename is found');

// --- Externs ---

// What a module offers to its unit test alone, because it shows what cannot be seen from outside otherwise.
const forTests = ['co_census_enable', 'co_live', 'co_stack_high_water', 'handover_well_formed', 'kafka_mock_down',
	'kafka_mock_free', 'kafka_mock_up', 'log_to', 'near_active', 'near_bytes', 'near_count', 'profanity_free',
	'topics_in', 'frame_put'];
function unused(from) {
	const defs = definitions(from);
	return [...users(from, defs)].filter(([name, list]) => list.length === 0 && name !== 'main')
		.map(([name]) => `${name} of ${defs.get(name)}`);
}
const lonely = unused(sources);
none(lonely.filter((text) => !forTests.includes(text.split(' ')[0])),
	'every extern is used by another file than its own');
const tests = all.filter((f) => /^t\/(unit|fuzz)\/.*\.[ch]$/.test(f)).map((f) => bare(read(f))).join('\n');
none(forTests.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests)),
	'every extern kept for unit tests is used by one');
none(forTests.filter((name) => !lonely.some((text) => text.startsWith(`${name} `))),
	'no extern kept for unit tests is used by the product');
const planted = new Map([...sources,
	['common/base/planted.c', bare('int\nplanted_thing(void)\n{\n\treturn 0;\n}\n')],
	['common/base/planted.h', bare('int\t planted_thing(void);\n')]]);
ok(unused(planted).includes('planted_thing of common/base/planted.c'),
	'a planted extern that only a header declares is found');

// --- Circles ---

const kinds = /^(worker\/(?:http|ws|kafka|cron|analyzer|broker|external))\/.*/;
const layerOf = (f) => f.replace(kinds, '$1/').replace(/\/[^/]*$/, '');
// Where there are none: a layer joins the list when its last circle has been opened.
const acyclic = ['common/base', 'common/run', 'common/proc', 'common/link', 'worker/domain/core', 'worker/domain/identity', 'worker/domain/catalog',
	'worker/domain/analysis', 'worker/domain/order', 'worker/domain/live', 'worker/domain/ops', 'worker/kafka', 'worker/cron',
	'worker/analyzer', 'worker/broker', 'worker/external', 'worker/domain/external', 'worker/http', 'worker/ws', 'worker', 'master', 'master/cmd'];
const oneModule = ['common/link/pgconn,common/link/pgop'];	// in two files
const inLayers = (from) => circles(from, layerOf).filter(({ units }) => acyclic.includes(layerOf(units[0])) &&
	!oneModule.includes(units.join()));
none(inLayers(sources).flatMap(({ units, calls }) => [units.join(', '), ...calls]),
	`no units call each other in a circle in ${acyclic.join(', ')}`);
const round = new Map([...sources, ['common/base/one.c', 'int\none_f(void)\n{\n\treturn two_f();\n}\n'],
	['common/base/two.c', 'int\ntwo_f(void)\n{\n\treturn one_f();\n}\n']]);
ok(inLayers(round).some(({ units }) => units.join() === 'common/base/one,common/base/two'),
	'two planted units that call each other are found');
const folders = new Map([...sources, ['worker/ws/wire/one.c', 'int\none_f(void)\n{\n\treturn two_f();\n}\n'],
	['worker/ws/room/two.c', 'int\ntwo_f(void)\n{\n\treturn one_f();\n}\n']]);
ok(inLayers(folders).length === 1, 'planted circles across two folders of worker/ws are found');

// --- The README ---

const known = new Set(all.flatMap((f) => f.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'))));
// What is the tree's, by its first part; `x` stands for any name, and a star for what there is.
const like = (p) => new RegExp(`^${p.replace(/[.]/g, '\\.').replace(/\*/g, '[^/]*')}$`);
const strangers = (text) => [...text.matchAll(/`((?:common|worker|master|etc|sql|t)\/[\w./*-]*)`/g)]
	.map(([, p]) => p.replace(/\/$/, ''))
	.filter((p) => !known.has(p) && !/node_modules|NN|\b\d\d-x|\/x\b/.test(p))
	.filter((p) => !p.includes('*') || ![...known].some((k) => like(p).test(k)));
for (const doc of all.filter((f) => /^README\.md$|^(worker|etc\/doc)\/.*\.md$/.test(f)))
	none(strangers(read(doc)), `every path that ${doc} names exists`);
ok(strangers('see `worker/tool/` and `worker/child.c`').join() === 'worker/tool',
	'a planted path that does not exist is found');

// --- Comments ---

// Files of C by name in comments of C; a library's own headers and names with a placeholder are not ours.
const foreign = /^(ev|jwt|zlib|rdkafka_mock|linux\/io_uring)\.h$/;
const bases = new Set(all.map((f) => path.basename(f)));
const lost = (text) => [...text.matchAll(/\/\*[\s\S]*?\*\//g)]
	.flatMap(([comment]) => [...comment.matchAll(/(?<![\w.*])[\w/]*\w\.[ch]\b/g)].map(([f]) => f))
	.filter((f) => !foreign.test(f) && !bases.has(path.basename(f)));
none([...sources.keys()].flatMap((f) => lost(read(f)).map((name) => `${f}: ${name}`)),
	'every file that a C comment names exists');
ok(lost('/* See nowhere.c. */').join() === 'nowhere.c', 'a planted comment that names a missing file is found');

// --- Labels of db_query_duration_seconds ---

const labelled = new Set([.../tables\[\] = \{([^]*?)\};/.exec(read('common/link/pgstat.c'))[1].matchAll(/"(\w+)"/g)].map((m) => m[1]));
const asked = files().filter((f) => /^(common|worker)\/.*\.c$/.test(f)).flatMap((f) => [...read(f).matchAll(/PG_STMT\("\w+",\s*"(\w+)"/g)].map((m) => `${m[1]} of ${f}`));
const made = files().filter((f) => /\.up\.sql$/.test(f)).flatMap((f) => [...read(f).matchAll(/CREATE TABLE (\w+)(?! PARTITION| *\w* PARTITION OF)/g)].map((m) => m[1]));
none([...new Set(asked)].filter((t) => !labelled.has(t.split(' ')[0])), 'the table of every SQL statement is a label of db_query_duration_seconds');
none([...new Set(made)].filter((t) => !/_default$/.test(t) && !labelled.has(t)), 'every table of the schema is a label of db_query_duration_seconds');

// --- Commits ---

// Since the rule is in force; a clone without that commit, or an archive, cannot tell.
const since = 'e6b57c31959dfb34788e8193ed1063abe504f5bd';
let subjects = null;
try {
	subjects = execFileSync('git', ['log', '--no-merges', '--format=%h %s', `${since}..HEAD`],
		{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
} catch {
	// no history
}
const tooLong = (log) => log.split('\n').filter((line) => [...line.replace(/^\w+ /, '')].length > 72);
if (subjects === null)
	ok(true, 'no commit subject has more than 72 columns # SKIP without the history');
else
	none(tooLong(subjects), 'no commit subject has more than 72 columns');
ok(tooLong(`abcdef0 ${'x'.repeat(73)}\nabcdef1 ${'x'.repeat(72)}`).length === 1,
	'a planted subject of 73 columns is found');
await done();
