#!/usr/bin/env t/lib/run
// 06-house-examples.t -- etc/examples: `dure config check` takes each file, as an installation would have it, and each is wrong without its secrets.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from './lib/dure.mjs';
import { files, read, root } from './lib/house.mjs';
import { certify, lacksNginx, shippedConf } from './lib/nginx.mjs';
import { deep, done, is, isnt, like, ok, skip, test } from './lib/tap.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dure-t-'));
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
const examples = files().filter((f) => /^etc\/(examples\/[^/]*\.(conf|env)|deb\/dure\.conf)$/.test(f) && !/nginx/.test(f));
ok(examples.length >= 6, `${examples.length} examples`);
const hex = (c) => c.repeat(64), base = { PATH: process.env.PATH };
const secrets = { ...base, JWT_SECRET: hex('1'), JWT_REFRESH_SECRET: hex('2'), API_KEY_SECRET: hex('3'), ENCRYPTION_KEY: hex('4'), KAFKA_SASL_PASSWORD: 'x',
	DATABASE_URL: 'postgresql://dure:x@db.example.com/dure?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt' };
for (const file of examples) {
	const url = /managed/.test(file) ? 'rediss://:x@cache.example.com:6380/0' : 'redis://:x@cache.example.com:6379/0';
	const given = { ...secrets, ...(/^REDIS_URL=/m.test(read(file)) ? {} : { REDIS_URL: url }) };
	const installed = path.join(dir, path.basename(file));
	fs.writeFileSync(installed, read(file), { mode: 0o640 });
	const check = (env) => runCli(env, 'config', 'check', '-c', installed);
	deep(check(given), { code: 0, signal: null, stdout: `The configuration is good (${installed} and environment).\n`, stderr: '' }, `${file} is good`);
	const { code, stderr } = check(base);
	deep([code, /JWT_SECRET/.test(stderr)], [1, true], `${file} holds no secret, and is refused without`);
	like(read(file), /^NODE_ENV=production$/m, `${file} is strict`);
}
fs.writeFileSync(path.join(dir, 'wrong.conf'), read('etc/examples/one-machine.conf').replace('HTTP_WORKERS=2', 'HTTP_WORKERS=two'), { mode: 0o640 });
like(read('etc/examples/one-machine.conf'), /^HTTP_WORKERS=2$/m, 'one of them sets the workers');
isnt(runCli(secrets, 'config', 'check', '-c', path.join(dir, 'wrong.conf')).code, 0, 'a wrong value would be found');

await test('the upstream of two hosts', () => {
	const upstream = (text) => text.match(/^upstream dure \{\n([^}]*)\}/m)[1];
	const ours = upstream(read('etc/examples/two-hosts-nginx.conf')), shipped = upstream(read('etc/nginx/dure.conf'));
	const general = (s) => [...new Set(s.replace(/server \S+:/g, 'server HOST:').trim().split(/\s*\n\s*/))];
	deep(general(ours), general(shipped), 'differs from that of nginx/dure.conf by the hosts alone');
	if (lacksNginx())
		return skip(lacksNginx(), 'nginx takes it');
	const at = path.join(dir, 'nginx'), file = path.join(at, 'nginx.conf');
	fs.mkdirSync(at);
	certify(at);
	const nginx = (upstream) => {
		const block = shippedConf([{ port: 3001 }], { dir: at, plain: 1, tls: 2, redirect: 3 }).replace(/^upstream dure \{[^}]*\}/m, () => upstream);
		fs.writeFileSync(file, `pid ${at}/pid; error_log ${at}/error.log; events {} http { access_log off; ${block} }`);
		return spawnSync('nginx', ['-t', '-q', '-p', at, '-c', file, '-e', `${at}/error.log`], { encoding: 'utf8', env: { PATH: `${process.env.PATH}:/usr/sbin` } }).status;
	};
	const theirs = read('etc/examples/two-hosts-nginx.conf');
	is(nginx(theirs), 0, 'nginx takes it in the place of the shipped one');
	isnt(nginx(theirs.replace('least_conn', 'lest_conn')), 0, 'and would find a word that it does not know');
});

if (spawnSync('systemd-analyze', ['--version']).status !== 0) skip('systemd is not installed', 'the units');
else await test('the units', () => {
	const units = path.join(dir, 'units');
	fs.mkdirSync(path.join(units, 'dure.socket.d'), { recursive: true });
	for (const unit of ['dure.service', 'dure.socket', 'dure-backup.service', 'dure-backup.timer'])
		fs.writeFileSync(path.join(units, unit), read(`etc/systemd/${unit}`).replace(/^(Exec\w+=)\S+/mg, '$1/bin/true'));
	fs.copyFileSync(path.join(root, 'etc/examples/socket-activation.socket'), path.join(units, 'dure.socket.d/port.conf'));
	const verify = () => spawnSync('systemd-analyze', ['verify', '--man=no', ...fs.readdirSync(units).filter((f) => !f.endsWith('.d')).map((f) => path.join(units, f))], { encoding: 'utf8' });
	const { status, stderr } = verify();
	deep([status, stderr.split('\n').filter((l) => l.includes(units))], [0, []], 'systemd takes them, with the drop-in');
	fs.appendFileSync(path.join(units, 'dure.socket.d/port.conf'), 'ListenStreams=1\n');
	like(verify().stderr, /Unknown key.*ListenStreams/, 'and would find a key that there is not');
});
await done();
