#!/usr/bin/env t/lib/run
// 57-socket-auth.t -- who a socket is: tokens of the handshake, namespaces that want one, rooms of one's own, a token that expires and one that
// comes in its place.
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
	is(await code('/'), 'connected', '/ takes anonymous sockets');
	for (const nsp of ['/chat', '/streaming']) {
		const e = await refusal(nsp);
		deep([e.data, e.message], [{ code: 'UNAUTHORIZED' }, '인증이 필요합니다.'], `${nsp} does not`);
		is(await code(nsp, { auth: { token: token('u1') } }), 'connected', 'but who shows a token');
		is(await code(nsp, { extraHeaders: { authorization: `Bearer ${token('u1')}` } }), 'connected', 'in the header too');
		is(await code(nsp, { transports: ['polling'], extraHeaders: { authorization: `Bearer ${token('u1')}` } }), 'connected', 'over polling too');
		is(await code(nsp, { auth: { token: `Bearer ${token('u1')}` } }), 'connected', 'and with the word before');
		is(await code(nsp, { auth: { token: null } }), 'UNAUTHORIZED', 'null is no token');
	}
	like((await refusal('/chat', { extraHeaders: { 'accept-language': 'en' } })).message, /Authentication/, 'in English for who wants it');
});

await test('tokens', async () => {
	for (const [what, want, t] of [
		['of an older key', 'connected', sign({ sub: 'u' }, { key: other, kid: 'k1' })],
		['without a key\'s name', 'connected', sign({ sub: 'u' }, { key: other })],
		['of an unknown key', 'TOKEN_INVALID', token('u', { kid: 'k3' })],
		['of a key by another name', 'TOKEN_INVALID', token('u', { kid: 'k1' })],
		['of another secret', 'TOKEN_INVALID', sign({ sub: 'u' }, { key: 'a third secret of more than thirty-two bytes' })],
		['that is over', 'TOKEN_EXPIRED', token('u', { seconds: -1 })],
		['unsigned', 'TOKEN_INVALID', token('u', { alg: 'none', hash: null })],
		['by HS512', 'TOKEN_INVALID', token('u', { alg: 'HS512', hash: 'sha512' })],
		['of nobody', 'TOKEN_INVALID', sign({}, { key })],
		['that is no token', 'TOKEN_INVALID', 'abc'],
		['that is no text', 'TOKEN_INVALID', 5],
		['that is too long', 'TOKEN_INVALID', token('u'.repeat(9000))],
	])
		is(await code('/chat', { auth: { token: t } }), want, `a token ${what}: ${want}`);
	is(await code('/', { auth: { token: 'abc' } }), 'TOKEN_INVALID', '/ refuses a bad one too');
	is(await code('/', { auth: { token: token('u') }, extraHeaders: { authorization: 'Bearer abc' } }), 'connected', 'auth.token wins over the header');
});

await test('dure token create', async () => {
	const made = d.cli('token', 'create', '--sub', 'op', '--role', 'admin');
	is(made.code, 0, 'a token is made');
	is(await code('/chat', { auth: { token: made.stdout.trim() } }), 'connected', 'which is good');
	const brief = d.cli('token', 'create', '--sub', 'op', '--seconds', '1').stdout.trim();
	const claims = JSON.parse(Buffer.from(brief.split('.')[1], 'base64url'));
	deep([claims.sub, claims.exp - claims.iat, claims.role], ['op', 1, 'user'], 'for as long as it is told');
	is(d.cli('token', 'create').code, 64, 'nobody has none');
});

