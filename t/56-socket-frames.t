#!/usr/bin/env t/lib/run
// 56-socket-frames.t -- RFC 6455 and RFC 7692 against the raw echo: every size, fragments with control frames between, text cut anywhere, what
// is refused and with which code, the close handshake; permessage-deflate offered in every way, and decompression bombs.
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { ioConnect, request } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { update } from './lib/room.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until, within } from './lib/until.mjs';
import { closeCode, ends, frame, frames, handshake, openSocket } from './lib/wire.mjs';

const d = await startDure({ env: { WS_PROTOCOL_TEST: 'true', WS_MAX_PAYLOAD: 1000000, WS_DEFLATE_MIN: 1024 } });
const deflate = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const TEXT = 0x81, BINARY = 0x82, PACKED = 0x40, CLOSE = 0x88, PING = 0x89, PONG = 0x8a;
const bye = frame(CLOSE, Buffer.from([3, 232]));

// Send these frames and a close; the frames that come back, without the close, and its code.
async function play(parts, headers) {
	const { code, frames: all } = await closeCode(d, '/echo', [...parts, bye], headers);
	return { code, got: all.slice(0, -1).map((f) => [f.first, f.payload.toString('latin1')]) };
}
const protocolDrops = async () => Number((await request(`${d.url}/metrics`)).text.match(/^ws_drops_total\{.*protocol.*\} (\d+)/m)?.[1] ?? 0);
const utf8 = (s) => Buffer.from(s).toString('latin1');

await test('sizes', async () => {
	for (const options of [{ perMessageDeflate: false }, { perMessageDeflate: { threshold: 0 } }]) {
		const w = openSocket(d, '/echo', options);
		await w.opened;
		is(w.extensions, options.perMessageDeflate ? 'permessage-deflate' : '', `permessage-deflate is ${options.perMessageDeflate ? '' : 'not '}negotiated`);
		for (const n of [0, 1, 125, 126, 127, 128, 1023, 1024, 65535, 65536, 999999]) {
			const text = 'é*'.repeat(n).slice(0, n >> 1), bytes = Buffer.concat([crypto.randomBytes(n >> 1), Buffer.alloc(n - (n >> 1))]);
			w.send(text);		/* one after the other: both together are more than WS_QUEUE_BYTES for a client that is slow */
			const back = await w.next();
			w.send(bytes);
			ok(back === text && bytes.equals(await w.next()), `text and binary of ${n} bytes come back, ${w.extensions || 'uncompressed'}`);
		}
		w.close(4321, '잘 가');
		is(await ends(w), 4321, 'the close code comes back');
	}
});

await test('fragments', async () => {
	const parts = [frame(0x01, 'frag'), frame(PING, 'a'), frame(0x00, 'ment'), frame(PING, 'b'), frame(0x00, ''), frame(0x80, 's'), frame(BINARY, 'next')];
	const want = [[PONG, 'a'], [PONG, 'b'], [TEXT, 'fragments'], [BINARY, 'next']];
	deep((await play(parts)).got, want, 'fragments are one message, and pings between them are answered at once');
	deep((await play([Buffer.concat(parts)])).got, want, 'fragments in one TCP segment are one message');
	const bytes = Buffer.concat([...parts, bye]);
	const c = await handshake(d, '/echo');
	c.socket.setNoDelay(true);
	for (const byte of bytes)
		c.socket.write(Buffer.from([byte]));
	deep(frames(await c.closed).slice(0, -1).map((f) => [f.first, f.payload.toString()]), want, 'fragments sent byte by byte are one message');
	deep((await play([frame(0x01, ''), frame(0x00, ''), frame(0x80, '')])).got, [[TEXT, '']], 'empty fragments are an empty message');
	deep((await play([frame(PONG, 'unasked'), frame(TEXT, 'x')])).got, [[TEXT, 'x']], 'an unsolicited pong is ignored');
	deep((await play([frame(PING, 'p'.repeat(125))])).got, [[PONG, 'p'.repeat(125)]], 'a ping may have 125 bytes');
	const many = Array.from({ length: 1000 }, (_, i) => frame(i === 0 ? 0x02 : i === 999 ? 0x80 : 0x00, 'y'));
	is((await play([Buffer.concat(many)])).got[0][1].length, 1000, 'a thousand fragments of one byte are one message');
});

