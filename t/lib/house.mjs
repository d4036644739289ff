// house.mjs -- the project's own files, for the tests that read the house rather than run it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

// Every file that belongs to the project, relative to its root: what git would add; all files where git is not there.
export function files() {
	let list;
	try {
		list = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
	} catch {
		list = execFileSync('find', ['.', '(', '-name', '.git', '-o', '-name', '.run', '-o', '-name', 'build', '-o', '-name',
			'node_modules', ')', '-prune', '-o', '-type', 'f', '-printf', '%P\n'], { cwd: root, encoding: 'utf8' });
	}
	return list.split('\n').filter((f) => f !== '' && fs.existsSync(`${root}/${f}`)).sort();
}

export const read = (file) => fs.readFileSync(`${root}/${file}`, 'utf8');
export const exists = (file) => fs.existsSync(`${root}/${file}`);