await test('rooms', async () => {
	const s = await ioConnect(d.url, { auth: { token: token('u1') } });
	deep(await s.ask('join-user-room', 'u1'), { ok: true, room: 'user:u1' }, 'one\'s own room is entered');
	is((await s.ask('join-user-room', 'u2')).error.code, 'FORBIDDEN', 'another\'s is not');
	deep(await s.ask('join:stream', 'live'), { ok: true, room: 'stream:live' }, 'a stream wants a user');
	deep(await s.ask('leave:stream', { streamKey: 'live' }), { ok: true, room: 'stream:live' }, 'who may leave it');
	await publish(d, 'user:u1', 'system-notification', { message: 'hi' });
	deep(await s.next('system-notification'), [{ message: 'hi' }], 'what is for the user arrives');
	const a = await ioConnect(d.url);
	for (const event of ['join-user-room', 'join:stream', 'leave:stream'])
		is((await a.ask(event, 'x')).error.code, 'UNAUTHORIZED', `${event} is not for an anonymous socket`);
	deep(await a.ask('auth:refresh', { token: token('u3') }).then((x) => [x.ok, x.userId]), [true, 'u3'], 'which may become somebody');
	ok((await a.ask('join-user-room', 'u3')).ok, 'and then may');
});

await test('expiry', async () => {
	const began = Date.now();
	const s = await ioConnect(`${d.url}/chat`, { auth: { token: token('u1', { seconds: 5 }) } });
	const kept = await ioConnect(`${d.url}/chat`, { auth: { token: token('u2', { seconds: 5 }) } });
	const both = kept.io.socket('/', { auth: { token: token('u2', { seconds: 5 }) } });
	await until(() => both.connected, { what: 'the second namespace' });
	const why = within(20000, 'the end', new Promise((settle) => s.once('disconnect', settle)));
	const answer = await kept.ask('auth:refresh', token('u2'));
	ok(answer.ok && Date.parse(answer.expiresAt) > Date.now() + 800000, 'a new token is taken', JSON.stringify(answer));
	is((await kept.ask('auth:refresh', { token: token('u9') })).error.code, 'FORBIDDEN', 'not another user\'s');
	is((await kept.ask('auth:refresh', { token: token('u2', { seconds: -5 }) })).error.code, 'TOKEN_EXPIRED', 'nor an old one');
	is((await kept.ask('auth:refresh', {})).error.code, 'VALIDATION_FAILED', 'nor none');
	is(await why, 'io server disconnect', 'a socket is closed with its token');
	ok(Date.now() - began >= 3900, 'not before');
	is(s.all('error')[0]?.[0]?.code, 'TOKEN_EXPIRED', 'and told why');
	await sleep(1200);
	ok(kept.connected && both.connected, 'one with a new token stays, in all its namespaces');
	is(await code('/chat', { auth: { token: token('u1') } }), 'connected', 'and the user may come again');
});

await test('expiry on the wire', async () => {
	const w = openSocket(d, '/socket.io/?EIO=4&transport=websocket');
	await w.next();
	w.send(`40/chat,${JSON.stringify({ token: token('u', { seconds: 3 }) })}`);
	like(await w.next(), /^40\/chat,/, 'in');
	like(await w.next(), /^42\/chat,\["error",/, 'told');
	is(await w.next(), '41/chat,', 'out');
	w.send(`40/chat,${JSON.stringify({ token: token('u', { seconds: 60 }) })}`);
	like(await w.next(), /^40\/chat,/, 'in again on the same connection');
	w.close();
});

const strict = await startDure({ env: { WS_ROOT_AUTH: 'required', WS_EVENTS_MAX: 5, RATE_LIMIT_ENABLED: 'true' } });

await test('WS_ROOT_AUTH=required', async () => {
	const s = await ioConnect(strict.url, { wait: false });
	is((await new Promise((settle) => s.once('connect_error', settle))).data.code, 'UNAUTHORIZED', '/ refuses anonymous sockets');
	const t = await ioConnect(strict.url, { auth: { token: sign({ sub: 'u1' }) } });
	ok(t.connected, 'and takes users');
	const answers = await Promise.all([...Array(7)].map((_, i) => (i === 6 ? t.ask('ping', Buffer.from('x')) : t.ask('ping'))));
	deep(answers.slice(5).map((a) => [a.error?.code, a.retryAfter > 0]), [['RATE_LIMITED', true], ['RATE_LIMITED', true]],
		'what is too much is refused with retryAfter, binary events too');
});

await done();
