#!/usr/bin/env t/lib/run
// 95-flows.t -- what clients do, by many of them at once, on a build with a hostile scheduler (common/run/hostile.h). Requests may fail;
// but no process may read what is gone, or give up, what was acknowledged is there, nobody speaks as another, and afterwards
// all goes on. Every second request is traced. HOSTILE_SECONDS of it; HOSTILE_SEED, which is printed, makes the same choices again.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { anthropicError, startExternal, youtubeError } from './lib/external.mjs';
import { atEnd, deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until, within } from './lib/until.mjs';
import { openSocket, poller } from './lib/wire.mjs';

const seconds = Number(process.env.HOSTILE_SECONDS || 60), seed = process.env.HOSTILE_SEED || String(Date.now() % 1000000);
const perMille = process.env.HOSTILE_PER_MILLE || '120';
diag(`HOSTILE_SEED=${seed} HOSTILE_PER_MILLE=${perMille}, for ${seconds} s`);

// A collector of traces, logs and metrics that takes some, refuses some, and leaves some without an answer.
const moods = [(q, r) => r.end('{}'), (q, r) => r.writeHead(503).end(), (q) => q.socket.destroy(), () => {}];
let exported = 0;
const collector = http.createServer((q, r) => q.resume().on('end', () => moods[Math.max(0, exported++ % 9 - 5)](q, r)).on('error', () => {}));
await new Promise((settle) => collector.listen(0, '127.0.0.1', settle));
atEnd(() => { collector.closeAllConnections(); collector.close(); });
const outside = await startExternal();

