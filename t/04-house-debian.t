#!/usr/bin/env t/lib/run
// 04-house-debian.t -- Dure at home on every Debian that it supports: which packages it asks for, that the suite runs with Debian's own node,
// and that neither it nor the compiler's flags rest on what only one of them has.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { files, read, root } from './lib/house.mjs';
import { binary, scratchDir } from './lib/dure.mjs';
import { deep, done, is, like, ok, test, unlike } from './lib/tap.mjs';

// A directory to be put in front of the PATH, with programs that say what they were called with.
function programs(scripts) {
	const dir = scratchDir();
	for (const [name, body] of Object.entries(scripts))
		fs.writeFileSync(path.join(dir, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
	return dir;
}
const call = (dir, command, ...args) => spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: 60000,
	env: { PATH: `${dir}:${process.env.PATH}`, HOME: process.env.HOME } });

// Which packages a group asks for where none is installed, a node of the user's own is in the PATH, and nobody may install.
const asked = (maintainer, ...groups) => call(programs({
	id: 'echo 1000', sudo: 'exit 1', node: 'echo v99', npm: 'echo 99', 'dpkg-query': `case "$*" in *Maintainer*) echo '${maintainer}' ;; esac`,
}), 'etc/dev/deps', ...groups);
const debian = 'Debian Javascript Maintainers <pkg-javascript-devel@lists.alioth.debian.org>';

await test('the packages', async () => {
	const suite = asked(debian, 'test');
	is(suite.status, 1, 'what nobody may install is a failure');
	like(suite.stderr, /apt-get install.* nodejs/, "which names Debian's node, though another is in the PATH");
	is(asked(debian, 'debian-node').status, 0, "Debian's node stays");
	like(asked('Another Vendor <support@example.org>', 'debian-node').stderr, /--allow-downgrades.* nodejs npm/, "another vendor's is replaced where that is asked for");
	unlike(asked('Another Vendor <support@example.org>', 'test').stderr, /downgrade/, 'and else left alone');
	unlike(asked(debian, 'build', 'run', 'test', 'lint', 'kafka').stderr, /-\d+-dev|\b(libclang-rt|clang|gcc|postgresql)-\d/, 'no package is of one release');
});

await test('the node of the suite', async () => {
	const dir = programs({ node: 'echo "not ok 1 - a node from the PATH"' }), file = path.join(dir, 'which.t');
	fs.writeFileSync(file, '#!/usr/bin/env t/lib/run\nconsole.log(process.execPath);\n');
	const { stdout } = call(dir, 't/lib/run', file);
	is(stdout.trim(), fs.existsSync('/usr/bin/node') ? fs.realpathSync('/usr/bin/node') : 'not ok 1 - a node from the PATH', "is Debian's where there is one");
});

await test('the libraries', async () => {
	const { status, stdout } = spawnSync('etc/dev/libraries', [binary], { cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH } });
	const packages = stdout.trim().split('\n');
	is(status, 0, 'of the binary are known');
	deep(['libmicrohttpd', 'libhiredis', 'libpq', 'librdkafka', 'libcrypt', 'libc'].filter((l) => !packages.some((p) => new RegExp(`^${l}[\\d.]+(t64)?$`).test(p))), [],
		`by the packages of this release (${packages.join(' ')})`);
	unlike(read('Dockerfile'), /\blib\w+\d/, 'so that the container need not name them');
});

await test('the warnings', async () => {
	const words = (...args) => call(scratchDir(), 'make', '-s', '--no-print-directory', '--eval=words:;@echo $(WARN)', ...args, 'words').stdout;
	like(words(), /-Wall -Wextra/, 'are all asked for');
	unlike(words(), /-Werror/, 'and stop nobody who builds Dure');
	like(words('WERROR=-Werror'), /-Werror/, 'but those who ask for that');
	is(read('Makefile').match(/^\t@\$\(MAKE\) B=build\/lint-.*WERROR=-Werror/gm)?.length, 2, 'as `make lint` does');
	like(read('.ci/run'), /^export WERROR=-Werror$/m, 'and continuous integration');
});

const ours = files().filter((f) => /^t\/.*\.(t|mjs|bench)$/.test(f) && f !== 't/04-house-debian.t').map((f) => [f, read(f)]);
const none = (re, name) => deep(ours.filter(([, s]) => re.test(s)).map(([f]) => f), [], name);
ok(ours.length > 100, `${ours.length} files of the suite`);
none(/new Redis\((?!\{ host: '127\.0\.0\.1')/, 'no Redis is looked for by a name that may be ::1 first');
none(/\.getSetCookie\(/, "what the fetch of Debian 12's node lacks is not used");
none(/'node',\s+(\[|path)/, 'what a test starts with node, it starts with its own');
await done();
