// deploy.mjs -- the tools that check a deployment's files (t/deploy/build): what each says, or why it is not to be had.
//
// `make test-deploy` builds those that are missing; else only what is built already is used.
import { spawnSync } from 'node:child_process';
import { root } from './house.mjs';

// { path } or { why }. `build`: it is built now, within two minutes, where Go is.
export function tool(name, { build = false } = {}) {
	const env = build ? { DEPLOY_BUILD_SECONDS: '120', ...process.env } : { DEPLOY_BUILD: 'no', ...process.env };
	const r = spawnSync('t/deploy/build', [name], { cwd: root, encoding: 'utf8', env });
	return r.status === 0 ? { path: r.stdout.trim() } : { why: (r.stderr || String(r.error)).trim() };
}

// One call from the top of the checkout: { code, stdout, stderr }.
export function call(command, args, options = {}) {
	const r = spawnSync(command, args, { cwd: root, encoding: 'utf8', timeout: 120000, maxBuffer: 64 << 20, ...options });
	return { code: r.status, stdout: r.stdout, stderr: r.stderr };
}