await test('masks', async () => {
	const c = await handshake(d, '/echo');
	const key = crypto.randomBytes(4), text = Buffer.from('masked by a key of its own');
	c.socket.write(Buffer.concat([Buffer.from([TEXT, 0x80 | text.length]), key, text.map((b, i) => b ^ key[i & 3]), bye]));
	is(frames(await c.closed)[0].payload.toString(), text.toString(), "the mask is removed with the client's key");
});

await test('faulty frames', async () => {
	for (const [what, code, parts] of [
		['an unmasked frame', 1002, [Buffer.from([TEXT, 1, 0x33])]],
		...[0x10, 0x20, 0x30, 0x40, 0x70].map((bit) => [`reserved bits ${bit}`, 1002, [frame(TEXT | bit, 'x')]]),
		...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((op) => [`opcode ${op}`, 1002, [frame(0x80 | op, '')]]),
		['a ping of 126 bytes', 1002, [frame(PING, 'p'.repeat(126))]],
		['a ping in fragments', 1002, [frame(0x09, 'p')]],
		['a close in fragments', 1002, [frame(0x08, '')]],
		['a continuation of nothing', 1002, [frame(0x80, 'x')]],
		['a continuation after the end', 1002, [frame(0x01, 'a'), frame(0x80, 'b'), frame(0x80, 'c')]],
		['a message within another', 1002, [frame(0x01, 'a'), frame(TEXT, 'b')]],
		['a length of 64 bits', 1002, [Buffer.from([BINARY, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]],
		['too long a frame', 1009, [Buffer.from([BINARY, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x41, 0, 0, 0, 0])]],
		['fragments that are too long together', 1009, [frame(0x02, 'x'.repeat(600000)), frame(0x80, 'x'.repeat(400001))]],
		['text that is no UTF-8', 1007, [frame(TEXT, Buffer.from([0xce, 0xba, 0xff]))]],
		['text that ends within a character', 1007, [frame(TEXT, Buffer.from([0xce, 0xba, 0xe1, 0xbd]))]],
		['a surrogate', 1007, [frame(TEXT, Buffer.from([0xed, 0xa0, 0x80]))]],
		['an overlong form', 1007, [frame(TEXT, Buffer.from([0xc0, 0xaf]))]],
		['a character beyond the last', 1007, [frame(TEXT, Buffer.from([0xf4, 0x90, 0x80, 0x80]))]],
	])
		is((await closeCode(d, '/echo', parts)).code, code, `${what} is closed with ${code}`);
});

await test('text in fragments', async () => {
	const text = 'κόσμε 한글 \u{1f600}', bytes = Buffer.from(text);
	for (let cut = 1; cut < bytes.length; cut += 3)
		deep((await play([frame(0x01, bytes.subarray(0, cut)), frame(0x80, bytes.subarray(cut))])).got, [[TEXT, utf8(text)]],
			`text may be cut at byte ${cut}`);
	const c = await handshake(d, '/echo');
	c.socket.write(frame(0x01, Buffer.from([0x61, 0xed, 0xa0])));		// the message is not complete and never will be
	is(frames(await within(5000, 'the close', c.closed)).at(-1).payload.readUInt16BE(0), 1007, 'bad UTF-8 is refused before the message is complete');
});

await test('close', async () => {
	for (const [what, payload, code] of [['empty', [], 1005], ['1000', [3, 232], 1000], ['a reason', [3, 232, 98, 121, 101], 1000],
		['3000', [11, 184], 3000], ['4999', [19, 135], 4999], ['1003', [3, 235], 1003], ['1011', [3, 243], 1011],
		['one byte', [3], 1002], ['999', [3, 231], 1002], ['1004', [3, 236], 1002], ['1005', [3, 237], 1002], ['1006', [3, 238], 1002],
		['1015', [3, 247], 1002], ['1016', [3, 248], 1002], ['2999', [11, 183], 1002], ['5000', [19, 136], 1002], ['65535', [255, 255], 1002],
		['a reason that is no UTF-8', [3, 232, 0xff], 1007]])
		is((await closeCode(d, '/echo', [frame(CLOSE, Buffer.from(payload))])).code, code, `a close with ${what} is answered with ${code}`);
	deep((await closeCode(d, '/echo', [Buffer.concat([bye, frame(TEXT, 'late'), frame(PING, 'late')])])).frames.length, 1, 'frames after a close are ignored');
	const took = [];
	for (let i = 0; i < 5; i++) {
		const began = Date.now();
		await closeCode(d, '/echo', [bye]);
		took.push(Date.now() - began);
	}
	ok(Math.min(...took) < 2000, 'the connection ends at once after the close, without a timeout', took.join());
});

await test('negotiation', async () => {
	const none = 'server_no_context_takeover; client_no_context_takeover';
	for (const [offer, want] of [
		['permessage-deflate', `permessage-deflate; ${none}`],
		['permessage-deflate; client_max_window_bits', `permessage-deflate; ${none}`],
		['PerMessage-Deflate;client_max_window_bits="10" ; server_no_context_takeover', `permessage-deflate; ${none}`],
		['permessage-deflate; server_max_window_bits=15', `permessage-deflate; ${none}; server_max_window_bits=15`],
		['permessage-deflate; server_max_window_bits=10, permessage-deflate', `permessage-deflate; ${none}; server_max_window_bits=10`],
		['permessage-deflate; server_max_window_bits=9', `permessage-deflate; ${none}; server_max_window_bits=9`],
		['permessage-deflate; server_max_window_bits=8, permessage-deflate', `permessage-deflate; ${none}`],
		['x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover', `permessage-deflate; ${none}`],
		...['permessage-deflate; server_max_window_bits=8', 'permessage-deflate; server_max_window_bits', 'permessage-deflate; unknown',
			'permessage-deflate; client_max_window_bits=16', 'permessage-deflate; client_max_window_bits=08',
			'permessage-deflate; server_no_context_takeover=1', 'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
			'permessage-bzip2', '', 'permessage-deflate;', '; ;', 'permessage-deflate; client_max_window_bits="9'].map((o) => [o, undefined]),
	]) {
		const c = await handshake(d, '/echo', { 'Sec-WebSocket-Extensions': offer });
		is(c.headers['sec-websocket-extensions'], want, `"${offer}" ${want ? 'is accepted' : 'is declined'}`);
		c.socket.write(Buffer.concat([frame(TEXT, 'plain'), bye]));
		is(frames(await c.closed)[0].payload.toString(), 'plain', `the socket works after the offer "${offer}"`);
	}
});

const packed = (data, options) => zlib.deflateRawSync(data, { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);

await test('deflated messages', async () => {
	const text = 'a text that repeats itself '.repeat(100);
	const { got } = await play([frame(TEXT | PACKED, packed(text)), frame(TEXT, text), frame(TEXT | PACKED, packed('short'))], deflate);
	const back = got.slice(0, 2).map(([, p]) => zlib.inflateRawSync(Buffer.concat([Buffer.from(p, 'latin1'), Buffer.from([0, 0, 255, 255])]),
		{ finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString());
	deep([got.map(([f]) => f), back], [[TEXT | PACKED, TEXT | PACKED, TEXT], [text, text]], 'compressed messages come back compressed when large enough');
	ok(got[0][1] === got[1][1], 'each message is compressed independently');
	is(got[2][1], 'short', 'a small message comes back uncompressed');
	const p = packed(text);
	deep((await play([frame(0x01 | PACKED, p.subarray(0, 5)), frame(PING, 'x'), frame(0x00, p.subarray(5, 20)), frame(0x80, p.subarray(20))], deflate))
		.got.map(([f]) => f), [PONG, TEXT | PACKED], 'a compressed message may arrive in fragments');
	const noise = crypto.randomBytes(5000);
	deep((await play([frame(BINARY, noise)], deflate)).got, [[BINARY, noise.toString('latin1')]], 'incompressible data is sent uncompressed');
	const last = zlib.deflateRawSync('hello');	// with a final block, RFC 7692 7.2.3.4
	deep((await play([frame(TEXT | PACKED, Buffer.concat([last, Buffer.from([0])]))], deflate)).got, [[TEXT, 'hello']], 'a final block does not end the stream');
	deep((await play([frame(TEXT | PACKED, Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]))], deflate)).got, [[TEXT, 'Hello']], 'the example of the RFC is decompressed');
	deep((await play([frame(TEXT | PACKED, Buffer.from([0]))], deflate)).got, [[TEXT, '']], 'an empty compressed message is decompressed');
});

await test('a small window', async () => {
	const text = [...Array(3000).keys()].join() + 'far '.repeat(10), far = text + text;
	const { got } = await play([frame(TEXT | PACKED, packed(far)), frame(TEXT, far)],
		{ 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=9' });
	deep(got, [[TEXT, far], [TEXT, far]], 'a window of 9 bits is met uncompressed, and compressed input is accepted');
});

await test('faults in compressed messages', async () => {
	for (const [what, code, parts, headers] of [
		['a deflated message where none was negotiated', 1002, [frame(TEXT | PACKED, packed('x'))], {}],
		['a deflated continuation', 1002, [frame(0x01 | PACKED, packed('x')), frame(0x80 | PACKED, packed('x'))]],
		['a deflated ping', 1002, [frame(PING | PACKED, 'x')]],
		['what is not deflated', 1007, [frame(TEXT | PACKED, Buffer.from([0xff, 0xff, 0xff, 0xff]))]],
		['text that is no UTF-8', 1007, [frame(TEXT | PACKED, packed(Buffer.from([0x61, 0xff])))]],
		['a bomb', 1009, [frame(BINARY | PACKED, packed(Buffer.alloc(1000001)))]],
		['a large one', 1009, [frame(BINARY | PACKED, packed(Buffer.alloc(200000000)))]],
	])
		is((await closeCode(d, '/echo', parts, headers ?? deflate)).code, code, `${what} is closed with ${code}`);
	is((await play([frame(BINARY | PACKED, packed(Buffer.alloc(1000000)))], deflate)).code, 1000, 'a message that inflates to the limit is accepted');
});

await test('one broadcast to every kind of member', async () => {
	const member = async (headers) => {
		const c = await handshake(d, '/ws', headers);
		c.socket.write(frame(TEXT, '{"type":"subscribe","taskId":"all"}'));
		await until(() => c.got.includes('subscribed'));
		c.got = Buffer.alloc(0);
		return c;
	};
	const [one, two, plain] = [await member(deflate), await member(deflate), await member()];
	const upgraded = await ioConnect(d.url, { transports: ['polling', 'websocket'] });
	await until(() => upgraded.io.engine.transport.name === 'websocket', { what: 'the upgrade' });
	await upgraded.ask('subscribe-analysis', 'all');
	const message = 'much text of the same kind '.repeat(500);
	await Promise.all([update(d, 'all', { progress: 1, message }), update(d, 'all', { progress: 2 })]);
	await until(() => [one, two, plain].every((c) => frames(c.got).length === 2));
	ok(one.got.equals(two.got) && one.got.length < plain.got.length / 10, 'members with permessage-deflate get the same compressed bytes');
	deep([one, plain].map((c) => frames(c.got).map((f) => f.first)), [[TEXT | PACKED, TEXT], [TEXT, TEXT]], 'small events are sent uncompressed');
	is((await upgraded.next('analysis-update', (p) => p.progress === 1))[0].message, message, 'a member that upgraded from polling gets the message');
	[one, two, plain].forEach((c) => c.socket.destroy());
	upgraded.disconnect();
});

await test('after a protocol error', async () => {
	const broken = [['a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])], ['a close of 126 bytes', frame(CLOSE, Buffer.alloc(126))],
		['half a close code', frame(CLOSE, Buffer.from([3]))], ['bad UTF-8', frame(TEXT, Buffer.from([0xff]))]];
	for (const [what, bytes] of broken) {
		const took = [];
		for (let i = 0; i < 5; i++) {
			const c = await handshake(d, '/echo');
			const began = Date.now();
			c.socket.write(bytes);
			await within(5000, 'the end', c.closed);
			took.push(Date.now() - began);
		}
		ok(Math.min(...took) < 1000, `${what}: TCP ends right after the server's close frame, without a timeout`, took.join());
	}
	const c = await handshake(d, '/echo');
	c.socket.write(frame(0x83, ''));
	await until(() => c.got.length > 0, { what: 'the close' });
	const before = await protocolDrops();
	for (let i = 0; i < 50; i++)
		c.socket.write(Buffer.concat([frame(TEXT, 'late'), bye, frame(0x83, ''), Buffer.alloc(20000, 0xff)]));
	const all = frames(await within(5000, 'the end', c.closed));
	deep([all.length, all[0].first, all[0].payload.readUInt16BE(0)], [1, CLOSE, 1002], 'bytes after the close are not read as frames');
	is(await protocolDrops(), before, 'bytes after the close are not counted as another fault');
	const busy = await handshake(d, '/echo');
	busy.socket.write(Buffer.concat([frame(TEXT, 'before'), frame(0x83, ''), Buffer.alloc(1000000, 0x81)]));
	const got = frames(await within(5000, 'the end', busy.closed)).map((f) => [f.first, f.payload.toString('latin1')]);
	deep(got, [[TEXT, 'before'], [CLOSE, '\x03\xea']], 'a peer that is still writing gets every frame sent, including the close');
});

await test('a peer that does not close', async () => {
	const c = await handshake(d, '/echo');
	c.socket.write(frame(0x83, ''));
	await within(20000, 'the end', c.closed);
	ok(true, 'a peer that does not close its connection is cut off');
});

await done();
