#!/usr/bin/env t/lib/run
// 26-page-bundles.t -- the official browser bundles that Dure serves: as socket.io's own server does, in a real browser on pages of this
// and of another origin; and what is answered where they were missing at build time.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import zlib from 'node:zlib';
import { openBrowser, openPage } from './lib/browser.mjs';
import { binary, root, runCli, scratchDir, startDure } from './lib/dure.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';

const modules = path.join(root, 't/node_modules');
const names = ['', '.min', '.msgpack.min', '.esm.min'].flatMap((n) => [`socket.io${n}.js`, `socket.io${n}.js.map`]);
const version = JSON.parse(fs.readFileSync(`${modules}/socket.io-client/package.json`)).version;

const browser = await openBrowser();
const d = await startDure({ http: 2, env: { ANALYZER: 'off' } });

// Bytes as they come, without a client's own decompression.
const raw = (url, headers = {}, method = 'GET') => new Promise((settle, fail) => http.request(url, { headers, method, agent: false }, (res) => {
	const parts = [];
	res.on('data', (b) => parts.push(b)).on('end', () => settle({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts) }));
}).on('error', fail).end());

// socket.io's own server beside it, of the tests' packages.
async function startReference() {
	const { Server } = await import('socket.io');
	const server = http.createServer();
	new Server(server);
	await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
	atEnd(() => server.close());
	return `http://127.0.0.1:${server.address().port}`;
}

await test('the reference server', async () => {
	const reference = await startReference();
	const told = (r) => [r.status, r.headers['content-type'], r.headers.etag, r.headers['cache-control'], r.headers['content-encoding']];
	for (const name of names) {
		const at = `/socket.io/${name}`, file = fs.readFileSync(`${modules}/socket.io-client/dist/${name}`);
		const [ours, theirs] = await Promise.all([raw(d.url + at), raw(reference + at)]);
		ok(ours.body.equals(file) && theirs.body.equals(file), `${name} is the file of the package`);
		deep(told(ours), told(theirs), `${name} has the reference's type, ETag and cache rule: ${told(ours)}`);
		const [packed, theirPacked] = await Promise.all([raw(d.url + at, { 'accept-encoding': 'gzip' }), raw(reference + at, { 'accept-encoding': 'gzip' })]);
		ok(zlib.gunzipSync(packed.body).equals(file), `${name} is served compressed`);
		deep(told(packed), told(theirPacked), `${name} has the same headers as the reference when compressed`);
		const head = await raw(d.url + at, {}, 'HEAD');
		deep([head.status, Number(head.headers['content-length']), head.body.length], [200, file.length, 0], `HEAD ${name} answers its length and no body`);
		for (const etag of [`"${version}"`, `W/"${version}"`])
			deep([(await raw(d.url + at, { 'if-none-match': etag })).status, (await raw(reference + at, { 'if-none-match': etag })).status], [304, 304], `${name} answers 304 to ${etag}`);
	}
	is((await raw(`${d.url}/socket.io/socket.io.js?v=1&t=x`)).status, 200, 'the bundle ignores a query');
	is((await raw(`${d.url}/socket.io/socket.io.js`, { 'if-none-match': '"4.0.0"' })).status, 200, 'the bundle answers 200 to the ETag of another version');
	is((await raw(`${d.url}/socket.io/socket.io.js`)).headers['x-content-type-options'], 'nosniff', 'the bundle has nosniff');
	is((await raw(`${d.url}/socket.io/socket.io.js`, { origin: 'https://shop.example' })).headers['access-control-allow-origin'], 'https://shop.example', 'the bundle allows another origin');
});

