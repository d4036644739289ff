#!/usr/bin/env t/lib/run
// 59-socket-handshake.t -- a handshake that has arrived when its connection is accepted takes the fast path (http/handshake.c), any other goes through
// the library: both give the same answer to any request, and working sockets.
import net from 'node:net';
import { request } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until, within } from './lib/until.mjs';
import { frame, frames } from './lib/wire.mjs';

const d = await startDure({ http: 1, ws: 1, env: { WS_PROTOCOL_TEST: 'true', CORS_ORIGINS: 'https://known.example', WS_DEFLATE_MIN: 1024 } });
const worker = d.pids().find((p) => /dure: http/.test(p.title)).pid;
const metric = async (line) => Number((await request(`${d.url}/metrics`)).text.match(new RegExp(`^${line} (\\d+)`, 'm'))?.[1] ?? 0);

const ENGINE = '/socket.io/?EIO=4&transport=websocket';
const head = (path, fields = {}, more = '') => `GET ${path} HTTP/1.1\r\n` + Object.entries({ Host: 'here', Connection: 'Upgrade', Upgrade: 'websocket',
	'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...fields })
	.filter(([, v]) => v !== null).map(([k, v]) => `${k}: ${v}\r\n`).join('') + more + '\r\n';

function connect() {
	return new Promise((settle, reject) => {
		const socket = net.connect(d.port, '127.0.0.1', () => settle(c));
		const c = { socket, got: Buffer.alloc(0), ended: false };
		socket.on('data', (more) => { c.got = Buffer.concat([c.got, more]); });
		socket.on('close', () => { c.ended = true; });
		socket.on('error', reject);
	});
}

// All of it is in the socket before the worker looks.
async function short(bytes) {
	process.kill(worker, 'SIGSTOP');
	try {
		const c = await connect();
		await new Promise((sent) => c.socket.write(bytes, sent));
		return c;
	} finally {
		process.kill(worker, 'SIGCONT');
	}
}

// The connection has been accepted with a part only: another one, accepted later, has been answered.
async function long(bytes) {
	const c = await connect();
	c.socket.write(bytes.subarray(0, 7));
	await request(`${d.url}/api/v1/health/live`);
	c.socket.write(bytes.subarray(7));
	return c;
}

// The answer: its status line, its fields but for those that differ anyway, what came behind.
async function answerOf(way, bytes) {
	const c = await way(Buffer.from(bytes, 'latin1'));
	await until(() => c.got.includes('\r\n\r\n') || c.ended, { what: 'an answer' });
	const end = c.got.indexOf('\r\n\r\n'), lines = c.got.toString('latin1', 0, end < 0 ? 0 : end).split('\r\n');
	c.status = lines.shift();
	c.fields = lines.filter((l) => !/^(date|x-ratelimit-\S+):/i.test(l)).map((l) => l.replace(/^(x-request-id: )[0-9a-f-]{36}$/i, '$1(made)')).sort();
	c.rest = () => c.got.subarray(end + 4);
	return c;
}

async function alike(what, bytes, status) {
	const a = await answerOf(short, bytes), b = await answerOf(long, bytes);
	ok(a.status.startsWith(`HTTP/1.1 ${status}`), `${what} is answered ${status}`, a.status);
	deep([a.status, a.fields], [b.status, b.fields], `${what}: both paths give the same answer`);
	for (const c of [a, b])
		c.socket.destroy();
}

await test('accepted handshakes', async () => {
	const before = await metric('active_connections');
	for (const [what, bytes] of [
		['plain', head(ENGINE)],
		['another origin', head(ENGINE, { Origin: 'https://elsewhere.example' })],
		['a known origin', head(ENGINE, { Origin: 'https://known.example' })],
		['an id of the client\'s', head(ENGINE, { 'X-Request-Id': 'mine-1' })],
		['permessage-deflate', head(ENGINE, { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' })],
		['long headers', head(ENGINE, { 'User-Agent': 'x'.repeat(2000), Cookie: 'a=b; c=d', 'X-Other': '\t v \t ', 'Accept-Language': 'en' })],
		['names in lower case', head(ENGINE, { Host: null, Connection: null, 'Sec-WebSocket-Version': null }, 'host: here\r\nconnection:Upgrade\r\nsec-websocket-version:  13\r\n')],
		['a list of connection options', head(ENGINE, { Connection: 'keep-alive, Upgrade' })],
		['upgrade in another case', head(ENGINE, { Upgrade: 'WebSocket' })],
		['the plain channel', head('/ws')],
		['the echo', head('/echo')],
		['a target in absolute form', head(`http://here${ENGINE}`)],
	])
		await alike(what, bytes, '101');
	await until(async () => await metric('active_connections') <= before, { what: 'the library to have none of them' });
});

await test('refused handshakes', async () => {
	for (const [what, bytes, status] of [
		['another version', head(ENGINE, { 'Sec-WebSocket-Version': '8' }), 426],
		['no key', head(ENGINE, { 'Sec-WebSocket-Key': null }), 400],
		['a bad key', head(ENGINE, { 'Sec-WebSocket-Key': 'short' }), 400],
		['no host', head(ENGINE, { Host: null }), 400],
		['two hosts', head(ENGINE, {}, 'Host: there\r\n'), 400],
		['an unknown path', head('/nowhere'), 404],
		['a path without sockets', head('/api/v1/health/live'), 200],
		['another method', head(ENGINE).replace('GET', 'DELETE'), 400],
		['two lengths', head(ENGINE, { 'Content-Length': '0' }, 'Transfer-Encoding: chunked\r\n'), 400],
		['no connection option', head(ENGINE, { Connection: 'keep-alive' }), 400],
	])
		await alike(what, bytes, status);
	const outdated = '{"code":5,"message":"Unsupported protocol version"}';
	for (const query of ['?EIO=3&transport=websocket', '?EIO=3&transport=polling', '?transport=websocket', '?EIO=44&transport=websocket',
		'?transport=websocket&EIO=3&t=abc']) {
		const bytes = head(`/socket.io/${query}`);
		await alike(`an upgrade by ${query}`, bytes, 400);
		const a = await answerOf(long, bytes);
		await until(() => a.rest().includes('}') || a.ended, { what: 'a body' });
		is(a.rest().toString(), outdated, `${query} is answered with the error of Engine.IO`);
		a.socket.destroy();
	}
	is((await request(`${d.url}/socket.io/?EIO=3&transport=polling`)).text, outdated, 'an outdated protocol is answered with the same error over polling');
});

await test('doubtful requests go through the library', async () => {
	for (const [what, bytes] of [
		['a folded field', head(ENGINE, {}, 'X-Folded: a\r\n b\r\n')],
		['a space before the colon', head(ENGINE, {}, 'X-Spaced : a\r\n')],
		['a control character', head(ENGINE, {}, 'X-Bell: \x07\r\n')],
		['a bare line feed', head(ENGINE, {}, 'X-Bare: a\nX-More: b\r\n')],
		['a field without a name', head(ENGINE, {}, ': a\r\n')],
		['HTTP/1.0', head(ENGINE).replace('HTTP/1.1', 'HTTP/1.0')],
		['two spaces', head(ENGINE).replace('GET ', 'GET  ')],
	]) {
		const a = await answerOf(short, bytes), b = await answerOf(long, bytes);
		is(a.status, b.status, `${what}: both paths give ${b.status || 'no answer'}`);
		a.socket.destroy();
		b.socket.destroy();
	}
});

await test('sockets', async () => {
	const joined = Buffer.concat([Buffer.from(head(ENGINE)), frame(0x81, '40')]).toString('latin1');
	for (const [name, way] of [['the fast path', short], ['the library', long]]) {
		const c = await answerOf(way, joined);
		const texts = () => frames(c.rest()).map((f) => f.payload.toString());
		await until(() => texts().some((t) => t.startsWith('40')), { what: 'the namespace' });
		is(texts()[0][0], '0', `${name}: the open packet comes first`);
		ok(true, `${name}: frames behind the request are read`);
		c.socket.destroy();
		const e = await answerOf(way, head('/echo'));
		e.socket.write(frame(0x81, 'hello'));
		await until(() => frames(e.rest()).length > 0, { what: 'the echo' });
		is(frames(e.rest())[0].payload.toString(), 'hello', `${name}: an echo comes back`);
		e.socket.destroy();
	}
});

await test('many handshakes at once', async () => {
	process.kill(worker, 'SIGSTOP');
	const all = await Promise.all([...Array(50)].map(async (_, i) => {
		const c = await connect();
		c.socket.write(i % 10 === 0 ? head(ENGINE, { 'Sec-WebSocket-Version': '8' }) : head(ENGINE));
		return c;
	}));
	process.kill(worker, 'SIGCONT');
	await within(20000, 'all answers', until(() => all.every((c) => c.got.includes('\r\n\r\n')), { ms: 20000, what: 'answers' }));
	is(all.filter((c) => c.got.toString().startsWith('HTTP/1.1 101')).length, 45, '45 of 50 concurrent handshakes are accepted, and the others refused');
	await until(() => all.every((c) => !c.got.toString().startsWith('HTTP/1.1 101') || c.got.includes('"sid"')), { what: 'every open packet' });
	is(new Set(all.map((c) => c.got.toString().match(/"sid":"([^"]+)"/)?.[1]).filter(Boolean)).size, 45, 'each accepted handshake has a session of its own');
	for (const c of all)
		c.socket.destroy();
});

await done();
