#!/usr/bin/env t/lib/run
// 04-house-debian.t -- every supported Debian release: which packages etc/dev/deps asks for, that the suite runs with Debian's own node,
// and that neither the suite nor the compiler's flags depend on what only one release has.
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

// The packages that a group asks for where none is installed, the PATH has another node, and the user may not install.
const asked = (maintainer, ...groups) => call(programs({
	id: 'echo 1000', sudo: 'exit 1', node: 'echo v99', npm: 'echo 99', 'dpkg-query': `case "$*" in *Maintainer*) echo '${maintainer}' ;; esac`,
}), 'etc/dev/deps', ...groups);
const debian = 'Debian Javascript Maintainers <pkg-javascript-devel@lists.alioth.debian.org>';

await test('the packages', async () => {
	const suite = asked(debian, 'test');
	is(suite.status, 1, 'etc/dev/deps fails where packages are missing and cannot be installed');
	like(suite.stderr, /apt-get install.* nodejs/, "etc/dev/deps names Debian's nodejs though another node is in the PATH");
	is(asked(debian, 'debian-node').status, 0, "etc/dev/deps keeps Debian's own node");
	like(asked('Another Vendor <support@example.org>', 'debian-node').stderr, /--allow-downgrades.* nodejs npm/, "etc/dev/deps replaces another vendor's node where debian-node is asked for");
	unlike(asked('Another Vendor <support@example.org>', 'test').stderr, /downgrade/, "etc/dev/deps leaves another vendor's node alone otherwise");
	unlike(asked(debian, 'build', 'run', 'test', 'lint', 'kafka').stderr, /-\d+-dev|\b(libclang-rt|clang|gcc|postgresql)-\d/, 'no package name is tied to one release');
});

await test('the node of the suite', async () => {
	const dir = programs({ node: 'echo "not ok 1 - a node from the PATH"' }), file = path.join(dir, 'which.t');
	fs.writeFileSync(file, '#!/usr/bin/env t/lib/run\nconsole.log(process.execPath);\n');
	const { stdout } = call(dir, 't/lib/run', file);
	is(stdout.trim(), fs.existsSync('/usr/bin/node') ? fs.realpathSync('/usr/bin/node') : 'not ok 1 - a node from the PATH', "t/lib/run uses Debian's node where there is one");
});

await test('the libraries', async () => {
	const { status, stdout } = spawnSync('etc/dev/libraries', [binary], { cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH } });
	const packages = stdout.trim().split('\n');
	is(status, 0, "etc/dev/libraries knows the packages of the binary's libraries");
	deep(['libmicrohttpd', 'libhiredis', 'libpq', 'librdkafka', 'libcrypt', 'libc'].filter((l) => !packages.some((p) => new RegExp(`^${l}[\\d.]+(t64)?$`).test(p))), [],
		`etc/dev/libraries names this release's package of each library (${packages.join(' ')})`);
	unlike(read('Dockerfile'), /\blib\w+\d/, 'the Dockerfile names no library package');
});

await test('the warnings', async () => {
	const words = (...args) => call(scratchDir(), 'make', '-s', '--no-print-directory', '--eval=words:;@echo $(WARN)', ...args, 'words').stdout;
	like(words(), /-Wall -Wextra/, 'the Makefile asks for -Wall and -Wextra');
	unlike(words(), /-Werror/, 'a plain build does not turn warnings into errors');
	like(words('WERROR=-Werror'), /-Werror/, 'WERROR=-Werror turns warnings into errors');
	is(read('Makefile').match(/^\t@\$\(MAKE\) B=build\/lint-.*WERROR=-Werror/gm)?.length, 2, 'make lint turns warnings into errors for both compilers');
	like(read('.ci/run'), /^export WERROR=-Werror$/m, 'continuous integration turns warnings into errors');
});

const ours = files().filter((f) => /^t\/.*\.(t|mjs|bench)$/.test(f) && f !== 't/04-house-debian.t').map((f) => [f, read(f)]);
const none = (re, name) => deep(ours.filter(([, s]) => re.test(s)).map(([f]) => f), [], name);
ok(ours.length > 100, `the test reads the files of the suite (${ours.length})`);
none(/new Redis\((?!\{ host: '127\.0\.0\.1')/, 'tests connect to Redis by address, not by a name that may resolve to ::1');
none(/\.getSetCookie\(/, "no test uses getSetCookie, which Debian 12's node lacks");
none(/'node',\s+(\[|path)/, 'a test starts node programs with its own node');
await done();
