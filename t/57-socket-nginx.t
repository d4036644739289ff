#!/usr/bin/env t/lib/run
// 57-socket-nginx.t -- a real nginx, in front of one host with three fanout processes and of two hosts, without sticky sessions: polling, upgrade,
// WebSocket, recovery when a host stops; and polling through a host that does not own the session.
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { lacksNginx, startNginx } from './lib/nginx.mjs';
import { update } from './lib/room.mjs';
import { atEnd, deep, done, is, ok, skipAll, test } from './lib/tap.mjs';
import { until, within } from './lib/until.mjs';
import { foreignEvents } from './lib/events.mjs';

foreignEvents('analysis-update');		// as operators may name and fill them

const why = lacksNginx();
if (why)
	skipAll(why);
const a = await startDure({ http: 2, ws: 3 });
const b = await startDure({ share: a, env: { KAFKA_BROKERS: '127.0.0.1:1', ANALYZER: 'off' } });

// One that sends each request to the next of these hosts.
const simple = (hosts, { plain }) => `upstream dure { ${hosts.map((d) => `server 127.0.0.1:${d.port} max_fails=1 fail_timeout=1s;`).join(' ')} keepalive 8; }
	map $http_upgrade $dure_connection { default upgrade; '' ''; }
	server {
		listen 127.0.0.1:${plain};
		location / {
			proxy_pass http://dure; proxy_http_version 1.1; proxy_read_timeout 120s;
			proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $dure_connection;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
		}
	}`;
const [one, two] = await Promise.all([[a], [a, b]].map(async (hosts) => (await startNginx(hosts, { conf: simple })).url));
const ways = { websocket: ['websocket'], polling: ['polling'], 'polling, then upgrade': ['polling', 'websocket'] };
let n = 0;

for (const [what, url, hosts] of [['one host', one, 1], ['two hosts', two, 2]]) await test(what, async () => {
	const all = [];
	for (const [way, transports] of Object.entries(ways)) for (let i = 0; i < 6; i++) {
		const s = await within(15000, `${way} ${i}`, ioConnect(url, { transports }));
		s.way = way;
		deep(await s.ask('subscribe-analysis', what), { ok: true, room: `analysis:${what}` }, `${what}: ${way} ${i} joins a room`);
		all.push(s);
	}
	if (hosts === 1) {
		await until(() => all.filter((s) => s.way.includes('upgrade')).every((s) => s.io.engine.transport.name === 'websocket'), { what: 'the upgrades' });
		is(new Set(all.map((s) => s.io.engine.id[0])).size, 3, `${what}: every process has some sessions`);
	}
	for (let i = 0; i < 20; i++)
		await update(a, what, { requestId: what, progress: ++n });
	await until(() => all.every((s) => s.all('analysis-update').length === 20), { what: 'the updates' });
	ok(all.every((s) => s.all('analysis-update').every(([p], i) => p.progress === n - 19 + i)), `${what}: every client gets every update, in order`);
	ok((await Promise.all(all.map((s) => s.ask('ping', { timestamp: 5 })))).every((r) => r.timestamp === 5), `${what}: every client's events are acknowledged`);
	const big = 'x'.repeat(300000);
	const polling = all.find((s) => s.way === 'polling');
	is((await polling.ask('ping', { timestamp: 6, filler: big })).timestamp, 6, `${what}: a large message of a polling client is acknowledged`);
	await update(a, what, { requestId: what, progress: ++n, message: big });
	await until(() => polling.all('analysis-update').some(([p]) => p.message === big), { what: 'a large update to be heard' });
	const { body } = await client(`${a.url}/api/websocket`).get('/stats');
	is(body.data.connectedClients, 18, `${what}: each session is counted once`);
	all.forEach((s) => s.disconnect());
	await until(async () => (await client(`${a.url}/api/websocket`).get('/stats')).body.data.connectedClients === 0, { what: 'all to leave' });
});

