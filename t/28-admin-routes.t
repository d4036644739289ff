#!/usr/bin/env t/lib/run
// 28-admin-routes.t -- what an operator sees and does over the API: processes, rooms, connections, dead letters, accounts, keys, events,
// jobs; on all hosts where it says so.
import WebSocket from 'ws';
import { account } from './lib/account.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, ws: 2, env: { ANALYZER: 'off', NODE_ENV: 'test', ARGON2_MEMORY_BYTES: '65536' } });
const far = await startDure({ share: d, env: { ANALYZER: 'off', NODE_ENV: 'test' } });
const root = await account(d, 'root@example.com', { role: 'admin', tier: 'admin' }), user = await account(d, 'user@example.com');
const web = client(d.url, { token: root.token, language: 'en' });
const isTime = (s) => new Date(s).toISOString() === s;
const code = (r) => [r.status, r.body?.error?.code];
const events = async (type, test) => until(async () => (await web.get(`/api/v1/admin/security-events?type=${type}`)).body.data.find(test), { what: `the event ${type}` });

await test('every admin route is documented, and closed to others', async () => {
	const api = (await web.get('/openapi.json')).body, paths = Object.keys(api.paths).filter((p) => /\/admin\//.test(p));
	ok(paths.length >= 12, `${paths.length} paths`);
	for (const path of [...paths, '/api/v1/users/{id}'])
		for (const [method, op] of Object.entries(api.paths[path])) {
			ok(op.summary.length > 5 && (Object.values(op.responses)[0].content?.['application/json'].schema || op.responses['204']), `${method} ${path} says what it does`);
			const ask = client(d.url)[{ delete: 'del' }[method] ?? method];
			const [path_, body] = [path.replace(/\{\w+\}/g, '1'), method === 'get' ? undefined : {}];
			const options = { token: user.token };
			is((method === 'get' ? await ask(path_, options) : await ask(path_, body, options)).status, 403, 'and is not for a user');
		}
});

await test('processes', async () => {
	const { body: { data } } = await web.get('/api/v1/admin/processes');
	deep(data.processes.filter((p) => p.kind === 'http' || p.kind === 'ws').map((p) => `${p.kind} ${p.index}`).sort(), ['http 1', 'http 2', 'ws 1', 'ws 2'], 'each is there');
	const pids = d.pids().map((p) => p.pid);
	ok(data.processes.every((p) => pids.includes(p.pid) && p.state === 'ready' && isTime(p.startedAt) && p.restarts === 0), 'as the system has it');
	const http = data.processes.find((p) => p.kind === 'http'), master = data.processes.find((p) => p.kind === 'master');
	ok(http.rssBytes > 1e6 && http.cpu >= 0 && http.connections >= 0 && http.loopLagMs >= 0, 'with its figures');
	deep([master.rssBytes, master.connections], [null, null], 'null where there is none');
	const hosts = await until(async () => { const h = (await web.get('/api/v1/admin/processes')).body.data.hosts; return h.length > 0 && h; }, { what: 'the hosts' });
	ok(hosts.some((h) => h.host === data.host && isTime(h.seenAt)), 'this host was seen');
});

await test('rooms and connections of all hosts', async () => {
	const near = await ioConnect(d.url, { auth: { token: user.token } }), away = await ioConnect(far.url, { auth: { token: user.token } });
	const polling = await ioConnect(d.url, { transports: ['polling'] });
	for (const s of [near, away, polling])
		await s.ask('subscribe-analysis', 'big');
	await polling.ask('subscribe-analysis', 'small');
	const rooms = (await web.get('/api/v1/admin/rooms?limit=2')).body.data;
	deep(rooms, [{ room: 'analysis:big', sockets: 3 }, { room: 'analysis:small', sockets: 1 }], 'the largest room first, its sockets of both hosts');
	const mine = (await web.get(`/api/v1/admin/sockets?userId=${user.id}`)).body;
	deep([mine.data.map((s) => s.id).sort(), mine.total], [[near.id, away.id].sort(), 2], 'the connections of a user');
	const { host, connectedAt, ...rest } = mine.data[0];
	ok(host.length > 0 && Date.now() - new Date(connectedAt) < 60000, 'where and since when');
	deep({ ...rest, id: 0 }, { id: 0, userId: user.id, namespaces: ['/'], transport: 'websocket', ip: '127.0.***.***' }, 'the address masked');
	const small = (await web.get('/api/v1/admin/sockets?room=analysis:small')).body.data;
	deep(small.map((s) => [s.id, s.userId, s.transport]), [[polling.id, null, 'polling']], 'those in a room');
	const chat = await ioConnect(`${d.url}/chat`, { auth: { token: root.token } });
	deep((await web.get(`/api/v1/admin/sockets?userId=${root.id}`)).body.data.map((s) => s.namespaces), [['/chat']], 'with their namespaces');
	chat.disconnect();

	const why = Object.fromEntries([['near', near], ['away', away], ['polling', polling]].map(([n, s]) => [n, new Promise((settle) => s.once('disconnect', settle))]));
	const ids = { near: near.id, away: away.id, polling: polling.id };
	for (const [name, id] of Object.entries(ids)) {
		is((await web.del(`/api/v1/admin/sockets/${id}`)).status, 204, `${name}: it is ended`);
		is(await why[name], 'io server disconnect', 'and its client does not come back by itself');
	}
	deep(code(await web.del(`/api/v1/admin/sockets/${ids.near}`)), [404, 'NOT_FOUND'], 'once');
	is((await web.get('/api/v1/admin/sockets?room=analysis:big')).body.total, 0, 'nobody is left');
	deep(code(await web.get('/api/v1/admin/sockets?limit=0')), [400, 'VALIDATION_FAILED'], 'a limit out of range is refused');
	const said = await events('operator_action', (e) => e.details.socket === ids.away);
	deep([said.userId, said.details.action], [root.id, 'disconnect'], 'it is recorded who did it');
});

await test('a plain WebSocket', async () => {
	const ws = new WebSocket(`${d.url.replace('http', 'ws')}/ws`), closed = new Promise((settle) => ws.on('close', settle));
	await new Promise((settle) => ws.on('open', settle));
	ws.send('{"type":"subscribe","taskId":"plain"}');
	const [it] = await until(async () => { const r = (await web.get('/api/v1/admin/sockets?room=analysis:plain')).body.data; return r.length > 0 && r; }, { what: 'it to be in' });
	deep([it.transport, it.namespaces, it.userId], ['plain', [], null], 'is listed');
	is((await web.del(`/api/v1/admin/sockets/${it.id}`)).status, 204, 'and ended');
	is(await closed, 1008, 'by a policy');
});

const second = await account(d, 'second@example.com', { role: 'admin' });

await test('the event metrics', async () => {
	const refusal = async (options) => { const s = await ioConnect(d.url, options), r = await s.ask('subscribe-metrics'); s.disconnect(); return r.error.code; };
	deep([await refusal({}), await refusal({ auth: { token: user.token } })], ['UNAUTHORIZED', 'FORBIDDEN'], 'is for admins');
	const admins = await Promise.all(Array.from({ length: 6 }, () => ioConnect(d.url, { auth: { token: root.token } })));
	deep(await Promise.all(admins.map((s) => s.ask('subscribe-metrics'))), admins.map(() => ({ ok: true, room: 'metrics' })), 'who subscribe');
	for (let i = 0; i < 30; i++)
		await web.get('/health');
	const [one] = await admins[0].next('metrics'), [two] = await admins[0].next('metrics', (m) => m.requests.total >= 30);
	const { timestamp, host, ...figures } = two, types = (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, v !== null && typeof v === 'object' ? types(v) : v === null ? 'null' : typeof v]));
	ok(isTime(timestamp) && host.length > 0, 'when and where');
	figures.cache.hitRate ??= 0;
	deep(types(figures), { requests: { total: 'number', rate: 'number', errors: 'number' }, performance: { responseTime: 'number', p95: 'number', activeConnections: 'number' },
		system: { cpu: 'number', memory: 'number', uptime: 'number' }, sockets: 'number', deliveries: { total: 'number', rate: 'number' },
		outbox: { depth: 'number', ageMs: 'number' }, lag: 'number', cache: { hitRate: 'number' } }, 'every member');
	ok(two.requests.total >= one.requests.total && two.requests.rate > 0 && two.performance.responseTime > 0, 'of all processes');
	ok(two.sockets >= 6 && two.system.memory > 1e6 && two.system.uptime > 0, 'as they are now');
	await Promise.all(admins.map((s) => until(() => s.all('metrics').length >= 2, { what: 'two events' })));
	const ticks = admins[0].seen.filter((e) => e.event === 'metrics').map((e) => e.at);
	ok(ticks[1] - ticks[0] > 800 && ticks[1] - ticks[0] < 5000, 'every second, on each process');
	is((await admins[1].ask('unsubscribe-metrics')).ok, true, 'one has seen enough');

	const short = await ioConnect(d.url, { auth: { token: sign({ sub: root.id, role: 'admin', tier: 'admin', exp: Math.floor(Date.now() / 1000) + 3 }) } });
	const left = new Promise((settle) => short.once('disconnect', settle)), lowered = await ioConnect(d.url, { auth: { token: second.token } });
	for (const s of [short, lowered])
		await s.ask('subscribe-metrics');
	await lowered.next('metrics');
	is((await lowered.ask('auth:refresh', { token: sign({ sub: second.id, role: 'user' }) })).ok, true, 'a token with another role');
	await until(async () => (await lowered.ask('ping')) && (await web.get(`/api/v1/admin/sockets?room=metrics&userId=${second.id}`)).body.total === 0, { what: 'it to be put out' });
	const [had, gave] = [lowered.all('metrics').length, admins[1].all('metrics').length];
	is(await left, 'io server disconnect', 'an expired token ends it');
	await admins[0].next('metrics', (m) => m.timestamp > two.timestamp);
	const last = Date.now();
	await until(() => admins[0].seen.some((e) => e.event === 'metrics' && e.at > last), { what: 'another event' });
	deep([lowered.all('metrics').length, lowered.connected, admins[1].all('metrics').length], [had, true, gave], 'who was put out or left gets none any more');
	[...admins.slice(1), lowered].forEach((s) => s.disconnect());
});

