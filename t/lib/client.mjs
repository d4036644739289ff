// client.mjs -- what a client of Dure uses in the tests: fetch, raw bytes, and the real socket.io-client.
import net from 'node:net';
import { io } from 'socket.io-client';
import { breach, judge } from './contract.mjs';
import { noteAck, noteEvent } from './events.mjs';
import { atEnd } from './tap.mjs';
import { within } from './until.mjs';

// One request: { status, headers, text, body }, body being the parsed JSON where the answer is JSON. `data` is sent as
// JSON unless it is a string or bytes. An answer that the OpenAPI document does not describe fails the test.
export async function request(url, { method, data, headers = {}, token, language, ms = 20000 } = {}) {
	const h = { ...headers };
	let body = data;
	if (data !== undefined && typeof data !== 'string' && !ArrayBuffer.isView(data)) {
		body = JSON.stringify(data);
		h['content-type'] ??= 'application/json';
	}
	if (token)
		h.authorization = `Bearer ${token}`;
	if (language)
		h['accept-language'] = language;
	const answer = await fetch(url, {
		method: method ?? (data === undefined ? 'GET' : 'POST'), headers: h, body, redirect: 'manual',
		signal: AbortSignal.timeout(ms),
	});
	const text = await answer.text();
	let parsed;
	if (/json/.test(answer.headers.get('content-type') ?? ''))
		try { parsed = JSON.parse(text); } catch { /* the test looks at text */ }
	const wrong = breach(method ?? (data === undefined ? 'GET' : 'POST'), url, answer, parsed);
	if (wrong)
		judge('the answer is as /openapi.json says', wrong);
	return { status: answer.status, headers: answer.headers, text, body: parsed };
}

// The cookies that an answer sets, each whole. Not by getSetCookie(), which the fetch of Debian 12's node has not.
export const setCookies = (answer) => (answer.headers.get('set-cookie') ?? '').split(/, (?=[^ ;,=]+=)/).filter(Boolean);

// The same with the address of one Dure: const http = client(d.url); await http.post('/api/analyze', {...}).
export function client(base, defaults = {}) {
	const call = (method) => (path, data, options) => request(base + path, { ...defaults, ...options, method, data });
	return {
		get: (path, options) => request(base + path, { ...defaults, ...options, method: 'GET' }),
		head: (path, options) => request(base + path, { ...defaults, ...options, method: 'HEAD' }),
		options: (path, options) => request(base + path, { ...defaults, ...options, method: 'OPTIONS' }),
		post: call('POST'), put: call('PUT'), patch: call('PATCH'), del: call('DELETE'),
	};
}

// Send bytes as they are and return, as latin1, what comes back until the peer closes or is silent for `quietMs`.
export function raw(port, bytes, { quietMs = 1000 } = {}) {
	return new Promise((settle) => {
		const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
		let got = '';
		const end = () => { socket.destroy(); settle(got); };
		socket.setTimeout(quietMs, end);
		socket.on('data', (chunk) => { got += chunk.toString('latin1'); });
		socket.on('error', end);
		socket.on('close', end);
	});
}

// A socket of the unchanged socket.io-client, connected (or throwing the connect_error). Beyond the client's own:
//	s.seen			[{ event, args, at }] all events that arrived, in order
//	await s.next(event, test?)	the arguments of the first such event not yet taken, arrived or to come
//	await s.ask(event, ...args)	what the server acknowledged
export async function ioConnect(url, { wait = true, ms = 10000, ...options } = {}) {
	const s = io(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options });
	const waiting = new Set();
	s.seen = [];
	s.onAny((event, ...args) => {
		if (s._pid && /^\d+(:\d+)?a?$/.test(args.at(-1)))
			args.pop();	// the offset by which a connection is recovered
		noteEvent(s, event, args[0]);
		s.seen.push({ event, args, at: Date.now(), taken: false });
		waiting.forEach((look) => look());
	});
	s.next = (event, test = () => true, limit = ms) => within(limit, `socket event ${event}`, new Promise((settle) => {
		const look = () => {
			const hit = s.seen.find((e) => !e.taken && e.event === event && test(...e.args));
			if (!hit)
				return;
			hit.taken = true;
			waiting.delete(look);
			settle(hit.args);
		};
		waiting.add(look);
		look();
	}));
	s.ask = async (event, ...args) => {
		const answer = await s.timeout(ms).emitWithAck(event, ...args);
		noteAck(s, event, answer);
		return answer;
	};
	s.all = (event) => s.seen.filter((e) => e.event === event).map((e) => e.args);
	atEnd(() => s.disconnect());
	if (wait)
		await within(ms, 'the socket to connect', new Promise((settle, reject) => {
			s.once('connect', settle);
			s.once('connect_error', reject);
		}));
	return s;
}
