#!/usr/bin/env t/lib/run
// 05-house-readme.t -- runs the README's commands beside a running `make run`, in their order and in one shell, as a reader types them.
// (What the README says of a new machine, and `make test` there, is for `make test-debian`.)
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { allGone, checkout, run } from './lib/checkout.mjs';
import { binary, root, scratchDir } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { within } from './lib/until.mjs';

const pieces = (...docs) => execFileSync('t/lib/readme', docs, { cwd: root, encoding: 'utf8' }).split('\0').slice(0, -1).map((p) => p.split(/\t([^]*)/, 2));

await test('what counts as a command', () => {
	const file = path.join(scratchDir(), 'README.md');
	fs.writeFileSync(file, `# It

    make run   # the first
    echo 'one
    two' \\
        three

text

    import { io } from 'x';
    io();

    URL=…@db make

         ┌──┐
     a ──▶ b

    sql/     a directory
`);
	deep(pieces(file), [['sh', 'make run   # the first'], ['sh', "echo 'one\ntwo' \\\n    three"], ['js', "import { io } from 'x';\nio();"], ['as', 'URL=…@db make']],
		't/lib/readme finds commands of several lines, programs and patterns, but no drawing and no list');
});

const dir = checkout(), port = await freePort();
fs.symlinkSync(`${root}/t`, `${dir}/t`);
// The embedded broker forgets what it holds in the upgrade: the request of the line behind that is sent again after this time.
const server = run(dir, port, { ANALYSIS_STALL_MS: '3000' });
await server.isReady();
const here = (text) => text.replaceAll('localhost:3001', `localhost:${port}`);

// One shell for all; the builds between them are not for here.
let state = '';
function shell(text) {
	const r = spawnSync('bash', ['-c', `set -a\n${state}\n${here(text)}\nstatus=$?\necho; echo %%; export -p; exit $status`],
		{ cwd: dir, encoding: 'utf8', timeout: 60000, env: { PATH: process.env.PATH, HOME: dir, DURE: binary } });
	const [said, after] = r.stdout.split('\n%%\n');
	state = after ?? state;
	return { code: r.status, said, stderr: r.stderr };
}

// What a program that listens on says within seconds.
async function listen(text) {
	const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: `${root}/t`, stdio: ['pipe', 'pipe', 'pipe'] });
	child.stdin.end(here(text));
	let said = '';
	await within(60000, 'an outcome', new Promise((settle) => {
		child.once('exit', settle);
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (d) => { said += d; /^completed /m.test(said) && settle(); });
	})).catch(() => {});
	child.kill('SIGKILL');
	return said;
}

const all = pieces('README.md', 'etc/doc/shop.md');
ok(all.filter(([kind]) => kind === 'sh').length > 5, `the documents have commands to run (${all.length} pieces)`);
for (const [kind, text] of all) {
	const name = text.split('\n')[0].slice(0, 90);
	if (kind === 'as' || /^make\b/.test(text))
		continue;
	if (kind === 'js') {
		like(await listen(text), /^completed 100 /m, `${name}: prints the end of an analysis`);
		continue;
	}
	const { code, said, stderr } = shell(text);
	ok(code === 0 && !/"success": ?false|"error": ?["{]/.test(said), `${name}: the command succeeds`, `status ${code}`, said.slice(0, 500), stderr.slice(0, 500));
}

server.kill('SIGINT');
is((await server.ended()).code, 0, 'make run exits with status 0 on Ctrl-C');
await allGone(dir);
await done();
