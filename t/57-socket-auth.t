#!/usr/bin/env t/lib/run
// 57-socket-auth.t -- the identity of a socket: tokens in the handshake, namespaces that require one, a user's own rooms, a token that
// expires and its replacement.
import { ioConnect } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { publish } from './lib/room.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { secret, sign } from './lib/token.mjs';
import { sleep, until, within } from './lib/until.mjs';
import { openSocket } from './lib/wire.mjs';

const other = 'another secret; also of more than 32 bytes';
const d = await startDure({ env: { JWT_SECRET: `k2:${secret.replaceAll(',', ';')},k1:${other}` } });
const key = secret.replaceAll(',', ';');
const token = (sub, options) => sign({ sub }, { key, kid: 'k2', ...options });

// The connect_error of a namespace; null when it connects.
async function refusal(nsp, options) {
	const s = await ioConnect(d.url + nsp, { wait: false, ...options });
	const e = await within(10000, 'an answer', new Promise((settle) => {
		s.once('connect', () => settle(null));
		s.once('connect_error', settle);
	}));
	s.disconnect();
	return e;
}
const code = async (nsp, options) => (await refusal(nsp, options))?.data?.code ?? 'connected';

await test('namespaces', async () => {
	is(await code('/'), 'connected', '/ accepts anonymous sockets');
	for (const nsp of ['/chat', '/streaming']) {
		const e = await refusal(nsp);
		deep([e.data, e.message], [{ code: 'UNAUTHORIZED' }, '인증이 필요합니다.'], `${nsp} refuses anonymous sockets`);
		is(await code(nsp, { auth: { token: token('u1') } }), 'connected', `${nsp} accepts a token in auth`);
		is(await code(nsp, { extraHeaders: { authorization: `Bearer ${token('u1')}` } }), 'connected', `${nsp} accepts a token in the header`);
		is(await code(nsp, { transports: ['polling'], extraHeaders: { authorization: `Bearer ${token('u1')}` } }), 'connected', `${nsp} accepts a token over polling`);
		is(await code(nsp, { auth: { token: `Bearer ${token('u1')}` } }), 'connected', `${nsp} accepts a token with the word Bearer`);
		is(await code(nsp, { auth: { token: null } }), 'UNAUTHORIZED', `${nsp} takes null for no token`);
	}
	like((await refusal('/chat', { extraHeaders: { 'accept-language': 'en' } })).message, /Authentication/, 'Accept-Language selects English for a refusal');
});

await test('tokens', async () => {
	for (const [what, want, t] of [
		['of an older key', 'connected', sign({ sub: 'u' }, { key: other, kid: 'k1' })],
		['without a key\'s name', 'connected', sign({ sub: 'u' }, { key: other })],
		['of an unknown key', 'TOKEN_INVALID', token('u', { kid: 'k3' })],
		['of a key by another name', 'TOKEN_INVALID', token('u', { kid: 'k1' })],
		['of another secret', 'TOKEN_INVALID', sign({ sub: 'u' }, { key: 'a third secret of more than thirty-two bytes' })],
		['that has expired', 'TOKEN_EXPIRED', token('u', { seconds: -1 })],
		['unsigned', 'TOKEN_INVALID', token('u', { alg: 'none', hash: null })],
		['by HS512', 'TOKEN_INVALID', token('u', { alg: 'HS512', hash: 'sha512' })],
		['without a user', 'TOKEN_INVALID', sign({}, { key })],
		['that is malformed', 'TOKEN_INVALID', 'abc'],
		['that is not a string', 'TOKEN_INVALID', 5],
		['that is too long', 'TOKEN_INVALID', token('u'.repeat(9000))],
	])
		is(await code('/chat', { auth: { token: t } }), want, `a token ${what} answers ${want}`);
	is(await code('/', { auth: { token: 'abc' } }), 'TOKEN_INVALID', '/ refuses a malformed token');
	is(await code('/', { auth: { token: token('u') }, extraHeaders: { authorization: 'Bearer abc' } }), 'connected', 'auth.token wins over the header');
});

await test('dure token create', async () => {
	const made = d.cli('token', 'create', '--sub', 'op', '--role', 'admin');
	is(made.code, 0, 'dure token create succeeds');
	is(await code('/chat', { auth: { token: made.stdout.trim() } }), 'connected', 'a token by dure token create is accepted');
	const brief = d.cli('token', 'create', '--sub', 'op', '--seconds', '1').stdout.trim();
	const claims = JSON.parse(Buffer.from(brief.split('.')[1], 'base64url'));
	deep([claims.sub, claims.exp - claims.iat, claims.role], ['op', 1, 'user'], 'dure token create sets subject, lifetime and role');
	is(d.cli('token', 'create').code, 64, 'dure token create requires a subject');
});

