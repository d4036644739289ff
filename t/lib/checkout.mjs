// checkout.mjs -- a checkout as far as `make run`'s script is concerned, and the script running in it.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { background, binary, isAlive, root, scratchDir } from './dure.mjs';
import { slower, until, within } from './until.mjs';

export function checkout() {
	const dir = scratchDir();
	fs.chmodSync(dir, 0o711);
	fs.cpSync(`${root}/etc`, `${dir}/etc`, { recursive: true });
	fs.symlinkSync(`${root}/sql`, `${dir}/sql`);
	return dir;
}

export const clean = {
	...Object.fromEntries(Object.entries(process.env).filter(([k]) => /^(PATH|HOME|LANG|TMPDIR)$/.test(k))),
	ASAN_OPTIONS: 'detect_stack_use_after_return=0', LSAN_OPTIONS: `suppressions=${root}/t/lib/lsan.supp:print_suppressions=0`,
};

export function run(dir, port, env = {}) {
	const log = path.join(dir, `log.${port}`);
	fs.rmSync(log, { force: true });
	const child = background(log, 'TERM', `${dir}/etc/dev/run`, [], {
		cwd: dir, env: { ...clean, DURE: binary, PORT: String(port), HTTP_WORKERS: '1', ...env },
	});
	child.log = () => fs.readFileSync(log, 'utf8');
	child.ended = () => within(40000, `the run to end, log:\n${child.log()}`, child.gone);
	child.isReady = () => until(() => /^Ctrl-C stops/m.test(child.log()) || !isAlive(child), { ms: 60000, what: 'Dure is ready' });
	return child;
}

// ./dure of the checkout, called from another directory: { code, stdout, stderr }.
export function dure(dir, args, { env = {}, input = '' } = {}) {
	const r = spawnSync(`${dir}/dure`, args.map(String), { cwd: '/', env: { ...clean, ...env }, input, encoding: 'utf8', timeout: 120000 * slower });
	return { code: r.status, stdout: r.stdout, stderr: r.stderr };
}

// Processes that belong to the checkout: their directory, an argument or their environment lies in it.
export function processesOf(dir) {
	return fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n) && Number(n) !== process.pid).filter((n) => {
		try {
			return fs.readlinkSync(`/proc/${n}/cwd`).startsWith(dir) ||
			    fs.readFileSync(`/proc/${n}/environ`, 'latin1').includes(`DURE_RUN_DIR=${dir}`);
		} catch {
			return false;
		}
	});
}
export const allGone = (dir) => until(() => processesOf(dir).length === 0, { ms: 15000, what: `${processesOf(dir)} to end` });
