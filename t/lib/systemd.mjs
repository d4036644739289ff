// systemd.mjs -- a real systemd as process 1 of a PID namespace of its own, on the network of the test: what a unit does under it.
//
// The root directory is the host's but for /etc, /run and /usr/local, which are copies; the units are those in `dir`/units and nothing else.
// makeInstall() fills them by `make install`. Needs root, unshare, and a cgroup2 hierarchy; whatever the reason is that it does not come up,
// startSystemd() returns it.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { atEnd } from './tap.mjs';
import { until } from './until.mjs';

const boot = `set -e
mount --make-rprivate /
mount -t proc proc /proc
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind "$DIR/etc" /etc
mount --bind "$DIR/local" /usr/local
mount -t tmpfs -o mode=755 tmpfs /run
mount -o bind,ro /proc/sys /proc/sys
exec env -i PATH="$PATH" container=other SYSTEMD_UNIT_PATH="$DIR/units" /lib/systemd/systemd --system --unit=rest.target --log-target=console --show-status=no`;

// `make install`, as root and without DESTDIR, in a mount namespace where all that it writes is in `dir`: etc (a copy of the host's, without a
// user dure), local, units, sysusers, tmpfiles. Its exit status and what it said.
const installation = `set -e
mount --make-rprivate /
cp -a /etc "$DIR/etc"
for f in passwd group shadow gshadow; do [ ! -e "$DIR/etc/$f" ] || sed -i /^dure:/d "$DIR/etc/$f"; done
rm -rf "$DIR/etc/dure"
mkdir "$DIR/local" "$DIR/units" "$DIR/sysusers" "$DIR/tmpfiles"
mount --bind "$DIR/etc" /etc
mount --bind "$DIR/local" /usr/local
mount --bind "$DIR/units" /usr/lib/systemd/system
mount --bind "$DIR/sysusers" /usr/lib/sysusers.d
mount --bind "$DIR/tmpfiles" /usr/lib/tmpfiles.d
exec make -s -o all install B="$BUILD"`;

export function makeInstall(dir, root, build) {
	const env = { PATH: process.env.PATH, DIR: dir, BUILD: build };
	const r = spawnSync('unshare', ['--mount', 'sh', '-c', installation], { cwd: root, env, encoding: 'utf8', timeout: 60000 });
	return { code: r.status, stdout: r.stdout, stderr: r.stderr };
}

// The least that units refer to.
const targets = { 'rest.target': '', 'sysinit.target': '', 'basic.target': '', 'sockets.target': '', 'shutdown.target': '' };

// { run(command, ...args): { code, stdout, stderr }, log() }; or a sentence why there is none. `dir`: scratch, with etc, local and
// units as they are to be found.
export async function startSystemd(dir) {
	if (process.getuid() !== 0)
		return 'only root can make namespaces';
	if (!fs.existsSync('/lib/systemd/systemd'))
		return 'no systemd is installed';
	const mounted = fs.readFileSync('/proc/mounts', 'utf8').split('\n').map((l) => l.split(' ')).find((m) => m[2] === 'cgroup2' && /\brw\b/.test(m[3]));
	if (!mounted)
		return 'there is no cgroup2 that could be written to';
	for (const [name, text] of Object.entries(targets))
		fs.writeFileSync(path.join(dir, 'units', name), `[Unit]\nDefaultDependencies=no\n${text}`);
	const group = path.join(mounted[1], `dure-test-${process.pid}`), logFile = path.join(dir, 'systemd.log'), out = fs.openSync(logFile, 'a');
	try {
		fs.mkdirSync(group);
	} catch (e) {
		return `no group can be made: ${e.message}`;
	}
	const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', 'echo $$ >"$GROUP/cgroup.procs" && exec unshare --kill-child --pid --mount --cgroup --uts --ipc --fork sh -c "$BOOT"'],
		{ stdio: ['ignore', out, out], env: { ...process.env, GROUP: group, BOOT: boot, DIR: dir } });
	const gone = new Promise((settle) => child.once('exit', settle));
	const log = () => fs.readFileSync(logFile, 'utf8');
	const removeGroup = (at) => {
		for (const e of fs.readdirSync(at, { withFileTypes: true }))
			if (e.isDirectory())
				removeGroup(path.join(at, e.name));
		fs.rmdirSync(at);
	};
	// All of the name space dies with its first process, also when the test is ended early.
	const end = () => {
		const pid = first();
		try { pid > 0 && process.kill(pid, 'SIGKILL'); } catch { /* it has just ended */ }
		child.kill('SIGKILL');
	};
	process.on('exit', end);
	atEnd(async () => {
		end();
		await gone;
		await until(() => { try { removeGroup(group); return true; } catch (e) { return e.code === 'ENOENT'; } }, { what: 'the last process to be gone' });
	});
	const first = () => { try { return Number(fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()); } catch { return 0; } };
	const run = (command, ...args) => {
		const r = spawnSync('nsenter', ['-t', String(first()), '--pid', '--mount', '--cgroup', '--uts', '--ipc', command, ...args], { encoding: 'utf8', timeout: 120000 });
		return { code: r.status, stdout: r.stdout, stderr: r.stderr };
	};
	const up = await until(() => child.exitCode !== null || (first() > 0 && run('systemctl', 'is-system-running').stdout.trim() === 'running'), { ms: 15000, every: 100 })
		.catch(() => false);
	return up && child.exitCode === null ? { run, log } : `systemd does not come up here: ${log().slice(-300)}`;
}
