// wire.mjs -- the sockets' protocols by hand: a WebSocket that remembers, polling requests, frames as bytes.
import http from 'node:http';
import WebSocket from 'ws';
import { within } from './until.mjs';

export const wsUrl = (d, path) => d.url.replace('http', 'ws') + path;

// A WebSocket that remembers what came: await w.next() is the next message (text as a string, binary as a Buffer), await
// w.end the close code, await w.opened.
export function openSocket(d, path, options) {
	const w = new WebSocket(wsUrl(d, path), options);
	const seen = [], waiting = [];
	w.on('message', (data, binary) => {
		const m = binary ? data : data.toString();
		if (waiting.length > 0)
			waiting.shift()(m);
		else
			seen.push(m);
	});
	w.opened = new Promise((settle) => w.once('open', settle));
	w.end = new Promise((settle) => w.once('close', settle));
	w.on('error', () => {});
	w.next = () => within(10000, 'a message', seen.length > 0 ? Promise.resolve(seen.shift()) : new Promise((s) => waiting.push(s)));
	w.unread = seen;
	return w;
}
export const ends = (w) => within(10000, 'the end of the socket', w.end);

// Engine.IO over HTTP: const p = poller(d); const { sid } = await p.open(); await p.get(sid); await p.post(sid, '40').
export function poller(d, path = '/socket.io/', headers = {}) {
	const engine = `${d.url}${path}?EIO=4&transport=polling`;
	const call = async (url, options) => {
		const a = await fetch(url, { signal: AbortSignal.timeout(10000), headers, ...options });
		return { status: a.status, type: a.headers.get('content-type'), headers: a.headers, text: await a.text() };
	};
	return {
		call, engine,
		open: async () => JSON.parse((await call(engine)).text.slice(1)),
		get: (sid, more = '') => call(`${engine}&sid=${sid}${more}`),
		post: (sid, body) => call(`${engine}&sid=${sid}`, { method: 'POST', body }),
	};
}

// A frame of a client: first byte, payload; masked by a key of zeros, so that the payload stays readable.
export function frame(first, payload = '') {
	const p = Buffer.from(payload);
	const head = p.length < 126 ? [0x80 | p.length] : p.length < 65536 ? [0xfe, p.length >> 8, p.length & 255] :
		[0xff, 0, 0, 0, 0, p.length >>> 24, (p.length >> 16) & 255, (p.length >> 8) & 255, p.length & 255];
	return Buffer.concat([Buffer.from([first, ...head, 0, 0, 0, 0]), p]);
}

// A handshake by hand: { status, headers, socket, got (bytes so far), closed (promise: all bytes) }.
export function handshake(d, path, headers = {}) {
	const { hostname, port } = new URL(d.url);
	return within(10000, 'the handshake', new Promise((settle, reject) => {
		const rq = http.request({ hostname, port, path, headers: { Connection: 'Upgrade', Upgrade: 'websocket',
			'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers } });
		rq.end();
		rq.on('error', reject);
		rq.on('response', (a) => { a.resume(); settle({ status: a.statusCode, headers: a.headers }); });
		rq.on('upgrade', (a, socket, head) => {
			const c = { status: 101, headers: a.headers, socket, got: head };
			socket.on('data', (more) => { c.got = Buffer.concat([c.got, more]); });
			socket.on('error', () => {});
			c.closed = new Promise((end) => socket.on('close', () => end(c.got)));
			socket.on('end', () => socket.destroy());
			settle(c);
		});
	}));
}

// The frames in what a server sent: [{ first, payload }].
export function frames(bytes) {
	const all = [];
	for (let at = 0; at + 2 <= bytes.length;) {
		const first = bytes[at], short = bytes[at + 1];
		let n = short, head = 2;
		if (short === 126) { n = bytes.readUInt16BE(at + 2); head = 4; }
		if (short === 127) { n = Number(bytes.readBigUInt64BE(at + 2)); head = 10; }
		if (at + head + n > bytes.length)
			break;
		all.push({ first, payload: bytes.subarray(at + head, at + head + n) });
		at += head + n;
	}
	return all;
}

// Send bytes (or several writes of them) on a fresh connection to `path`; the close code that comes back, and the frames.
export async function closeCode(d, path, bytes, headers) {
	const c = await handshake(d, path, headers);
	c.socket.on('data', () => frames(c.got).at(-1)?.first === 0x88 && c.socket.end());
	for (const part of Array.isArray(bytes) && bytes.every(Buffer.isBuffer) ? bytes : [Buffer.from(bytes)])
		c.socket.write(part);
	const all = frames(await within(10000, 'the end of the socket', c.closed));
	const last = all.at(-1);
	return { code: last?.first === 0x88 ? (last.payload.length >= 2 ? last.payload.readUInt16BE(0) : 1005) : null, frames: all };
}