const begun = Date.now(), end = begun + seconds * 1000;
const d = await startDure({ http: 2, ws: 2, env: {
	...outside.env, YOUTUBE_API_KEY: 'key', ANTHROPIC_API_KEY: 'key', NEWS_API_KEY: 'key', EXTERNAL_EVERY: '1s', NEWS_EVERY: '1s', EXTERNAL_TIMEOUT_MS: '1000', EXTERNAL_BREAKER_MS: '1000',
	EXTERNAL_BACKOFF_MS: '20', YOUTUBE_SEARCH_DAILY: '100000', YOUTUBE_QUOTA_DAILY: '100000000', TRACE_SAMPLE_RATIO: '0.5', TRACE_RATE: '0', TRACE_FLUSH_MS: '100', OTLP_LOGS_LEVEL: 'info',
	OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.address().port}`, OTEL_EXPORTER_OTLP_TIMEOUT: '1000', OTEL_METRIC_EXPORT_INTERVAL: '1000',
	HOSTILE_SEED: seed, HOSTILE_PER_MILLE: perMille, HOSTILE_UNTIL: String(end), JWT_SECRET: 'a secret of the tests, of more than 32 bytes',
	ARGON2_MEMORY_BYTES: '1048576', LOGIN_FAILURE_MS: '20', RESTART_BACKOFF_MAX_MS: '500', RESTART_QUARANTINE: '1000', ANALYZER_CHUNK: '20', ANALYZER_PROGRESS_MS: '5',
	ANALYSIS_STALL_MS: '2000', WS_PROTOCOL_TEST: 'true', CHAT_RATE_MAX: '100000', LOG_ACCESS: 'true', HEARTBEAT_TIMEOUT_MS: '60000',
} });

// The choices of the clients, by the same seed.
let state = Number(seed) >>> 0;
const random = () => { state = (state + 0x6d2b79f5) >>> 0; let t = Math.imul(state ^ (state >>> 15), state | 1); t ^= t + Math.imul(t ^ (t >>> 7), t | 61); return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const going = () => Date.now() < end;
const web = client(d.url, { ms: 15000 });
const tally = {}, unexpected = new Map();
const count = (what) => { tally[what] = (tally[what] ?? 0) + 1; };
// 500 is nobody's fault but ours; what a lost server makes of a request is 503 or 504.
function note(what, r) {
	count(`${what} ${r.status}`);
	if (r.status === 500)
		unexpected.set(`${what}: ${r.text.slice(0, 200)}`, 1);
	return r;
}
// One flow again and again, until the end; what it throws (a connection that was reset, a limit) is part of the game.
const loop = async (what, fn) => {
	while (going())
		try { await within(15000, what, fn()); } catch { count(`${what} failed`); await sleep(20); }
};
// Until it has an answer, also when the first tries are struck.
const surely = (fn, ms = 60000) => until(async () => {
	try { const r = await fn(); return r.status < 500 && r; } catch { return false; }
}, { ms, every: 50, what: fn.toString() });

const people = await Promise.all(Array.from({ length: 12 }, (_, i) => account(d, `h${i}@example.com`, { role: i === 0 ? 'seller' : i === 1 ? 'admin' : 'user' })));
const [seller, admin, ...users] = people;
const fresh = (who, seconds = 900) => sign({ sub: who.id, role: who.role, sid: randomUUID(), jti: randomUUID() }, { seconds });
const streams = [], goods = [], STOCK = 100000;
for (let i = 0; i < 2; i++)
	streams.push((await surely(() => web.post('/api/v1/streams', { title: `s${i}` }, { token: fresh(seller) }))).body.data.streamKey);
for (let i = 0; i < 3; i++)
	goods.push((await surely(() => web.post('/api/v1/products', { name: `g${i}`, price: 100, stock: STOCK }, { token: fresh(seller) }))).body.data.id);

// --- HTTP ---

const ndjson = { 'content-type': 'application/x-ndjson' };
const taken = [];		// [product, ids] that were acknowledged
async function upload() {
	const product = `h-${below(20)}`, ids = Array.from({ length: 1 + below(60) }, () => randomUUID());
	const r = note('upload', await web.post(`/api/products/${product}/reviews`, ids.map((id) => JSON.stringify({ id, text: `좋아요 ${id}` })).join('\n'), { headers: ndjson }));
	if (r.status === 200 && r.body.rejected.length === 0)
		taken.push([product, ids]);
}
// A streamed body whose client stops in the middle: with a reset, an end, or in silence for a while.
function leave() {
	const routes = [['/api/products/left/reviews', ''], ['/api/products/left/reviews', `Authorization: Bearer ${fresh(pick(users))}\r\n`],
		['/api/v1/products/import', `Authorization: Bearer ${fresh(seller)}\r\n`], ['/api/products/left/reviews', 'Authorization: Bearer nonsense\r\n'], ['/api/analyze', '']];
	const [where, more] = pick(routes);
	return new Promise((settle) => {
		const c = net.connect(d.port, '127.0.0.1', async () => {
			c.write(`POST ${where} HTTP/1.1\r\nHost: x\r\nAccept: application/problem+json\r\nAccept-Language: en\r\nUser-Agent: ${'u'.repeat(below(300))}\r\n${more}` +
				`Content-Type: application/${where.endsWith('reviews') ? 'x-ndjson' : 'json'}\r\nContent-Length: 100000\r\n\r\n`);
			for (let i = below(4); i > 0; i--) {
				c.write(`{"text":"${'x'.repeat(below(20000))}"}\n`);
				await sleep(below(8));
			}
			count('left');
			if (random() < 0.7) c.resetAndDestroy(); else c.end();
		});
		c.setTimeout(3000, () => c.destroy());
		c.on('error', () => {}).on('data', () => {}).on('close', settle);
	});
}
const tasks = new Set();
async function analyze() {
	const productId = `h-${below(20)}`, r = note('analyze', await web.post('/api/analyze', { productId }));
	if (r.status === 200 && r.body?.taskId)
		tasks.add(r.body.taskId);
	note('status', await web.get(`/api/analyze/status/${productId}`));
	note('result', await web.get(`/api/analyze/result/${productId}`));
}
const reads = ['/health', '/api/v1/health/ready', '/metrics', '/api/search?q=g', '/api/v1/products', '/api/v1/streams', '/api/websocket/stats', '/api/kafka/status', '/api/cache/stats'];
const read = async () => note('read', await web.get(pick(reads), { token: random() < 0.5 ? fresh(pick(people)) : undefined }));
async function order() {
	const who = pick(users), token = fresh(who), headers = random() < 0.7 ? { 'idempotency-key': randomUUID() } : {};
	const r = note('order', await web.post('/api/v1/orders', { items: [{ productId: pick(goods), quantity: 1 + below(3) }, { productId: pick(goods), quantity: 1 }] }, { token, headers }));
	if (r.status === 201 && random() < 0.4)
		note('cancel', await web.post(`/api/v1/orders/${r.body.data.id}/cancel`, {}, { token }));
	note('orders', await web.get('/api/v1/orders', { token }));
}
// What is long, or goes elsewhere too: exports in files, imports in the shop, batches, searches, keys, notices.
async function odd() {
	const token = fresh(seller), buyer = fresh(pick(users)), id = `i-${below(30)}`;
	const calls = [
		() => web.get('/api/v1/products/export', { token }),
		() => web.post('/api/v1/products/import', Array.from({ length: 1 + below(40) }, (_, i) => JSON.stringify({ id: `${id}-${i}`, name: 'x', price: 1, stock: below(9) })).join('\n'), { token, headers: ndjson }),
		() => web.patch(`/api/v1/products/${pick(goods)}`, { name: `g ${below(100)}` }, { token }),
		() => web.get(`/api/search?q=${pick(['g', 'x', 'none'])}`, { token: buyer }),
		() => web.post('/api/kafka/search', { query: `g ${below(9)}` }, { token: buyer }),
		() => web.post('/api/kafka/analysis/multi-batch', { productIds: [`h-${below(20)}`, `h-${below(20)}`] }, { token: buyer }),
		() => web.get('/api/kafka/analysis/multi-batch', { token: buyer }),
		() => web.get(pick(['/api/notifications', '/api/notifications/unread-count', '/api/watchlist', '/api/search/recent', '/api/v1/users/me', '/api/v1/privacy/export']), { token: buyer }),
		() => web.post('/api/watchlist', { productId: `h-${below(20)}` }, { token: buyer }),
		() => web.del(`/api/watchlist/h-${below(20)}`, undefined, { token: buyer }),
		() => web.get(`/api/products/h-${below(20)}/${pick(['emotion-cards', 'keywords', 'price-history', 'reviews'])}`),
		() => web.get('/api/analyze/sessions', { token: buyer }),
		() => web.get(pick(['/api/v1/logs', '/api/v1/users', '/api/v1/settings', '/api/analyze/cache/stats']), { token: fresh(admin) }),
		() => web.get(`/api/websocket/rooms/chat:${pick(streams)}/clients`, { token: fresh(admin) }),
		() => web.post('/api/websocket/messages/broadcast', { event: 'hello', message: 'all', data: {} }, { token: fresh(admin) }),
		() => web.post('/api/v1/api-keys', { name: 'k' }, { token: buyer }).then((r) => (r.body?.data?.key ? web.get('/api/v1/users/me', { headers: { 'x-api-key': r.body.data.key } }) : r)),
		() => web.get('/api/v1/users/me', { headers: { 'x-api-key': randomUUID() } }),
		() => web.patch('/api/v1/settings', { maintenanceRetryAfter: 1 + below(60) }, { token: fresh(admin) }),
		() => web.get(`/api/v1/streams/${pick(streams)}/chat`, { token: buyer }),
		() => web.post(`/api/v1/streams/${pick(streams)}/${pick(['start', 'products'])}`, { productId: pick(goods) }, { token }),
		() => web.post('/api/analyze/cache/warmup', { productIds: [`h-${below(20)}`] }, { token: fresh(admin) }),
	];
	note('odd', await pick(calls)());
}
// Any operation of the interface's description, on what earlier ones made: the streams, goods and people of the other
// flows are left alone, but for orders.
const spared = new RegExp(['^/(socket|engine)\\.io', '^/(ws|echo)$', '/auth/(register|login|logout)', '/privacy/account',
	'/v1/settings', '/stock$', '\\.\\w+$'].join('|'));
const verbs = { get: 'get', post: 'post', patch: 'patch', delete: 'del' };
const described = (await surely(() => web.get('/openapi.json'))).body.paths;
const operations = Object.entries(described).filter(([route]) => !spared.test(route))
	.flatMap(([route, all]) => Object.keys(all).filter((v) => v in verbs).map((v) => [verbs[v], route, all[v]]));
const made = { id: [], key: [], streamKey: [], productId: [], jobId: ['none'], taskId: ['none'], requestId: ['none'] };
for (let i = 0; i < 3; i++) {
	const token = fresh(seller), stream = await surely(() => web.post('/api/v1/streams', { title: 'swept' }, { token }));
	const product = await surely(() => web.post('/api/v1/products', { name: 'swept', price: 1, stock: 99 }, { token }));
	[made.key, made.streamKey].forEach((l) => l.push(stream.body.data.streamKey));
	[made.id, made.productId].forEach((l) => l.push(product.body.data.id));
}
function sample(name, schema) {
	if (name in made)
		return pick(made[name]);
	if (name === 'items')
		return [{ productId: pick(goods), quantity: 1 + below(2) }];
	if (name === 'userId')
		return pick(users).id;
	if (schema.enum)
		return pick(schema.enum);
	const least = schema.minimum ?? 0;
	switch (schema.type) {
	case 'integer': case 'number': return least + below(Math.min(100, (schema.maximum ?? 100) - least + 1));
	case 'boolean': return random() < 0.5;
	case 'array': return [sample(`${name}s`, schema.items ?? { type: 'string' })];
	default: return `x${'y'.repeat(Math.max(schema.minLength ?? 0, below(12)))}`;
	}
}
async function sweep() {
	const [verb, route, o] = pick(operations), wanted = (required) => required || random() < 0.4;
	const who = pick([admin, admin, seller, seller, pick(users)]);
	const options = { token: random() < 0.95 ? fresh(who) : undefined };
	const query = new URLSearchParams(), body = {}, schema = o.requestBody?.content['application/json']?.schema;
	const path = route.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(sample(name, {})));
	for (const p of o.parameters ?? [])
		if (p.in === 'query' && wanted(p.required))
			query.set(p.name, sample(p.name, p.schema));
	for (const [name, one] of Object.entries(schema?.properties ?? {}))
		if (wanted(schema.required?.includes(name)))
			body[name] = sample(name, one);
	const url = `${path}?${query}`;
	const call = () => (verb === 'get' ? web.get(url, options) : web[verb](url, schema && body, options));
	const r = note('sweep', await call());
	if (verb !== 'post' || r.status >= 300)
		return;
	for (const doc of [r.body, r.body?.data])
		for (const name of Object.keys(made))
			if (typeof doc?.[name] === 'string')
				made[name].push(doc[name]);
}
// Videos, searches here and at the services outside, what users watch and what they are recommended; those services fail now and then.
const watched = [];		// [user, video, ms] that were acknowledged
const badly = [{ status: 503 }, { status: 429, headers: { 'retry-after': '1' } }, { hang: true }, { swallow: true }, { status: 200, body: '{"items":[{' },
	youtubeError(403, 'quotaExceeded'), anthropicError(529, 'overloaded_error')];
let shown = 0;
async function curate() {
	const editor = fresh(admin), who = pick(users), token = fresh(who), videoId = `v-${below(40)}`, ms = ++shown;
	if (random() < 0.2)
		outside.next(pick(['/youtube/search', '/youtube/videos', '/anthropic/v1/messages', '/news/top-headlines']), pick(badly));
	if (random() < 0.3)
		note('videos', await web.post('/api/v1/videos/import', [{ videoId, title: `Video ${videoId}`, channelId: 'c', keywords: [`k${below(9)}`] }], { token: editor }));
	const r = note('watch', await web.post('/api/v1/interactions', { videoId, type: pick(['view', 'like', 'save']), watchMs: ms }, { token }));
	if (r.status === 201)
		watched.push([who.id, videoId, ms]);
	note('find', await web.get(`/api/v1/videos/search?q=w${below(1000)}`, { token }));
	note('recommend', await web.get(pick(['/api/v1/recommendations', '/api/v1/preferences/keywords', '/api/v1/trends', `/api/v1/recommendations/videos/${videoId}/similar`]), { token }));
}
let serial = 0;
async function login() {
	const email = `login${serial++}-${seed}@example.com`, password = 'Right-horse1';
	note('register', await web.post('/api/auth/register', { email, password, confirmPassword: password }));
	const r = note('login', await web.post('/api/auth/login', { email, password })), token = r.body?.data?.accessToken;
	const cookie = r.headers.get('set-cookie')?.match(/^refreshToken=([^;]*)/)?.[1];
	if (!token)
		return;
	await Promise.all([web.post('/api/auth/refresh', undefined, { headers: { cookie: `refreshToken=${cookie}` } }).then((a) => note('refresh', a)),
		web.get('/api/auth/sessions', { token }).then((a) => note('sessions', a))]);
	note('logout', await web.post(random() < 0.5 ? '/api/auth/logout' : '/api/auth/logout-all', undefined, { token }));
}

// --- Sockets ---

const said = [];		// { id, user, body } that were acknowledged
async function chat() {
	const who = pick(users), token = fresh(who, random() < 0.3 ? 2 : 900), key = pick(streams);
	const s = await ioConnect(`${d.url}/chat`, { auth: { token }, transports: [random() < 0.3 ? 'polling' : 'websocket'], ms: 5000 });
	try {
		await s.ask('chat:join-room', key);
		for (let i = 2 + below(10); i > 0 && s.connected && going(); i--) {
			const message = `${who.id} ${randomUUID()}`;
			if (random() < 0.1)
				web.post('/api/auth/logout', undefined, { token }).catch(() => {});
			const r = await s.ask('chat:send-message', { streamKey: key, message });
			count(`said ${r.ok ? 'ok' : r.error?.code}`);
			if (r.ok)
				said.push({ id: r.message.id, user: who.id, message });
			if (random() < 0.1)
				await s.ask('auth:refresh', { token: fresh(who) });
		}
		if (random() < 0.5)
			await s.ask('chat:leave-room', key);
	} finally {
		s.disconnect();
	}
}
// One that stays connected when its namespace is closed, and floods: packets of one session are handled in order.
async function insist() {
	const who = pick(users), key = pick(streams), w = openSocket(d, '/socket.io/?EIO=4&transport=websocket', { headers: { authorization: `Bearer ${'A'.repeat(100 + below(150))}${seller.id}` } });
	await w.opened;
	for (let round = 0; round < 3 && going(); round++) {
		const token = fresh(who, 1 + below(3));
		w.send(`40/chat,${JSON.stringify({ token })}`);
		w.send(`42/chat,1["chat:join-room","${key}"]`);
		for (let i = below(12); i > 0; i--)
			w.send(`42/chat,["chat:send-message",{"streamKey":"${key}","message":"${who.id} ${randomUUID()}"}]`);
		if (random() < 0.5)
			web.post('/api/auth/logout', undefined, { token }).catch(() => {});
		w.send('40/streaming,' + JSON.stringify({ token: fresh(who) }));
		w.send(`42/streaming,2["stream:viewer:join",{"streamKey":"${key}"}]`);
		w.send('40');
		w.send('42["ask-me",1]');
		if (random() < 0.7) w.send(`43${1 + round}["yes"]`);
		w.send(`42["subscribe-analysis","${pick([...tasks, 'none'])}"]`);
		w.send(`42["join:stream",{"streamKey":"${key}","history":${below(3)}}]`);
		await sleep(below(400));
		if (random() < 0.3) w.send('41/chat,');
		if (random() < 0.2) w.send('3');
	}
	count('insisted');
	if (random() < 0.5) w.terminate(); else w.close();
}
async function keepOrder() {
	const s = await ioConnect(`${d.url}/chat`, { auth: { token: fresh(pick([seller, admin])) }, ms: 5000 }), streamKey = pick(streams), userId = pick(users).id;
	try {
		await s.ask('chat:join-room', streamKey);
		await s.ask('chat:slow-mode', { streamKey, seconds: 0 });
		await s.ask(pick(['chat:mute-user', 'chat:ban-user']), { streamKey, userId, seconds: 1 });
		await s.ask('chat:unmute-user', { streamKey, userId });
		await s.ask('chat:unban-user', { streamKey, userId });
		if (said.length > 0)
			await s.ask('chat:delete-message', { streamKey, messageId: '0' });
		count('kept order');
	} finally {
		s.disconnect();
	}
}
async function watch() {
	const s = await ioConnect(d.url, { transports: random() < 0.4 ? ['polling', 'websocket'] : ['websocket'], auth: random() < 0.5 ? { token: fresh(pick(users)) } : {}, ms: 5000 });
	try {
		for (let i = 1 + below(5); i > 0 && s.connected; i--)
			await s.ask(pick(['subscribe-analysis', 'unsubscribe-analysis']), pick([...tasks, 'none']));
		await s.ask('join-product-room', `h-${below(20)}`);
		await s.ask('join:stream', { streamKey: pick(streams) });
		await sleep(below(200));
		count('watched');
	} finally {
		s.disconnect();
	}
}
async function plain() {
	const w = openSocket(d, '/ws');
	await w.opened;
	for (let i = 1 + below(4); i > 0; i--)
		w.send(JSON.stringify({ type: pick(['subscribe', 'unsubscribe', 'ping']), taskId: pick([...tasks, 'none']), history: below(3) }));
	await sleep(below(100));
	count('plain');
	if (random() < 0.5) w.terminate(); else w.close();
}
async function poll() {
	const p = poller(d), { sid } = await p.open();
	await p.post(sid, '40');
	await Promise.all([p.get(sid), p.post(sid, `42["subscribe-analysis","${pick([...tasks, 'none'])}"]`)]);
	if (random() < 0.5)
		await fetch(`${p.engine}&sid=${sid}`, { signal: AbortSignal.timeout(below(50) + 1) }).catch(() => {});
	count('polled');
}
// Who was cut off comes back for what it missed.
async function recover() {
	const s = await ioConnect(d.url, { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 50, ms: 5000 });
	try {
		await s.ask('subscribe-analysis', pick([...tasks, 'none']));
		for (let i = below(4); i > 0; i--) {
			s.io.engine?.transport?.ws?.terminate?.();
			s.io.engine?.close();
			await sleep(30 + below(200));
		}
		count('recovered');
	} finally {
		s.disconnect();
	}
}
async function reload() {
	await sleep(8000 + below(4000));
	if (going())
		count(`reload ${(await command(d, 'reload')).code}`);
}

const flows = [[upload, 3], [leave, 6], [analyze, 2], [read, 2], [order, 4], [odd, 4], [sweep, 5], [curate, 2], [login, 1],
	[chat, 6], [insist, 5], [keepOrder, 1], [watch, 3], [plain, 2], [poll, 2], [recover, 2], [reload, 1]];
await Promise.all(flows.flatMap(([fn, n]) => Array.from({ length: n }, () => loop(fn.name, fn))));
diag(tally);

// --- What must hold ---

const reports = () => fs.readdirSync(d.dir).filter((n) => n.startsWith('sanitizer.')).map((n) => (fs.statSync(path.join(d.dir, n)).mtimeMs - begun) / 1000).sort((a, b) => a - b);
const lines = () => d.log().split('\n').filter((l) => l.startsWith('{')).map((l) => { try { return JSON.parse(l); } catch { return {}; } });

await test('processes', async () => {
	await until(() => d.isReady().catch(() => false), { ms: 60000, what: 'ready again' });
	const log = lines();
	deep(log.filter((l) => l.msg === 'bug').map((l) => `${l.service}: ${l.what} ${l.file}:${l.line}`), [], 'no broken invariant');
	const unstarted = log.filter((l) => l.msg === 'cannot start').map((l) => l.pid);	// its server was lost then: it is started again
	deep(log.filter((l) => /^process (died|failed|is silent|does not stop|is quarantined)/.test(l.msg) && !unstarted.includes(l.child)).map((l) => `${l.process}: ${l.msg} ${l.signal ?? l.status ?? ''}`), [],
		'no process died, or hung');
	deep(d.log().split('\n').filter((l) => l !== '' && !l.startsWith('{')).slice(0, 10), [], 'nothing else was said');
	deep(reports(), [], 'no sanitizer report (after so many seconds)');
	deep([...unexpected.keys()].slice(0, 10), [], 'no answer 500');
	const errors = {};
	log.filter((l) => l.level === 'error').forEach((l) => { const k = `${l.service} ${l.msg} ${l.error ?? ''} ${l.sqlstate ?? ''} ${l.operation ?? ''} ${l.table ?? ''}`; errors[k] = (errors[k] ?? 0) + 1; });
	diag('errors logged', errors);
	const struck = {}, last = new Map();
	log.filter((l) => l.msg === 'hostile').forEach((l) => last.set(`${l.service} ${l.pid}`, l));
	let waits = 0;
	last.forEach((l) => { waits += l.waits; Object.entries(l.struck).forEach(([k, n]) => { struck[k] = (struck[k] ?? 0) + n; }); });
	diag(`${waits} waits in ${last.size} processes, struck:`, struck);
	ok(waits > 0 && Object.values(struck).some((n) => n > 0), 'there were calamities');
});

await test('books', async () => {
	const rows = await d.psql(`SELECT p.id, p.stock::int, p.sold::int, coalesce(sum(i.quantity) FILTER (WHERE o.status <> 'cancelled'), 0)::int AS ordered
		FROM products p LEFT JOIN order_items i ON i.product_id = p.id LEFT JOIN orders o ON o.id = i.order_id WHERE p.id = ANY ($1) GROUP BY p.id`, [goods]);
	deep(rows.map((r) => [r.stock + r.sold, r.sold - r.ordered]), goods.map(() => [STOCK, 0]), 'every piece is in stock or in an order that stands');
});

await test('words', async () => {
	const rows = await d.psql('SELECT id::text, user_id, body FROM chat_messages WHERE stream_key = ANY ($1)', [streams]);
	const by = new Map(rows.map((r) => [r.id, r]));
	deep(rows.filter((r) => !r.body.startsWith(r.user_id)).slice(0, 5), [], `nobody speaks as another (${rows.length} messages)`);
	deep(said.filter((m) => by.get(m.id)?.body !== m.message || by.get(m.id)?.user_id !== m.user).slice(0, 5), [], `what was acknowledged is stored (${said.length})`);
});

await test('reviews', async () => {
	const missing = [];
	for (const [product, ids] of taken) {
		const [{ n }] = await d.psql('SELECT count(*)::int AS n FROM raw_review_keys WHERE product_id = $1 AND review_key = ANY ($2)', [product, ids]);
		if (n !== ids.length)
			missing.push([product, ids.length - n]);
	}
	deep(missing, [], `what was accepted is there (${taken.length} uploads)`);
});

await test('interactions', async () => {
	const rows = await d.psql('SELECT user_id, video_id, watch_ms FROM user_video_interactions');
	const kept = new Set(rows.map((r) => `${r.user_id} ${r.video_id} ${Number(r.watch_ms)}`));
	deep(watched.filter((w) => !kept.has(w.join(' '))).slice(0, 5), [], `what was acknowledged is stored (${watched.length} interactions)`);
});

await test('traces', async () => {
	const n = Number(await d.redis('ZCARD', 'trace:ids'));
	ok(exported > 0 && n > 0, `requests were traced (${n} kept, ${exported} exports)`);
});

await test('analyses', async () => {
	const open = async () => (await d.psql("SELECT task_id FROM analysis_requests WHERE task_id = ANY ($1) AND status NOT IN ('completed', 'failed')", [[...tasks]])).length;
	await until(async () => await open() === 0, { ms: 90000, every: 200, what: 'the analyses to end' }).catch(async (e) => ok(false, e.message, `${await open()} of ${tasks.size}`));
	ok(true, `${tasks.size} analyses have ended`);
});

await test('afterwards', async () => {
	is((await surely(() => web.post('/api/products/after/reviews', '{"text":"좋아요"}', { headers: ndjson }))).status, 200, 'reviews are taken');
	const s = await ioConnect(`${d.url}/chat`, { auth: { token: fresh(seller) } });
	is((await s.ask('chat:join-room', streams[0])).ok, true, 'a chat is entered');
	is((await s.ask('chat:send-message', { streamKey: streams[0], message: `${seller.id} after` })).ok, true, 'and spoken in');
	s.disconnect();
});

await done();
