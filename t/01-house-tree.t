#!/usr/bin/env t/lib/run
// 01-house-tree.t -- the tree stays as the README draws it: known top-level entries, every file opens with its purpose,
// headers are guarded, unit tests name their module, and nothing unfinished, generated or host-specific is in it.
import path from 'node:path';
import fs from 'node:fs';
import { done, ok } from './lib/tap.mjs';
import { files, read, root } from './lib/house.mjs';

const top = ['.ci', '.clang-format', '.dockerignore', '.gitattributes', '.github', '.gitignore', '.proverc', 'Dockerfile', 'LICENSE', 'Makefile',
	'README.md', 'common', 'docs', 'etc', 'master', 'sql', 't', 'worker'];
const all = files();
const none = (list, name) => ok(list.length === 0, name, ...list);
const isText = (f) => /\.(c|h|def|inc|mjs|js|t|sh|sql|md|json|css|html|conf|service|yml|yaml|proverc)$|(^|\/)(Makefile|Dockerfile|run|deps|suite)$/.test(f);
const text = new Map(all.filter(isText).map((f) => [f, read(f)]));

none([...new Set(all.map((f) => f.split('/')[0]))].filter((e) => !top.includes(e)), 'the top level has known entries only');

// The first lines of a file say its name and what it is for.
const heads = [
	[/\.(c|h|def|css)$/, (name) => `/* ${name} -- `],
	[/\.(mjs|js|t)$/, (name) => `// ${name} -- `],
	[/\.up\.sql$/, () => '-- '],
	[/\.sh$|^etc\/dev\/|^t\/lib\/(run|suite)$/, (name) => `# ${name} -- `],
];
none([...text].filter(([f, s]) => {
	const head = heads.find(([re]) => re.test(f));
	const first = s.replace(/^#!.*\n/, '').slice(0, 200);
	return head && !first.startsWith(head[1](path.basename(f)));
}).map(([f]) => f), 'every file opens with its name and purpose');

none([...text].filter(([f]) => /\.h$/.test(f)).filter(([f, s]) => {
	const guard = path.basename(f).toUpperCase().replace(/\W/g, '_');
	return !new RegExp(`#ifndef (\\w+_)?${guard}\\n#define (\\w+_)?${guard}\\n`).test(s);
}).map(([f]) => f), 'every header is guarded by its name');

// t/unit/pgpool.c tests a pgpool.c or pgpool.h somewhere; a suffix after _ may name the aspect.
const modules = new Set(all.filter((f) => /^(common|worker|master)\/.*\.[ch]$/.test(f)).map((f) => path.basename(f).slice(0, -2)));
none(all.filter((f) => /^t\/unit\/.*\.c$/.test(f)).filter((f) => {
	const name = path.basename(f, '.c');
	return !modules.has(name) && !modules.has(name.replace(/_[a-z0-9]+$/, ''));
}), 'every unit test is named after a module');

// A script that migrations.def does not list would never run.
const listed = [...read('worker/domain/ops/migrations.def').matchAll(/^X\((\d+), (\w+)\)/gm)].flatMap(([, n, name]) =>
	['up', 'down'].map((way) => `sql/${n}_${name}.${way}.sql`));
const scripts = all.filter((f) => /^sql\//.test(f));
none(scripts.filter((f) => !listed.includes(f)).concat(listed.filter((f) => !scripts.includes(f))),
	'sql/ and worker/domain/ops/migrations.def agree');

const tests = all.filter((f) => /^t\/[^/]*\.t$/.test(f));
none(tests.filter((f) => !/^t\/\d\d-[a-z0-9]+(-[a-z0-9]+)*\.t$/.test(f)), 'tests are numbered: NN-area-what.t');
none(tests.filter((f) => (fs.statSync(`${root}/${f}`).mode & 0o111) === 0), 'tests are executable');

// In pieces, so that this file does not find itself.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`);
none([...text].filter(([, s]) => unfinished.test(s)).map(([f]) => f), 'nothing is marked as unfinished');
const registries = new RegExp(['registry\\.' + 'npm', 'npm' + 'js\\.(org|com)', 'yarn' + 'pkg', 'py' + 'pi\\.', 'crates\\.' + 'io',
	'repo[0-9]?\\.maven', 'deb\\.' + 'debian', 'artifact' + 'ory', 'proxy\\.' + 'golang'].join('|'), 'i');
none([...text].filter(([, s]) => registries.test(s)).map(([f]) => f), "no registry's host is named");
none(all.filter((f) => /(^|\/)(package-lock\.json|yarn\.lock|node_modules|.*\.o|.*\.orig|.*\.rej|.*~)$/.test(f)), 'nothing generated is kept');
none([...text].filter(([f, s]) => !/\.md$/.test(f) && /[ \t]+$/m.test(s)).map(([f]) => f), 'no space at the end of a line');
none([...text].filter(([f, s]) => /\.[ch]$/.test(f) && /^ {8,}\S/m.test(s)).map(([f]) => f), 'C is indented with tabs');
// A line that is one piece of text has no place to break.
const columns = (l) => l.split('\t').reduce((n, part, i, all) => n + [...part].length + (i < all.length - 1 ? 8 - (n + [...part].length) % 8 : 0), 0);
const wide = (l) => columns(l) > 120 && !/^\s*"/.test(l);
none([...text].filter(([f]) => /\.(c|h|def)$/.test(f)).flatMap(([f, s]) => s.split('\n').map((l, i) => [l, i]).filter(([l]) => wide(l)).map(([, i]) => `${f}:${i + 1}`)),
	'lines of C have at most 120 columns');
ok(wide('\t'.repeat(15) + ' x') && !wide('x'.repeat(120)), 'a tab counts eight');
none([...text].filter(([, s]) => s !== '' && !s.endsWith('\n')).map(([f]) => f), 'every file ends with a newline');
await done();