await test('polling by the other host', async () => {
	const query = '/socket.io/?EIO=4&transport=polling';
	const open = await (await fetch(a.url + query)).text();
	const { sid } = JSON.parse(open.slice(1));
	const there = `${b.url}${query}&sid=${sid}`;
	is(await (await fetch(there, { method: 'POST', body: '40' })).text(), 'ok', 'a POST through the other host is accepted');
	ok((await (await fetch(there)).text()).startsWith('40{"sid"'), 'a GET through the other host is answered');
	const gone = new AbortController();
	const waits = fetch(there, { signal: gone.signal }).catch((e) => e.name);
	const answer = await fetch(there);
	is(answer.status, 400, 'a second concurrent GET through the other host is refused');
	is((await waits).status, 200, 'the first GET ends');
	is((await fetch(there)).status, 400, 'the session is unknown afterwards');
	is((await (await fetch(`${b.url}${query}&sid=${'x'.repeat(21)}`)).json()).code, 1, 'an unknown session is refused through the other host');
	const again = JSON.parse((await (await fetch(a.url + query)).text()).slice(1));
	const left = new AbortController();
	const poll = fetch(`${b.url}${query}&sid=${again.sid}`, { signal: left.signal }).catch((e) => e.name);
	await until(async () => (await a.redis('PUBSUB', 'NUMSUB', `ws:poll:${again.sid}`))[1] === 1);
	await new Promise((settle) => setTimeout(settle, 200));
	left.abort();
	is(await poll, 'AbortError', 'the waiting client disconnects');
	await until(async () => (await a.redis('PUBSUB', 'NUMSUB', `ws:poll:${again.sid}`))[1] === 0, { what: 'its session to end' });
	ok(true, 'a client that disconnects from the other host ends its session');
});

await test('the shipped configuration', async () => {
	const { url } = await startNginx([a]), open = `${url}/socket.io/?EIO=4&transport=polling`;
	const all = [];
	for (const transports of Object.values(ways)) for (let i = 0; i < 6; i++)
		all.push(await within(15000, `${transports} ${i}`, ioConnect(url, { transports })));
	const flood = [];
	for (let i = 0; i < 20; i++)
		flood.push(...await Promise.all(Array.from({ length: 20 }, async () => {
			const r = await fetch(open);
			await r.text();
			return r.status;
		})));
	const refused = flood.filter((s) => s === 429).length;
	ok(refused > 50 && flood.filter((s) => s === 200).length >= 150, `the shipped configuration limits new sessions (${refused} of 400 refused)`);
	for (let i = 0; i < 20; i++)
		await Promise.all(all.map((s) => within(5000, 'a ping', s.ask('ping', { timestamp: i }))));
	ok(all.every((s) => s.connected), 'open sessions poll and ping at any rate');
	is((await fetch(`${url}/api/v1/health/live`)).status, 200, 'REST requests are answered beside the flood');
	all.forEach((s) => s.disconnect());
});

await test('a host stops', async () => {
	const options = { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 300 };
	const all = [];
	for (const transports of Object.values(ways)) for (let i = 0; i < 4; i++)
		all.push(await ioConnect(two, { ...options, transports }));
	for (const s of all)
		await s.ask('subscribe-analysis', 'away');
	const post = (k) => client(`${a.url}/api/websocket`).post('/test/analysis-status', { requestId: 'away', status: 's', progress: k });
	for (let k = 1; k <= 5; k++)
		await post(k);
	await until(() => all.every((s) => s.all('analysis-update').length === 5));
	const ids = all.map((s) => s.id);
	const end = b.stop();
	for (let k = 6; k <= 30; k++)
		await post(k);
	const { code, ms } = await end;
	ok(code === 0 && ms < 28000, 'one of two hosts stops before its limit of 30 s', code, ms);
	await until(() => all.every((s) => s.connected && s.all('analysis-update').length >= 30), { ms: 30000, what: 'all to have everything' });
	ok(all.every((s) => s.all('analysis-update').every(([p], i) => p.progress === i + 1)), 'every client gets every event once and in order');
	deep(all.map((s) => s.id), ids, 'every client keeps its id');
});

await done();