await test('drain and reload', async () => {
	const list = async () => (await web.get('/api/v1/admin/processes')).body.data.processes;
	const pid = async (kind, index) => (await list()).find((p) => p.kind === kind && p.index === index && p.state === 'ready')?.pid;
	const sockets = await Promise.all(Array.from({ length: 8 }, () => ioConnect(d.url, { auth: { token: user.token } })));
	const before = Object.fromEntries(await Promise.all([['ws', 1], ['ws', 2], ['http', 2], ['cron', 1]].map(async ([k, i]) => [`${k} ${i}`, await pid(k, i)])));
	const drain = (kind, index) => web.post(`/api/v1/admin/processes/${kind}/${index}/drain`, {});
	const replaced = (kind, index) => until(async () => { const p = await pid(kind, index); return p && p !== before[`${kind} ${index}`]; }, { ms: 20000, what: `${kind} ${index} to be replaced` });

	const watching = await Promise.all(Array.from({ length: 4 }, () => ioConnect(d.url, { auth: { token: root.token } })));
	await Promise.all(watching.map((s) => s.ask('subscribe-metrics')));
	const first = await drain('ws', 1);
	deep([first.status, first.body.data.accepted], [202, true], 'a process is to be replaced');
	deep(code(await drain('ws', 2)), [409, 'CONFLICT'], 'one at a time');
	deep(code(await web.post('/api/v1/admin/reload', {})), [409, 'CONFLICT'], 'and no reload meanwhile');
	await replaced('ws', 1);
	is(await pid('ws', 2), before['ws 2'], 'the others stay');
	ok(sockets.every((s) => s.connected), 'no socket was lost');
	is((await Promise.all(sockets.map((s) => s.ask('ping')))).length, 8, 'each is served');
	const again = () => until(async () => { const r = await web.post('/api/v1/admin/reload', {}); return r.status !== 409 && r; }, { what: 'the end of the drain' });
	const reload = await again();
	deep([reload.status, reload.body.data.accepted], [202, true], 'a reload is accepted');
	for (const [kind, index] of [['ws', 2], ['http', 2], ['cron', 1]])
		await replaced(kind, index);
	const status = JSON.parse(d.cli('status', '--json').stdout);
	deep([status.generation, status.reloads], [2, 1], 'as `dure reload` does it');
	ok(sockets.every((s) => s.connected), 'no socket was lost');
	is((await Promise.all(sockets.map((s) => s.ask('ping')))).length, 8, 'each is served');
	const now = Date.now();
	await Promise.all(watching.map((s) => until(() => s.seen.some((e) => e.event === 'metrics' && e.at > now), { what: 'metrics' })));
	ok(watching.every((s) => s.connected), 'the figures go on');
	const { data } = (await web.get(`/api/v1/admin/sockets?userId=${user.id}`)).body;
	deep([data.length, data.every((s) => isTime(s.connectedAt) && s.ip === '127.0.***.***')], [8, true], 'and known as before');
	[...sockets, ...watching].forEach((s) => s.disconnect());
	deep(code(await drain('http', 9)), [404, 'NOT_FOUND'], 'a process that is not there');
	deep(code(await drain('broker', 1)), [400, 'VALIDATION_FAILED'], 'the broker cannot hand over its topics');
	ok(await events('operator_action', (e) => e.details.action === 'drain' && e.details.kind === 'ws' && e.details.index === 1), 'a drain is recorded');
	ok(await events('operator_action', (e) => e.details.action === 'reload'), 'and a reload');
});

