#!/usr/bin/env t/lib/run
// 79-stream-matrix.t -- every event of /chat, /streaming and of streams in the root namespace, as everybody: who may, and what the others
// hear; in Korean and in English. The routes are in t/21-auth-matrix.t, whose streams these are: here by who is what in one.
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';

const d = await startDure({ env: { ANALYZER: 'off' } });
const web = client(d.url);
const at = (key, rest = '') => `/api/v1/streams/${key}${rest}`;
const person = (role = 'user') => { const id = randomUUID(); return { id, as: { token: sign({ sub: id, role }) } }; };
const seller = person('seller'), moderator = person();
const everybody = { user: person(), muted: person(), banned: person(), moderator, seller, 'another seller': person('seller'), admin: person('admin') };
const key = (await web.post('/api/v1/streams', { title: 'matrix' }, seller.as)).body.data.streamKey;
await web.post(at(key, '/moderators'), { userId: moderator.id }, seller.as);
await web.post(at(key, '/mutes'), { userId: everybody.muted.id }, seller.as);
await web.post(at(key, '/bans'), { userId: everybody.banned.id }, seller.as);
const victim = () => ({ streamKey: key, userId: randomUUID() });
const message = async () => {
	const s = await ioConnect(`${d.url}/chat`, { auth: person().as });
	await s.ask('chat:join-room', key);
	const { message: { id } } = await s.ask('chat:send-message', { streamKey: key, message: 'x' });
	s.disconnect();
	return id;
};

// Who hears what else than that it is done.
const keepers = { user: 'FORBIDDEN', muted: 'FORBIDDEN', banned: 'FORBIDDEN', 'another seller': 'FORBIDDEN' };
const events = {
	'/ join:stream': [() => key, {}],
	'/ leave:stream': [() => key, {}],
	'/streaming stream:viewer:join': [() => key, {}],
	'/streaming stream:viewer:leave': [() => key, {}],
	'/chat chat:join-room': [() => key, { banned: 'CHAT_BANNED' }],
	'/chat chat:send-message': [() => ({ streamKey: key, message: 'hello' }), { muted: 'CHAT_MUTED', banned: 'CHAT_NOT_JOINED' }],
	'/chat chat:delete-message': [async () => ({ streamKey: key, messageId: await message() }), keepers],
	'/chat chat:mute-user': [victim, keepers],
	'/chat chat:unmute-user': [victim, keepers, 'NOT_FOUND'],
	'/chat chat:ban-user': [victim, keepers],
	'/chat chat:unban-user': [victim, keepers, 'NOT_FOUND'],
	'/chat chat:slow-mode': [() => ({ streamKey: key, seconds: 0 }), keepers],
	'/chat chat:leave-room': [() => key, {}],
};

await test('every event', async () => {
	const there = d.cli('dump', 'events').stdout.trim().split('\n').slice(1).map((l) => l.trim().split(/\s{2,}/))
		.filter(([nsp, name,,, direction]) => direction === 'in' && (/^\/(chat|streaming)$/.test(nsp) || /:stream$/.test(name)));
	deep(there.map(([nsp, name]) => `${nsp} ${name}`).sort(), Object.keys(events).sort(), 'the table has every event');
	deep(there.filter(([,, auth]) => auth !== 'user'), [], 'every event needs a user');
	const wrong = [];
	for (const [who, p] of Object.entries(everybody)) {
		const sockets = {};
		for (const [event, [body, others, done = true]] of Object.entries(events)) {
			const [nsp, name] = event.split(' ');
			const s = sockets[nsp] ??= await ioConnect(d.url + nsp, { auth: p.as });
			const r = await s.ask(name, await body());
			const got = r.ok || r.error.code, want = others[who] ?? done;
			if (got !== want)
				wrong.push(`${event} by ${who}: ${got}, not ${want}`);
		}
		Object.values(sockets).forEach((s) => s.disconnect());
	}
	deep(wrong, [], 'every role may do what the table says');
	const nobody = await ioConnect(d.url);
	is((await nobody.ask('join:stream', key)).error.code, 'UNAUTHORIZED', 'a guest cannot follow a stream');
	is((await ioConnect(d.url + '/chat').then(() => 'in', (e) => e.data.code)), 'UNAUTHORIZED', 'a guest cannot connect to the chat');
});

await test('both languages', async () => {
	for (const [language, text] of [['ko', /[가-힣]/], ['en', /^[\x20-\x7e]+$/]]) {
		const s = await ioConnect(`${d.url}/chat`, { auth: everybody.banned.as, extraHeaders: { 'accept-language': language } });
		const { error } = await s.ask('chat:join-room', key);
		ok(text.test(error.message), `a refusal is in ${language}: ${error.message}`);
		const r = await web.post(at(key, '/mutes'), { userId: randomUUID(), seconds: 1 }, { ...seller.as, language });
		ok(text.test(r.body.message), `a message is in ${language}: ${r.body.message}`);
		const refused = await web.post(at(key, '/mutes'), { userId: randomUUID() }, { ...everybody.user.as, language });
		ok(text.test(refused.body.error.message), `an error is in ${language}: ${refused.body.error.message}`);
	}
	const api = (await web.get('/openapi.json')).body;
	const missing = d.cli('dump', 'routes').stdout.split('\n').map((l) => l.trim().split(/\s{2,}/)).filter(([, path]) => /streams/.test(path ?? ''))
		.filter(([method, path]) => !api.paths[path]?.[method.toLowerCase()]).map(([m, p]) => `${m} ${p}`);
	deep(missing, [], 'every route of streams is in the OpenAPI document');
});
await done();
