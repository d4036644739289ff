// freezer.mjs -- stop processes for a while, as a paused virtual machine or a starved host does: a whole tree at one instant by the
// cgroup freezer (v2, else v1), or by SIGSTOP where neither is allowed or with FROZEN_BY=SIGSTOP; single processes by SIGSTOP.
import fs from 'node:fs';
import { atEnd } from './tap.mjs';
import { until } from './until.mjs';

const places = [
	{ how: 'cgroup v2', root: '/sys/fs/cgroup', needs: 'cgroup.controllers', file: 'cgroup.freeze', on: '1', off: '0', frozen: (dir) => /frozen 1/.test(fs.readFileSync(`${dir}/cgroup.events`, 'utf8')) },
	{ how: 'cgroup v2', root: '/sys/fs/cgroup/unified', needs: 'cgroup.procs', file: 'cgroup.freeze', on: '1', off: '0', frozen: (dir) => /frozen 1/.test(fs.readFileSync(`${dir}/cgroup.events`, 'utf8')) },
	{ how: 'cgroup v1', root: '/sys/fs/cgroup/freezer', needs: 'cgroup.procs', file: 'freezer.state', on: 'FROZEN', off: 'THAWED', frozen: (dir) => fs.readFileSync(`${dir}/freezer.state`, 'utf8').trim() === 'FROZEN' },
];

export const signal = (pid, name) => { try { process.kill(pid, name); return true; } catch { return false; } };
const goOn = (pids) => pids.forEach((pid) => signal(pid, 'SIGCONT'));

// A freezer for the processes that `pids()` lists, and for all that they fork: { how, freeze(), thaw() }.
export function makeFreezer(pids) {
	for (const place of process.env.FROZEN_BY === 'SIGSTOP' ? [] : places) {
		const dir = `${place.root}/dure-test-${process.pid}`;
		try {
			if (!fs.existsSync(`${place.root}/${place.needs}`))
				continue;
			fs.mkdirSync(dir);
			if (!fs.existsSync(`${dir}/${place.file}`))
				throw new Error('no freezer');
			pids().forEach((pid) => fs.writeFileSync(`${dir}/cgroup.procs`, String(pid)));
		} catch {
			try { fs.rmdirSync(dir); } catch { /* was not made */ }
			continue;
		}
		const set = (text) => fs.writeFileSync(`${dir}/${place.file}`, text);
		let over = false;		// a loop that still freezes when its test has failed would keep the tree from ending
		const release = () => { over = true; set(place.off); };
		process.on('exit', () => { try { release(); goOn(pids()); } catch { /* the cgroup is gone */ } });
		atEnd(async () => {
			release();
			for (const pid of fs.readFileSync(`${dir}/cgroup.procs`, 'utf8').split('\n').filter(Boolean))
				try { fs.writeFileSync(`${place.root}/cgroup.procs`, pid); } catch { /* it has ended */ }
			await until(() => { try { fs.rmdirSync(dir); return true; } catch { return false; } }, { what: 'the cgroup to be empty' });
		});
		return {
			how: place.how,
			async freeze() {
				if (over)
					return;
				set(place.on);
				await until(() => over || place.frozen(dir), { every: 2, what: 'the freezer' });
			},
			thaw() { if (!over) set(place.off); },
		};
	}
	let stopped = new Set(), over = false;
	const thaw = () => goOn(stopped);
	const isStopped = (pid) => { try { return /\) [TtZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')); } catch { return true; } };
	// A process may fork between the list and its signal: another round finds the child.
	const stopAll = () => {
		const running = over ? [] : pids().filter((pid) => !isStopped(pid));
		running.forEach((pid) => { stopped.add(pid); signal(pid, 'SIGSTOP'); });
		return running.length === 0;
	};
	process.on('exit', () => goOn(pids()));		// interrupted, too: what is stopped does not end
	atEnd(() => { over = true; thaw(); });
	return {
		how: 'SIGSTOP',
		async freeze() {
			stopped = new Set();
			await until(stopAll, { every: 2, what: 'every process to be stopped' });
		},
		thaw,
	};
}