await test('dead letters', async () => {
	const big = 'é'.repeat(5000);
	await d.psql(`INSERT INTO dead_letters (topic, partition, "offset", key, value, reason) VALUES
		('analysis-results', 0, 1, 'p1', '{"a":1}', 'status: is required'), ('batch-job-status', 0, 2, NULL, $1, 'too long'), ('analysis-results', 0, 3, NULL, '\\x00ff', 'no text')`, [Buffer.from(big)]);
	const first = await until(async () => { const r = (await web.get('/api/v1/admin/dead-letters?limit=2')).body; return r.data.length === 2 && r; }, { what: 'the letters' });
	const { id, createdAt, ...a } = first.data[0];
	deep(a, { topic: 'analysis-results', key: 'p1', error: 'status: is required', attempts: 1, payload: '{"a":1}', payloadBytes: 7, truncated: false }, 'a letter with its reason');
	deep([first.data[1].payload, first.data[1].payloadBytes, first.data[1].truncated], ['é'.repeat(2048), 10000, true], 'a long one is cut between characters');
	const rest = (await web.get(`/api/v1/admin/dead-letters?limit=2&cursor=${first.nextCursor}`)).body;
	deep([rest.data.length, rest.data[0].payload, rest.nextCursor], [1, null, null], 'and what is no text is not shown');
	deep((await web.get('/api/v1/admin/dead-letters?topic=batch-job-status')).body.data.map((l) => l.error), ['too long'], 'by topic');
	const retried = await web.post(`/api/v1/admin/dead-letters/${id}/retry`, {});
	deep([retried.status, retried.body.data.id], [202, id], 'one is sent again');
	const back = await until(async () => (await web.get('/api/v1/admin/dead-letters?topic=analysis-results')).body.data.find((l) => l.id > rest.data[0].id), { what: 'it to come back' });
	deep([back.attempts, back.payload], [2, '{"a":1}'], 'and comes back, being no better than before');
	deep(code(await web.post(`/api/v1/admin/dead-letters/${id}/retry`, {})), [404, 'NOT_FOUND'], 'once');
	deep(code(await web.post(`/api/v1/admin/dead-letters/${rest.data[0].id}/retry`, {})), [409, 'CONFLICT'], 'what is no text cannot be');
	is((await web.del(`/api/v1/admin/dead-letters/${rest.data[0].id}`)).status, 204, 'but deleted');
	deep(code(await web.del(`/api/v1/admin/dead-letters/${rest.data[0].id}`)), [404, 'NOT_FOUND'], 'once');
	deep(code(await web.del('/api/v1/admin/dead-letters/x')), [400, 'VALIDATION_FAILED'], 'an id is a number');
	deep(code(await web.get('/api/v1/admin/dead-letters?cursor=x')), [400, 'VALIDATION_FAILED'], 'a cursor is one of ours');
});