await test('beside the transports', async () => {
	const open = await raw(`${d.url}/socket.io/?EIO=4&transport=polling`);
	like(open.body.toString(), /^0\{"sid":/, 'a polling request goes to the fanout process');
	const file = await raw(`${d.url}/socket.io/socket.io.js?EIO=4&transport=polling`);
	like(file.body.subarray(0, 60).toString(), /Socket\.IO v/, 'the bundle is served with the query of a transport');
	is((await raw(`${d.url}/socket.io/socket.io.js`, { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
		'sec-websocket-key': crypto.randomBytes(16).toString('base64') })).status, 200, 'the bundle does not upgrade to a WebSocket');
	is((await raw(`${d.url}/socket.io/socket.io.exe`)).status, 404, 'an unknown file answers 404');
	is((await raw(`${d.url}/socket.io/socket.io.js`, {}, 'POST')).status, 405, 'POST to the bundle answers 405');
});

const joined = `new Promise((settle, fail) => { socket.on('connect_error', fail); socket.on('connected', (e) => settle(typeof e.clientId)); })`;

await test('a page of this origin', async () => {
	const page = await openPage(browser, `${d.url}/`);
	await page.addScriptTag({ url: '/socket.io/socket.io.js' });
	is(await page.evaluate(`{ const socket = io(); ${joined} }`), 'string', 'io() of the script bundle connects');
	is(await page.evaluate(`import('/socket.io/socket.io.esm.min.js').then(({ io }) => { const socket = io(); return ${joined}; })`), 'string',
		'io() of the ESM bundle connects');
	await page.addScriptTag({ url: '/vendor/hls.min.js' });
	is(await page.evaluate('typeof Hls.isSupported'), 'function', 'hls.js loads');
	deep(page.faults, [], 'the bundles report no error on the console');
});

await test('a page of another origin', async () => {
	const html = `<!doctype html><title>shop</title><link rel="icon" href="data:,"><script src="${d.url}/socket.io/socket.io.min.js"></script>
		<script type="module">import { io } from '${d.url}/socket.io/socket.io.esm.min.js'; window.esm = io;</script>`;
	const shop = http.createServer((req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end(html));
	await new Promise((settle) => shop.listen(0, 'localhost', settle));
	atEnd(() => shop.close());
	const page = await openPage(browser, `http://localhost:${shop.address().port}/`);
	is(await page.evaluate(`{ const socket = io('${d.url}'); ${joined} }`), 'string', 'io() of the minified bundle connects from another origin');
	is(await page.evaluate(`{ const socket = window.esm('${d.url}'); ${joined} }`), 'string', 'io() of the ESM bundle connects from another origin');
	await page.addScriptTag({ url: `${d.url}/socket.io/socket.io.msgpack.min.js` });
	is(await page.evaluate('typeof io'), 'function', 'the msgpack bundle loads from another origin');
	deep(page.faults.filter((f) => !f.startsWith('another host')), [], 'the bundles report no error on the console of another origin');
});

await test('bundles missing at build time', async () => {
	const dir = scratchDir();
	const bare = await startDure({ http: 2, env: { ANALYZER: 'off', VENDOR_DIR: dir } });
	const ask = client(bare.url);
	const answer = await ask.get('/socket.io/socket.io.js', { headers: { 'accept-language': 'en' } });
	deep([answer.status, answer.body.error.code], [404, 'BUNDLE_NOT_INSTALLED'], 'a missing bundle answers BUNDLE_NOT_INSTALLED');
	like(answer.body.error.message, /npm.*make vendor.*dure reload/, 'the answer says how to install the bundles');
	const script = await raw(`${bare.url}/vendor/hls.min.js`, { 'sec-fetch-dest': 'script', 'accept-language': 'en' });
	deep([script.status, script.headers['content-type']], [404, 'application/javascript; charset=utf-8'], 'a missing bundle answers a script tag with a script');
	like(script.body.toString(), /^\/\/ BUNDLE_NOT_INSTALLED: .*make vendor/, 'the script has the reason as a comment');
	is((await raw(`${bare.url}/socket.io/?EIO=4&transport=polling`)).status, 200, 'sockets connect without the bundles');
	const lines = bare.log().split('\n').filter((l) => l.includes('"missing"')).map((l) => JSON.parse(l));
	deep(lines.map((l) => [l.level, l.directory]), [['warn', dir]], 'the log warns of missing bundles once');
	like(lines[0].missing, /^socket\.io\.js, .*hls\.min\.js$/, 'the warning names the missing bundles');

	fs.writeFileSync(`${dir}/socket.io.js`, '/* mine */');
	is(bare.cli('reload').code, 0, 'a reload succeeds');
	const mine = await raw(`${bare.url}/socket.io/socket.io.js`, { 'accept-encoding': 'gzip' });
	is(mine.body.toString(), '/* mine */', 'a reload serves a bundle installed meanwhile');
	like(mine.headers.etag, /^"[0-9a-f]{16}"$/, 'a bundle without a version has an ETag of its contents');
	fs.rmSync(`${dir}/socket.io.js`);
	is((await raw(`${bare.url}/socket.io/socket.io.js`)).body.toString(), '/* mine */', 'a bundle deleted meanwhile is served from memory');
});

await test('fetching and installing', async () => {
	const dir = scratchDir(), bin = path.join(dir, 'bin');
	const vendor = (env, ...args) => spawnSync('/bin/sh', ['etc/dev/vendor', ...args], { cwd: root, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: dir, ...env } });
	fs.mkdirSync(bin);
	for (const tool of ['cat', 'cut'])
		fs.symlinkSync(spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim(), path.join(bin, tool));
	const none = vendor({ PATH: bin }, `${dir}/a`);
	deep([none.status, /no npm.*404.*make vendor/.test(none.stderr), fs.existsSync(`${dir}/a`)], [0, true, false], 'etc/dev/vendor without npm warns and lets a build go on');
	is(vendor({ PATH: bin }, '--must', `${dir}/a`).status, 1, 'etc/dev/vendor --must fails without npm');
	const away = { npm_config_registry: 'http://127.0.0.1:9' };
	const first = vendor(away, `${dir}/b`), second = vendor(away, `${dir}/b`);
	deep([first.status, /could not fetch/.test(first.stderr), second.status, second.stderr], [0, true, 0, ''], 'etc/dev/vendor without a registry warns once an hour');
	is(vendor(away, '--must', `${dir}/b`).status, 1, 'etc/dev/vendor --must fails without a registry');

	const made = spawnSync('make', ['-s', 'install', `B=${path.dirname(binary)}`, `DESTDIR=${dir}/out`], { cwd: root, encoding: 'utf8' });
	is(made.status, 0, 'make install succeeds', made.stderr);
	const installed = await startDure({ command: `${dir}/out/usr/local/bin/dure`, env: { ANALYZER: 'off', SOCKET_IO_PATH: '/live/updates' } });
	deep([(await raw(`${installed.url}/live/updates/socket.io.js`)).headers.etag, (await raw(`${installed.url}/vendor/hls.min.js`)).status],
		[`"${version}"`, 200], 'an installed server finds the installed bundles');
	ok(fs.existsSync(`${dir}/out/usr/local/share/dure/vendor/hls.js.LICENSE`), 'make install installs the licences of the bundles');

	// The same server has Socket.IO elsewhere: SOCKET_IO_PATH.
	const there = '/live/updates/', gone = await Promise.all(['?EIO=4&transport=polling', 'socket.io.js', 'socket.io.esm.min.js.map']
		.map((name) => raw(`${installed.url}/socket.io/${name}`)));
	deep(gone.map((r) => r.status), [404, 404, 404], 'the default path serves neither sockets nor bundles when SOCKET_IO_PATH is set');
	for (const options of [{ path: there }, { path: there, transports: ['polling'] }, { path: '/live/updates', addTrailingSlash: false }]) {
		const s = await ioConnect(installed.url, options);
		is((await s.ask('join-product-room', 'tea')).ok, true, `a client with ${JSON.stringify(options)} connects and subscribes`);
		s.close();
	}
	const page = await openPage(browser, `${installed.url}/`);
	await page.waitForSelector('#connection[data-state=online]');
	ok(true, 'the demo page connects at SOCKET_IO_PATH');
	await page.click('#tab-socket');
	like(await page.textContent('#snippet'), /io\(dure, \{ path: '\/live\/updates\/' \}\)/, "the demo page's code example names SOCKET_IO_PATH");
	is(await page.evaluate(`import('/channels.js').then(({ Channels }) => new Promise((settle) => {
		const line = new Channels(['/'], () => null);
		line.on('', 'state', (state) => state === 'online' && settle(state));
		line.start();
	}))`), 'online', 'the other pages connect at SOCKET_IO_PATH');
	await page.addScriptTag({ url: `${there}socket.io.js` });
	is(await page.evaluate(`{ const socket = io({ path: '${there}' }); ${joined} }`), 'string', 'the bundle served at SOCKET_IO_PATH connects');
	deep(page.faults, [], 'SOCKET_IO_PATH causes no error on the console');
	for (const [taken, why] of [['/ws', /SOCKET_IO_PATH is the path of another route/], ['/api/live', /SOCKET_IO_PATH: "\/api\/live" is not a path of its own/]])
		like(runCli({ ...installed.env, SOCKET_IO_PATH: taken }, 'config', 'check').stderr, why, `config check refuses SOCKET_IO_PATH=${taken}`);
});

await done();
