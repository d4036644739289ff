// gopeer.mjs -- builds a peer of the benchmarks that is written in Go, once in the user's cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './dure.mjs';

// { program } of t/bench/NAME, or { why } there is none: no Go, or no modules.
export function buildGoPeer(name) {
	const from = path.join(root, 't/bench', name), names = fs.readdirSync(from);
	const hash = createHash('sha256').update(names.map((n) => fs.readFileSync(path.join(from, n))).join('')).digest('hex').slice(0, 12);
	const dir = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), `dure/${name}-${hash}`), program = path.join(dir, 'peer');
	if (fs.existsSync(program))
		return { program };
	fs.cpSync(from, dir, { recursive: true });
	const r = spawnSync('sh', ['-c', 'go mod tidy && go build -o peer .'], { cwd: dir, encoding: 'utf8', timeout: 300000 });
	return r.status === 0 ? { program } : { why: (r.stderr || r.error?.message || 'no Go').trim().split('\n').at(-1) };
}
