// postgres.mjs -- a PostgreSQL of the test's own, for tests that restart it: const pg = await startPostgres(); pg.url; pg.stop(); pg.start().
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { background, isAlive, runCli, scratchDir } from './dure.mjs';
import { freePort } from './ports.mjs';
import { atEnd } from './tap.mjs';
import { until } from './until.mjs';

// The newest one installed, and whose it is when we are root.
export function findServer() {
	const versions = fs.readdirSync('/usr/lib/postgresql').sort((a, b) => b - a);
	return path.join('/usr/lib/postgresql', versions[0], 'bin');
}
const idOf = (flag) => execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim();

// Commits reach the operating system before they are acknowledged, so that they outlive stop('SIGQUIT'); no disk is waited for.
export async function startPostgres(settings = {}) {
	const dir = scratchDir(), data = path.join(dir, 'pg'), log = path.join(dir, 'pg.log'), bin = findServer(), port = await freePort();
	const owner = process.getuid() === 0 ? ['--reuid', idOf('-u'), '--regid', idOf('-g'), '--clear-groups'] : [];
	if (owner.length > 0) {
		fs.chmodSync(dir, 0o711);
		fs.mkdirSync(data, { mode: 0o700 });
		fs.chownSync(data, Number(owner[1]), Number(owner[3]));
	}
	const run = (...args) => execFileSync('setpriv', [...owner, '--', ...args], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'], input: 'CREATE ROLE dure LOGIN\nCREATE DATABASE dure OWNER dure\n' });
	run(`${bin}/initdb`, '-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'trust', '--no-sync');
	run(`${bin}/postgres`, '--single', '-D', data, 'postgres');
	const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'off', shared_buffers: '64MB', max_connections: 100, ...settings };
	const server = {
		port, dir, data, bin, owner, url: `postgres://dure@127.0.0.1:${port}/dure`,
		async start() {
			server.child = background(log, 'QUIT', 'setpriv', [...owner, '--pdeathsig', 'QUIT', '--', `${bin}/postgres`, '-D', data,
				...Object.entries(all).flatMap(([k, v]) => ['-c', `${k}=${v}`])], { cwd: '/' });
			await until(() => {
				if (!isAlive(server.child))
					throw new Error(`PostgreSQL ended: ${fs.readFileSync(log, 'utf8').slice(-2000)}`);
				try { execFileSync(`${bin}/pg_isready`, ['-q', '-h', '127.0.0.1', '-p', port]); return true; } catch { return false; }
			}, { ms: 60000, what: 'PostgreSQL to start' });
		},
		async stop(signal = 'SIGQUIT') {
			server.child.kill(signal);
			await server.child.gone;
		},
	};
	await server.start();
	atEnd(() => isAlive(server.child) && server.stop('SIGINT'));
	const migrated = runCli({ PATH: process.env.PATH, DATABASE_URL: server.url }, 'migrate', 'up');
	if (migrated.code !== 0)
		throw new Error(`no tables: ${migrated.stderr}`);
	return server;
}