await test('accounts', async () => {
	const live = await ioConnect(d.url, { auth: { token: user.token } }), gone = new Promise((settle) => live.once('disconnect', settle));
	const r = await web.patch(`/api/v1/users/${user.id}`, { tier: 'premium' });
	deep([r.status, r.body.data.tier, r.body.data.role, r.body.data.isActive], [200, 'premium', 'user', true], 'a tier is given');
	is(await gone, 'io server disconnect', 'and the old token is void, on sockets too');
	deep(code(await web.patch(`/api/v1/users/${root.id}`, { role: 'user' })), [403, 'FORBIDDEN'], "nobody changes their own role");
	deep(code(await web.patch(`/api/v1/users/${root.id}`, { locked: true })), [403, 'FORBIDDEN'], 'or lock');
	deep(code(await web.patch(`/api/v1/users/${user.id}`, {})), [400, 'VALIDATION_FAILED'], 'something must be asked for');
	deep((await web.patch(`/api/v1/users/${user.id}`, { role: 'king', tier: 1, locked: 'yes' })).body.error.details.map((f) => f.field), ['role', 'tier', 'locked'], 'every fault is listed');
	deep(code(await web.patch('/api/v1/users/nobody', { tier: 'pro' })), [404, 'NOT_FOUND'], 'of an account that is there');

	const login = () => client(d.url).post('/api/auth/login', { email: user.email, password: user.password });
	const [session, cookie] = await login().then((a) => [a.body.data.accessToken, a.headers.get('set-cookie').split(';')[0]]);
	is((await web.patch(`/api/v1/users/${user.id}`, { locked: true })).body.data.isActive, false, 'an account is locked');
	deep(code(await client(d.url).get('/api/auth/me', { token: session })), [401, 'TOKEN_REVOKED'], 'its tokens end');
	deep(code(await client(d.url).post('/api/auth/refresh', undefined, { headers: { cookie } })), [403, 'ACCOUNT_DISABLED'], 'and its sessions');
	is((await login()).status, 403, 'it cannot log in');
	await web.patch(`/api/v1/users/${user.id}`, { locked: false });
	const again = await login();
	is(again.status, 200, 'until it is unlocked');
	user.token = again.body.data.accessToken;
	const locked = await events('account_locked', (e) => e.userId === user.id), role = await events('role_changed', (e) => e.userId === user.id);
	deep([locked.details.by, role.details.tier, role.ip], [root.id, 'premium', '127.0.0.1'], 'all of it is recorded');
	is(d.cli('user', 'lock', user.email).code, 0, '`dure user lock` does the same');
	deep(code(await client(d.url).get('/api/auth/me', { token: user.token })), [401, 'TOKEN_REVOKED'], 'by the same code');
	is(d.cli('user', 'unlock', user.email).code, 0, 'and undoes it');
	user.token = (await login()).body.data.accessToken;
});

