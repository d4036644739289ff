#!/usr/bin/env t/lib/run
// 03-house-manual.t -- what is made from the tables beside the tables themselves: dure(1), dure.conf(5), completion for bash and zsh, the version as JSON;
// and the changelog, which knows every migration's version.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { binary, runCli } from './lib/dure.mjs';
import { read, root } from './lib/house.mjs';
import { deep, done, is, like, ok, skip, test } from './lib/tap.mjs';

const env = { PATH: process.env.PATH }, dump = (what) => runCli(env, 'dump', what).stdout;
const table = (what) => dump(what).trim().split('\n').slice(1).map((l) => l.split(/\s{2,}/));
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const commands = table('commands').map(([name]) => name);
const roff = (text) => spawnSync('groff', ['-man', '-Tutf8', '-ww', '-Kutf8', '-P-c', '-rLL=400n'], { input: text, encoding: 'utf8' });
const pages = { 'dure(1)': dump('man'), 'dure.conf(5)': dump('man-conf') };

for (const [name, text] of Object.entries(pages)) if (!has('groff')) skip('groff is not installed', name);
else await test(name, () => {
	const { status, stdout, stderr } = roff(text), page = stdout.replace(/.\x08/g, '');
	deep([status, stderr], [0, ''], `${name}: groff has nothing to say`);
	const words = name === 'dure(1)' ? commands : read('etc/dure.conf').match(/^#[A-Z][A-Z0-9_]*=.*$/gm).map((l) => l.slice(1));
	deep(words.filter((w) => !page.replace(/\s+/g, ' ').includes(w.replace(/\s+/g, ' '))), [], `${name}: has all ${words.length} entries`);
	like(page, /^NAME\n +dure(\.conf)? - /m, `${name}: says its name`);
});

// What bash offers behind these words, the last of which is being typed.
const offered = (...words) => {
	const script = `source <(${binary} dump bash)\nCOMP_WORDS=(dure "$@") COMP_CWORD=$#\n_dure\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
	const r = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
	return r.status === 0 ? r.stdout.split('\n').filter(Boolean).sort() : r.stderr;
};
await test('completion', () => {
	const firsts = [...new Set(commands.map((c) => c.split(' ')[0]))].sort(), seconds = (first) => commands.filter((c) => c.startsWith(`${first} `)).map((c) => c.split(' ')[1]);
	deep(offered(''), firsts, 'of commands');
	deep(offered('re'), firsts.filter((c) => c.startsWith('re')), 'that are begun');
	deep(offered('kafka', ''), seconds('kafka').sort(), 'of second words');
	deep(offered('-c', '/etc/dure/dure.conf', 'kafka', 'dead', 'l'), ['list'], 'behind -c FILE, of the words of an argument');
	deep(offered('status', '--'), ['--json'], 'of options');
	deep(offered('user', 'create', 'kim@example.com', '--r'), ['--role'], 'behind arguments');
	deep(offered('-c', ''), [], 'not of files, which are left to the shell');
	const listed = runCli(env, 'dump').stderr.replace(/^dure: dump what\? /, '').trim().split(' ');
	deep(offered('dump', ''), listed.sort(), 'of what can be dumped');
	if (!has('zsh')) return skip('zsh is not installed', 'zsh takes its script');
	is(spawnSync('zsh', ['-n'], { input: dump('zsh') }).status, 0, 'zsh takes its script');
});

await test('the version', () => {
	const { version, revision } = JSON.parse(runCli(env, 'version', '--json').stdout);
	is(runCli(env, 'version').stdout, `dure ${version}\n`, 'as JSON and as text');
	like(revision, /^([0-9a-f]{12}|unknown)$/, 'with the commit');
	is(runCli(env, 'version', '--yaml').code, 64, 'and in no other form');
});

await test('the changelog', () => {
	const text = read('etc/doc/changelog.md'), heads = [...text.matchAll(/^## (.*)$/gm)].map((m) => m[1]);
	const [number, day] = heads[0].split(', '), version = day === 'unreleased' ? `${number}-dev` : number;
	ok(heads.every((h, i) => (i === 0 ? /^\d+\.\d+\.\d+, (\d{4}-\d\d-\d\d|unreleased)$/ : /^\d+\.\d+\.\d+, \d{4}-\d\d-\d\d$/).test(h)), 'has a heading a version, with its day', ...heads);
	const make = (...args) => spawnSync('make', ['-s', '--no-print-directory', ...args], { encoding: 'utf8', cwd: root, env }).stdout;
	is(make('version'), `${version}\n`, 'gives the tree its version');
	is(JSON.parse(runCli(env, 'version', '--json').stdout).version, version, 'and the binary');
	like(make('-n', '-o', 'all', 'deb'), new RegExp(`etc/deb/build \\w+ ${version.replaceAll('.', '\\.')} `), 'and the package');
	like(read('etc/helm/dure/Chart.yaml'), new RegExp(`^version: ${number}\nappVersion: "${number}"$`, 'm'), 'and the chart');
	const git = (...args) => spawnSync('git', args, { encoding: 'utf8', cwd: root }).stdout.trim(), tagged = git('rev-parse', '-q', '--verify', `v${number}^{commit}`);
	ok(tagged === '' || (day !== 'unreleased' && tagged === git('rev-parse', 'HEAD')), 'after the tag of a version, the next one has a heading');
	like(text, /^Migrations: /m, 'and says which migrations a version brings');
});

await test('make install', () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dure-t-'));
	process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
	const r = spawnSync('make', ['-s', '-o', 'all', 'install', `B=${path.dirname(binary)}`, `DESTDIR=${dir}`, 'PREFIX=/usr'], { encoding: 'utf8', cwd: path.resolve(path.dirname(binary), '..'), env });
	is(r.status, 0, 'stages', r.stderr);
	const at = { 'usr/share/man/man1/dure.1': pages['dure(1)'], 'usr/share/man/man5/dure.conf.5': pages['dure.conf(5)'],
		'usr/share/bash-completion/completions/dure': dump('bash'), 'usr/share/zsh/site-functions/_dure': dump('zsh') };
	deep(Object.keys(at).filter((f) => fs.readFileSync(path.join(dir, f), 'utf8') !== at[f]), [], 'manual pages and completion, as they are dumped');
});
await done();