await test('rooms', async () => {
	const s = await ioConnect(d.url, { auth: { token: token('u1') } });
	deep(await s.ask('join-user-room', 'u1'), { ok: true, room: 'user:u1' }, 'a user joins their own room');
	is((await s.ask('join-user-room', 'u2')).error.code, 'FORBIDDEN', "a user cannot join another's room");
	deep(await s.ask('join:stream', 'live'), { ok: true, room: 'stream:live' }, 'a user joins a stream');
	deep(await s.ask('leave:stream', { streamKey: 'live' }), { ok: true, room: 'stream:live' }, 'a user leaves a stream');
	await publish(d, 'user:u1', 'system-notification', { message: 'hi' });
	deep(await s.next('system-notification'), [{ message: 'hi' }], "an event of the user's room arrives");
	const a = await ioConnect(d.url);
	for (const event of ['join-user-room', 'join:stream', 'leave:stream'])
		is((await a.ask(event, 'x')).error.code, 'UNAUTHORIZED', `${event} refuses an anonymous socket`);
	deep(await a.ask('auth:refresh', { token: token('u3') }).then((x) => [x.ok, x.userId]), [true, 'u3'], 'auth:refresh logs an anonymous socket in');
	ok((await a.ask('join-user-room', 'u3')).ok, "a socket that logged in joins its user's room");
});

await test('expiry', async () => {
	const began = Date.now();
	const s = await ioConnect(`${d.url}/chat`, { auth: { token: token('u1', { seconds: 5 }) } });
	const kept = await ioConnect(`${d.url}/chat`, { auth: { token: token('u2', { seconds: 5 }) } });
	const both = kept.io.socket('/', { auth: { token: token('u2', { seconds: 5 }) } });
	await until(() => both.connected, { what: 'the second namespace' });
	const why = within(20000, 'the end', new Promise((settle) => s.once('disconnect', settle)));
	const answer = await kept.ask('auth:refresh', token('u2'));
	ok(answer.ok && Date.parse(answer.expiresAt) > Date.now() + 800000, 'auth:refresh accepts a new token', JSON.stringify(answer));
	is((await kept.ask('auth:refresh', { token: token('u9') })).error.code, 'FORBIDDEN', "auth:refresh refuses another user's token");
	is((await kept.ask('auth:refresh', { token: token('u2', { seconds: -5 }) })).error.code, 'TOKEN_EXPIRED', 'auth:refresh refuses an expired token');
	is((await kept.ask('auth:refresh', {})).error.code, 'VALIDATION_FAILED', 'auth:refresh refuses a missing token');
	is(await why, 'io server disconnect', 'a socket is closed when its token expires');
	ok(Date.now() - began >= 3900, 'a socket is not closed before its token expires');
	is(s.all('error')[0]?.[0]?.code, 'TOKEN_EXPIRED', 'a socket gets TOKEN_EXPIRED before it is closed');
	await sleep(1200);
	ok(kept.connected && both.connected, 'a socket with a new token stays connected in all its namespaces');
	is(await code('/chat', { auth: { token: token('u1') } }), 'connected', 'the user connects again with a new token');
});

await test('expiry on the wire', async () => {
	const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	await w.next();
	w.send(`40/chat,${JSON.stringify({ token: token('u', { seconds: 3 }) })}`);
	like(await w.next(), /^40\/chat,/, 'a socket connects with a token of three seconds');
	like(await w.next(), /^42\/chat,\["error",/, 'an expired token sends an error event');
	is(await w.next(), '41/chat,', 'an expired token sends DISCONNECT');
	w.send(`40/chat,${JSON.stringify({ token: token('u', { seconds: 60 }) })}`);
	like(await w.next(), /^40\/chat,/, 'the same connection joins again with a new token');
	w.close();
});

const strict = await startDure({ env: { WS_ROOT_AUTH: 'required', WS_EVENTS_MAX: 5, RATE_LIMIT_ENABLED: 'true' } });

await test('WS_ROOT_AUTH=required', async () => {
	const s = await ioConnect(strict.url, { wait: false });
	is((await new Promise((settle) => s.once('connect_error', settle))).data.code, 'UNAUTHORIZED', 'WS_ROOT_AUTH=required refuses anonymous sockets');
	const t = await ioConnect(strict.url, { auth: { token: sign({ sub: 'u1' }) } });
	ok(t.connected, 'WS_ROOT_AUTH=required accepts users');
	const answers = await Promise.all([...Array(7)].map((_, i) => (i === 6 ? t.ask('ping', Buffer.from('x')) : t.ask('ping'))));
	deep(answers.slice(5).map((a) => [a.error?.code, a.retryAfter > 0]), [['RATE_LIMITED', true], ['RATE_LIMITED', true]],
		'events over the limit are refused with retryAfter, binary ones too');
});

await done();