await test('API keys of all users', async () => {
	const keys = [];
	for (const name of ['one', 'two', 'three'])
		keys.push((await client(d.url).post('/api/v1/api-keys', { name }, { token: user.token })).body.data);
	const page = (await web.get('/api/v1/admin/api-keys?limit=2')).body;
	deep(page.data.map((k) => [k.name, k.userId, k.email, k.hint]), [['three', user.id, user.email, keys[2].hint], ['two', user.id, user.email, keys[1].hint]], 'the newest first');
	const next = (await web.get(`/api/v1/admin/api-keys?limit=2&cursor=${page.nextCursor}`)).body;
	deep([next.data.map((k) => k.name), next.nextCursor], [['one'], null], 'page by page');
	ok(!JSON.stringify([page, next]).includes(keys[0].key), 'the keys themselves are not shown');
	is((await web.get(`/api/v1/admin/api-keys?userId=${root.id}`)).body.data.length, 0, 'by user');
	const use = () => client(d.url).get('/api/auth/me', { headers: { 'x-api-key': keys[0].key } });
	is((await use()).status, 200, 'a key works');
	is((await web.del(`/api/v1/admin/api-keys/${keys[0].id}`)).status, 204, 'until it is ended');
	deep(code(await use()), [401, 'API_KEY_INVALID'], 'at once');
	deep(code(await web.del(`/api/v1/admin/api-keys/${keys[0].id}`)), [404, 'NOT_FOUND'], 'once');
	deep(code(await web.get('/api/v1/admin/api-keys?cursor=1:x')), [400, 'VALIDATION_FAILED'], 'a cursor is one of ours');
});

