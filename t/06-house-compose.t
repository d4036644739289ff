#!/usr/bin/env t/lib/run
// 06-house-compose.t -- etc/compose: valid by the compose schema, complete only with every secret, and as small and as closed as it is promised to be.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { call, tool } from './lib/deploy.mjs';
import { exists, read, root } from './lib/house.mjs';
import { deep, done, is, isnt, like, ok, skip, test } from './lib/tap.mjs';

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dure-t-'));
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));
const example = read('etc/compose/.env.example'), empty = [...example.matchAll(/^(\w+)=$/gm)].map((m) => m[1]);
const filled = example.replace(/^(\w+)=$/gm, (_, key) => `${key}=${key.toLowerCase().padEnd(64, '0')}`);
const text = read('etc/compose/compose.yaml');
const load = (checker, env) => {
	fs.writeFileSync(path.join(dir, 'env'), env);
	return call(checker, ['etc/compose/compose.yaml', path.join(dir, 'env')], { env: { PATH: process.env.PATH } });
};

deep(empty.filter((key) => !text.includes(`\${${key}:?`)), [], 'every secret of .env.example is asked for');
deep([...new Set([...text.matchAll(/\$\{(\w+)/g)].map((m) => m[1]))].filter((key) => !new RegExp(`^${key}=`, 'm').test(example)), [], 'and whatever is asked for is in it');

const { path: checker, why } = tool('compose');
if (!checker) skip(why, 'the compose schema');
else await test('the compose schema', () => {
	const r = load(checker, filled);
	if (!is(r.code, 0, 'the file is good', r.stderr))
		return;
	const { services, networks } = JSON.parse(r.stdout);
	deep(Object.keys(services).sort(), ['dure', 'grafana', 'kafka', 'migrate', 'nginx', 'postgres', 'prometheus', 'redis'], 'has every service');
	deep(Object.values(services).filter((s) => s.ports).flatMap((s) => s.ports.map((p) => `${p.host_ip ?? ''}:${p.published}/${p.protocol}`)).sort(),
		['127.0.0.1:3000/tcp', '127.0.0.1:9090/tcp', ':443/tcp', ':443/udp', ':80/tcp'], "publishes nginx to the world, the operator's pages to this machine, and no store");
	is(networks.stores.internal, true, 'keeps the stores to themselves');
	deep(Object.entries(services).filter(([name, s]) => name !== 'migrate' && !s.healthcheck?.test).map(([name]) => name), [], 'asks every service how it is');
	const { limits, reservations } = services.dure.deploy.resources;
	deep([limits, reservations], [{ cpus: 1, memory: String(1 << 30) }, { cpus: 0.5, memory: String(512 << 20) }], 'limits the server to 1 CPU and 1 GB, and reserves half');
	const { interval, timeout, start_period, retries } = services.dure.healthcheck;
	deep([interval, timeout, start_period, retries], ['30s', '3s', '40s', 3], 'at the times of the image');
	deep([services.dure.read_only, services.dure.cap_drop], [true, ['ALL']], 'lets it write nowhere');
	like(services.redis.command.join(' '), /--appendonly yes/, 'keeps what Redis has');
	is(services.dure.environment.REDIS_URL, 'redis://:redis_password00000000000000000000000000000000000000000000000000@redis:6379/0', 'fills the secrets in');
	is(services.dure.depends_on.migrate.condition, 'service_completed_successfully', 'migrates before it starts');
	const mounts = Object.values(services).flatMap((s) => s.volumes ?? []).filter((v) => v.type === 'bind').map((v) => v.source).filter((f) => f.startsWith(root));
	deep(mounts.filter((f) => !exists(path.relative(root, f))), [], `every file of ours that it mounts exists (${mounts.length})`);
	for (const key of empty) {
		const { code, stderr } = load(checker, filled.replace(new RegExp(`^${key}=.*`, 'm'), `${key}=`));
		isnt(code, 0, `without ${key} it is refused`);
		like(stderr, new RegExp(`${key}.*set it in .env`), 'and named');
	}
	fs.writeFileSync(path.join(dir, 'wrong.yaml'), text.replace('read_only: true', 'read_onyl: true'));
	isnt(call(checker, [path.join(dir, 'wrong.yaml'), path.join(dir, 'env')]).code, 0, 'a key that the schema does not know would be found');
});

await test('nginx', () => {
	const [, edits] = text.match(/sed (-e .*)\n/), out = path.join(dir, 'default.conf');
	is(call('sh', ['-c', `sed ${edits} etc/nginx/dure.conf >${out}`]).code, 0, 'the edit of its configuration works');
	const conf = fs.readFileSync(out, 'utf8');
	like(conf, /^\tserver dure:3001 /m, 'asks the container');
	like(conf, /^\tinclude \/etc\/nginx\/dure\/http3\.conf;$/m, 'speaks HTTP/3');
	ok(!conf.includes('/var/log') && conf.includes('access_log /dev/stdout dure'), 'logs to its output');
});

await test('Prometheus', () => {
	const at = path.join(dir, 'prometheus');
	fs.mkdirSync(at);
	fs.copyFileSync(path.join(root, 'etc/compose/prometheus.yml'), path.join(at, 'prometheus.yml'));
	fs.copyFileSync(path.join(root, 'etc/prometheus/alerts.yml'), path.join(at, 'alerts.yml'));
	const r = call('promtool', ['check', 'config', 'prometheus.yml'], { cwd: at });
	if (r.code === null)
		skip('promtool is not installed', 'its configuration');
	else
		is(r.code, 0, 'takes its configuration', r.stderr);
});

await done();
