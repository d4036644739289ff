// nginx.mjs -- a real nginx of the test's own, with etc/nginx/dure.conf as it is shipped but for ports, certificate and log.
//
//	const n = await startNginx([dure], { conf: shippedConf });	n.url (plain), n.secure (https), n.port, n.log(), n.pids()
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { background, family, root, scratchDir } from './dure.mjs';
import { freePort } from './ports.mjs';
import { atEnd } from './tap.mjs';
import { until } from './until.mjs';

const env = { PATH: `${process.env.PATH}:/usr/sbin` };

// Why there is none; undefined where there is.
export function lacksNginx() {
	try {
		execFileSync('nginx', ['-v'], { stdio: 'ignore', env });
	} catch {
		return 'nginx is not installed';
	}
}

// Whether it was built with this module.
export const nginxHas = (module) => spawnSync('nginx', ['-V'], { encoding: 'utf8', env }).stderr.includes(`--with-${module}`);

// An authority and its certificate for localhost in `dir`: ca.pem, crt.pem, key.pem.
export function certify(dir) {
	const run = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
	fs.writeFileSync(path.join(dir, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
	const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
	run('req', '-x509', ...curve, '-subj', '/CN=an authority of the tests', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem');
	run('req', ...curve, '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'csr.pem');
	run('x509', '-req', '-in', 'csr.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names', '-out', 'crt.pem');
}

// The shipped configuration, with HTTP/3 where nginx has it; what it does on 443 is on `tls`, and without TLS on `plain` too; what it does on 80 on
// `redirect`.
export function shippedConf(dures, { dir, plain, tls, redirect }) {
	const server = `\tserver 127.0.0.1:${dures[0].port} max_fails=3 fail_timeout=30s;`;
	const wanted = [[/^\tserver 127\.0\.0\.1:3001 max_fails=3 fail_timeout=30s;$/m, server], [/^\tlisten \[::\]:(80|443 ssl http2);$/mg, ''],
		[/^\tlisten 80;$/m, `\tlisten 127.0.0.1:${redirect};`], [/^\tlisten 443 ssl http2;$/m, `\tlisten 127.0.0.1:${tls} ssl http2;\n\tlisten 127.0.0.1:${plain};`],
		['/etc/ssl/dure/fullchain.pem', `${dir}/crt.pem`], ['/etc/ssl/dure/privkey.pem', `${dir}/key.pem`],
		[/\/var\/log\/nginx\/dure\.log/g, `${dir}/access.log`], [/\/var\/www\/(dure|acme)/g, `${dir}/www`]];
	const shipped = (name) => fs.readFileSync(path.join(root, 'etc/nginx', name), 'utf8');
	if (nginxHas('http_v3_module'))
		wanted.push([/^\t#include \/etc\/nginx\/dure\/http3\.conf;$/m, shipped('http3.conf').replace('listen 443 quic', `listen 127.0.0.1:${tls} quic`)
			.replace(/^listen \[::\].*$/m, '').replace('h3=":443"', `h3=":${tls}"`)]);
	let text = shipped('dure.conf');
	for (const [from, to] of wanted) {
		if (text.search(from) < 0)
			throw new Error(`etc/nginx/dure.conf lacks ${from}`);
		text = text.replace(from, to);
	}
	return text;
}

// `conf(dures, ports)` is what stands in its http block; it must serve /api/v1/health/live on `plain`.
export async function startNginx(dures, { conf = shippedConf } = {}) {
	const dir = scratchDir(), file = path.join(dir, 'nginx.conf');
	const ports = { dir, plain: await freePort(), tls: await freePort(), redirect: await freePort() };
	certify(dir);
	fs.mkdirSync(path.join(dir, 'www'));
	fs.writeFileSync(file, `
${process.getuid() === 0 ? 'user root;' : ''}
worker_processes 1; pid ${dir}/nginx.pid; error_log ${dir}/error.log;
events { worker_connections 512; }
http {
	access_log off;
	client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
	${conf(dures, ports)}
}
`);
	const child = background(path.join(dir, 'nginx.log'), 'TERM', 'nginx', ['-p', dir, '-c', file, '-g', 'daemon off;'], { env });
	atEnd(async () => { child.kill('SIGTERM'); await child.gone; });
	const url = `http://127.0.0.1:${ports.plain}`;
	const live = async () => { try { return (await fetch(`${url}/api/v1/health/live`)).ok; } catch { return false; } };
	await until(live, { what: `nginx: ${fs.readFileSync(path.join(dir, 'nginx.log'), 'utf8')}` });
	const log = () => { try { return fs.readFileSync(path.join(dir, 'access.log'), 'utf8'); } catch { return ''; } };
	return { ...ports, url, secure: `https://127.0.0.1:${ports.tls}`, ca: fs.readFileSync(path.join(dir, 'ca.pem')), log, pids: () => family(child.pid).map((p) => p.pid) };
}