await test('security events', async () => {
	await events('api_key_revoked', (e) => e.details.by === root.id);
	const one = (await web.get('/api/v1/admin/security-events?limit=1')).body, two = (await web.get(`/api/v1/admin/security-events?limit=1&cursor=${one.nextCursor}`)).body;
	ok(one.data[0].id > two.data[0].id && isTime(one.data[0].createdAt), 'the latest first, page by page');
	ok((await web.get(`/api/v1/admin/security-events?userId=${user.id}`)).body.data.every((e) => e.userId === user.id), 'by user');
});

await test('jobs', async () => {
	const list = async () => { const r = await web.get('/api/v1/admin/jobs'); return r.status === 200 && r.body.data; };
	const jobs = await until(list, { what: 'a leader' }), old = jobs.find((j) => j.name === 'drop-old-rows');
	ok(jobs.length > 10 && jobs.every((j) => j.help.length > 10 && /^every \d+ (ms|s|min|h|d)$/.test(j.schedule)), `${jobs.length} jobs and how often they run`);
	deep([old.schedule, jobs.find((j) => j.name === 'age-searches').schedule], ['every 1 h', 'every 1 d'], 'as they are scheduled');
	const last = async (name) => (await list()).find((j) => j.name === name);
	const first = await until(async () => { const j = await last('drop-old-rows'); return j.lastRunAt && j; }, { what: 'its first run' });
	deep([first.outcome, isTime(first.nextRunAt), first.durationMs >= 0], ['ok', true, true], 'and how its last run went');
	const [{ ran_at: before }] = await until(async () => { const r = await d.psql("SELECT ran_at FROM cron_runs WHERE job = 'age-searches'"); return r.length && r; }, { what: 'the daily job to be looked at' });
	const r = await until(async () => { const a = await web.post('/api/v1/admin/jobs/age-searches/run', {}); return a.status !== 409 && a; }, { what: 'it not to be running' });
	deep([r.status, r.body.data], [202, { name: 'age-searches', accepted: true }], 'a daily one is run now');
	const ran = await until(async () => { const j = await last('age-searches'); return j.outcome && j; }, { what: 'its run' });
	ok(ran.outcome === 'ok' && new Date(ran.lastRunAt) >= new Date(before), 'and it is seen');
	is((await until(async () => { const [a] = await d.psql("SELECT ran_at FROM cron_runs WHERE job = 'age-searches'"); return a.ran_at > before && a; }, { what: 'its record' })) !== undefined, true, 'it counts as the run of the day');
	deep(code(await web.post('/api/v1/admin/jobs/no-such-job/run', {})), [404, 'NOT_FOUND'], 'of a job that is there');
});

await done();
