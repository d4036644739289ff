#!/usr/bin/env t/lib/run
// 59-clients.t -- the clients of other languages, unchanged: Java (official), Go, Rust, each over both transports: the handshake with auth,
// text, binary, acknowledgements, a room, an update, the end; then 300 times a polling client whose POST may overtake its GET.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import nodeFetch from 'node-fetch';
import { root, startDure } from './lib/dure.mjs';
import { update } from './lib/room.mjs';
import { atEnd, deep, done, is, skip, test } from './lib/tap.mjs';
import { slower } from './lib/until.mjs';

const TRIES = Number(process.env.CLIENT_TRIES || 300), only = new RegExp(process.env.CLIENTS || '.');
const d = await startDure({ http: 2, env: { WS_PROTOCOL_TEST: 'true', KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off' } });
const bytes = (...b) => ({ bytes: Buffer.from(b).toString('base64') });
const text = [1, '두 개', { three: [true, null] }], binary = [bytes(1, 2, 3)], mixed = ['x', bytes(), bytes(255, 0)];
const clients = [
	{ name: 'Java 2.0', build: ['java', '2.0.1'], messages: [text, binary, mixed] },
	{ name: 'Java 2.1', build: ['java', '2.1.2'], messages: [text, binary, mixed] },
	// By polling alone its library writes nothing behind the handshake, to the reference server neither.
	{ name: 'Go', build: ['go'], messages: [text, binary, mixed], lacks: ['polling'] },
	// One attachment is all that its library sends, and it sends a binary request as if it were an acknowledgement.
	{ name: 'Rust', build: ['rust'], messages: [text, binary], requests: [text] },
];
const ways = { websocket: ['websocket'], polling: ['polling'], 'polling, then upgrade': ['polling', 'websocket'] };

// The lines that the client printed, as [what, value].
async function play(command, transports) {
	const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command, d.url, ...transports], { stdio: ['ignore', 'pipe', 'inherit'] });
	const lines = [], over = new Promise((settle) => child.once('exit', settle));
	atEnd(() => child.kill('SIGKILL'));
	readline.createInterface({ input: child.stdout }).on('line', (line) => {
		const [what, ...rest] = line.split(' ');
		lines.push([what, rest.length > 0 ? JSON.parse(rest.join(' ')) : null]);
		if (what === 'room')
			update(d, 'client', { status: 'processing', progress: 47, message: '안녕' });
	});
	const limit = setTimeout(() => child.kill('SIGKILL'), 60000 * slower);
	is(await over, 0, 'the client ends well');
	clearTimeout(limit);
	return lines;
}

for (const client of clients.filter((c) => only.test(c.name))) {
	const built = spawnSync(path.join(root, 't/clients/build'), client.build, { encoding: 'utf8' });
	if (built.status !== 0) {
		skip(built.stderr.trim(), client.name);
		continue;
	}
	for (const [way, transports] of Object.entries(ways)) if (client.lacks?.includes(way)) skip('its library cannot', `${client.name}, ${way}`);
	else await test(`${client.name}, ${way}`, async () => {
		const lines = await play(built.stdout.trim().split('\n'), transports);
		const all = (what) => lines.filter((l) => l[0] === what).map((l) => l[1]);
		deep(all('auth'), [[{ answer: '42' }]], `${client.name}, ${way}: auth arrives`);
		deep(all('back'), client.messages, `${client.name}, ${way}: text and binary come back`);
		// A library may hand one argument of an acknowledgement on as the list that it came in.
		deep(all('ack').map((a) => (a.length === 1 && Array.isArray(a[0]) ? a[0] : a)), client.requests ?? client.messages, `${client.name}, ${way}: in acknowledgements too`);
		deep(all('room').flat(2), [{ ok: true, room: 'analysis:client' }], `${client.name}, ${way}: a room is joined`);
		const [u] = all('update').flat();
		deep([u?.requestId, u?.progress, u?.message], ['client', 47, '안녕'], `${client.name}, ${way}: and its update arrives`);
		is(lines.at(-1)?.[0], 'end', `${client.name}, ${way}: to the end`);
	});
}

for (const [name, get] of Object.entries({ fetch, 'node-fetch': nodeFetch })) await test(name, async () => {
	const engine = `${d.url}/engine.io/?EIO=4&transport=polling`, seen = {};
	const call = async (...request) => { const a = await get(...request); return [a.status, await a.text()]; };
	for (let i = 0; i < TRIES; i++) {
		const url = `${engine}&sid=${JSON.parse((await call(engine))[1].slice(1)).sid}`;
		const both = await Promise.all([call(url), call(url, { method: 'post', body: '1' })]);
		const what = [...both.flat(), (await call(url))[0]].join(' ');
		seen[what] = (seen[what] ?? 0) + 1;
	}
	deep(seen, { '200 6 200 ok 400': TRIES }, `${name}: a GET returns whose session ends meanwhile, ${TRIES} times`);
});

await done();
