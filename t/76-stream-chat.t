#!/usr/bin/env t/lib/run
// 76-stream-chat.t -- the chat of a stream: history, limits, rules, moderation, and that nothing acknowledged is lost.
import fs from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { client, ioConnect } from './lib/client.mjs';
import { scratchDir, startDure } from './lib/dure.mjs';
import { between, deep, diag, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { sleep, until } from './lib/until.mjs';

const words = path.join(scratchDir(), 'words');
fs.writeFileSync(words, '# unwanted\n바보\ndarn\n');
const d = await startDure({ http: 1, ws: 2, env: { ANALYZER: 'off', RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_MAX: '1000000', RATE_WRITE_MAX: '100000',
	CHAT_PROFANITY_FILE: words, CHAT_RATE_WINDOW: '3', CHAT_ANNOUNCE_MAX: '20' } });
const web = client(d.url);

function person(role = 'user') {
	const id = randomUUID();
	const p = { id, as: { token: sign({ sub: id, role }) } };
	p.connect = (options) => ioConnect(`${d.url}/chat`, { auth: p.as, ...options });
	return p;
}
const seller = person('seller'), admin = person('admin');
const at = (key, rest = '') => `/api/v1/streams/${key}${rest}`;
async function stream(more = {}) {
	const r = await web.post('/api/v1/streams', { title: 'chat', ...more }, seller.as);
	return r.body.data.streamKey;
}
const say = (s, key, message, more = {}) => s.ask('chat:send-message', { streamKey: key, message, ...more });
const texts = (s) => s.all('chat:message').map(([m]) => m.message);
const code = (r) => r.error?.code ?? r.ok;

await test('joining, speaking, leaving', async () => {
	const key = await stream(), [kim, lee] = [person(), person()];
	const a = await kim.connect(), b = await lee.connect();
	is(code(await say(a, key, 'hello')), 'CHAT_NOT_JOINED', 'a user outside the chat cannot post');
	is(code(await a.ask('chat:join-room', 'none')), 'NOT_FOUND', 'the chat of an unknown stream cannot be joined');
	deep(await a.ask('chat:join-room', { streamKey: key }), { ok: true, room: `stream:${key}`, streamKey: key, role: 'user', status: 'scheduled',
		slowModeSeconds: 0, maxLength: 500 }, 'joining is acknowledged with the rules of the chat');
	deep((await a.next('chat:history'))[0], { streamKey: key, messages: [] }, 'the history is sent on joining');
	const said = await say(a, key, '  안녕\u200b하세요 \n 여러분  ', { clientMessageId: 'c1' });
	is(said.message.message, '안녕하세요 여러분', 'a message is acknowledged as it was stored');
	deep([said.message.streamKey, said.message.userId, said.message.role, said.message.clientMessageId], [key, kim.id, 'user', 'c1'], 'a message has its author, role and client id');
	deep((await a.next('chat:message'))[0], said.message, 'the room gets the message');
	is((await d.psql('SELECT body FROM chat_messages WHERE id = $1', [said.message.id]))[0].body, '안녕하세요 여러분', 'the message is in the table');
	is((await say(a, key, 'again', { clientMessageId: 'c1' })).message.id, said.message.id, 'a message repeated under its client id is the same message');

	is(code(await b.ask('chat:join-room', key)), true, "a chat can be joined by the stream's key alone");
	deep((await b.next('chat:history'))[0].messages, [said.message], 'a late joiner gets the earlier messages');
	is((await a.next('chat:user-joined', (u) => u.userId === lee.id))[0].streamKey, key, 'the room gets chat:user-joined');
	await say(b, key, 'hi');
	is((await a.next('chat:message'))[0].message, 'hi', "members get each other's messages");
	is((await say(await seller.connect().then(async (s) => (await s.ask('chat:join-room', key), s)), key, 'welcome')).message.role, 'seller', "the seller's messages carry the role seller");
	is(code(await b.ask('chat:leave-room', key)), true, 'leaving is acknowledged');
	is((await a.next('chat:user-left', (u) => u.userId === lee.id))[0].streamKey, key, 'the room gets chat:user-left');
	await say(a, key, 'alone');
	await a.next('chat:message', (m) => m.message === 'alone');
	ok(!texts(b).includes('alone'), 'a user who left gets no messages');

	const page = await web.get(at(key, '/chat?limit=2'), kim.as);
	deep(page.body.data.map((m) => m.message), ['alone', 'welcome'], 'the REST history is newest first');
	deep((await web.get(at(key, `/chat?limit=9&cursor=${page.body.nextCursor}`), kim.as)).body.data.map((m) => m.message), ['hi', '안녕하세요 여러분'], 'the REST history comes in pages');
	is((await web.get(at(key, '/chat'))).status, 401, 'the REST history needs a user');
	is((await web.get(at('none', '/chat'), kim.as)).status, 404, 'the REST history of an unknown stream is not found');
});

await test('no message is heard twice or missed by who joins while others speak', async () => {
	const key = await stream(), speakers = await Promise.all([1, 2, 3, 4].map(async () => {
		const s = await person().connect();
		await s.ask('chat:join-room', key);
		return s;
	}));
	let on = true, n = 0;
	const speaking = speakers.map(async (s) => {
		for (let i = 0; on && i < 20; i++) {
			is(code(await say(s, key, `m${n++}`)), true, 'a message is posted');
			await sleep(5);
		}
	});
	const late = await Promise.all([...Array(8)].map(async (_, i) => {
		await sleep(10 * i);
		const s = await person().connect();
		await s.ask('chat:join-room', key);
		return s;
	}));
	await Promise.all(speaking);
	on = false;
	for (const s of late) {
		const heard = () => [...s.all('chat:history')[0][0].messages.map((m) => m.id), ...s.all('chat:message').map(([m]) => m.id)];
		await until(() => new Set(heard()).size >= Math.min(n, 80), { what: 'all messages' }).catch(() => {});
		is(new Set(heard()).size, heard().length, 'a late joiner gets no message twice');
		is(heard().length, n, 'a late joiner gets every message');
	}
});

await test('rules', async () => {
	const key = await stream(), s = await person().connect(), keeper = await seller.connect();
	await s.ask('chat:join-room', key);
	await keeper.ask('chat:join-room', key);
	const long = await say(s, key, 'x'.repeat(501));
	deep([code(long), long.error?.details], ['VALIDATION_FAILED', [{ field: 'message', reason: '1자 이상 500자 이하여야 합니다' }]], 'a message that is too long is refused, and told why');
	is(code(await say(s, key, ' \u200b ')), 'VALIDATION_FAILED', 'a message of invisible characters is refused');
	for (const link of ['see https://x.example/y', 'www.x.example', 'buy at cheap-shop.com now', '싸다 SHOP.kr/1'])
		is(code(await say(s, key, link)), 'CHAT_LINK_REFUSED', `a link is refused: ${link}`);
	is(code(await say(keeper, key, 'https://x.example')), true, 'the seller may post links');
	is(code(await say(s, key, '가격은 3.5만원, 끝...좋아요.com처럼')), 'CHAT_LINK_REFUSED', 'a word that ends like a host name is refused');
	is((await say(s, key, '가격은 3.5만원... ok.')).ok, true, 'dots alone are not a link');
	is((await say(s, key, '바.보 Darn, darned')).message.message, '*.* ****, darned', 'unwanted words are masked');
});

await test('how often', async () => {
	const key = await stream(), who = person(), s = await who.connect(), other = await who.connect();
	await s.ask('chat:join-room', key);
	await other.ask('chat:join-room', key);
	const answers = await Promise.all([...Array(24)].map((_, i) => say(i % 2 ? s : other, key, `n${i}`)));
	is(answers.filter((a) => a.ok).length, 20, '20 messages are allowed, from all sockets of a user together');
	const refused = answers.find((a) => !a.ok);
	is(code(refused), 'RATE_LIMITED', 'the twenty-first message is refused');
	between(refused.retryAfter, 1, 3, 'for so long');
	await until(async () => code(await say(s, key, 'later')) === true, { ms: 15000, every: 200, what: 'the limit to end' });

	is((await web.patch(at(key), { slowModeSeconds: 2 }, seller.as)).status, 200, 'slow mode is turned on');
	const slow = await person().connect(), keeper = await seller.connect();
	await slow.ask('chat:join-room', key);
	await keeper.ask('chat:join-room', key);
	is(code(await say(slow, key, 'one')), true, 'slow mode accepts the first message');
	const two = await say(slow, key, 'two');
	deep([code(two), two.retryAfter > 0], ['CHAT_SLOW_MODE', true], 'slow mode refuses the second message and says when to retry');
	deep([code(await say(keeper, key, 'a')), code(await say(keeper, key, 'b'))], [true, true], 'slow mode does not apply to the seller');
	await until(async () => code(await say(slow, key, 'two')) === true, { ms: 15000, every: 200, what: 'the turn to come' });
	is(code(await slow.ask('chat:slow-mode', { streamKey: key, seconds: 0 })), 'FORBIDDEN', 'a user cannot change slow mode');
	is(code(await keeper.ask('chat:slow-mode', { streamKey: key, seconds: 0 })), true, 'the seller can change slow mode from the chat');
	is((await slow.next('chat:slow-mode'))[0].slowModeSeconds, 0, 'the room gets the change of slow mode');
	deep([code(await say(slow, key, 'a')), code(await say(slow, key, 'b'))], [true, true], 'without slow mode messages are accepted at once');
});

await test('keeping order', async () => {
	const key = await stream(), bad = person(), good = person(), mod = person();
	const all = await Promise.all([bad, good, mod, seller].map(async (p) => {
		const s = await p.connect();
		await s.ask('chat:join-room', key);
		return s;
	}));
	const [b, g, m, o] = all;
	const { message } = await say(b, key, 'rude');
	is(code(await g.ask('chat:delete-message', { streamKey: key, messageId: message.id })), 'FORBIDDEN', 'a user cannot delete messages');
	is(code(await m.ask('chat:mute-user', { streamKey: key, userId: bad.id })), 'FORBIDDEN', 'a user cannot mute others');
	is((await web.post(at(key, '/moderators'), { userId: mod.id }, person('seller').as)).status, 403, "a seller cannot name moderators of another's stream");
	is((await web.post(at(key, '/moderators'), { userId: mod.id }, seller.as)).status, 200, 'the seller names a moderator');
	is((await web.post(at(key, '/moderators'), { userId: mod.id }, seller.as)).status, 409, 'a moderator is named once');
	is(code(await m.ask('chat:delete-message', { streamKey: key, messageId: message.id })), true, 'a moderator can delete a message');
	deep((await g.next('chat:message-deleted'))[0], { streamKey: key, id: message.id }, 'the room gets the deletion');
	is(code(await m.ask('chat:delete-message', { streamKey: key, messageId: message.id })), 'NOT_FOUND', 'a message is deleted once');
	deep((await web.get(at(key, '/chat'), good.as)).body.data, [], 'a deleted message is not in the history');

	is(code(await m.ask('chat:mute-user', { streamKey: key, userId: seller.id })), 'FORBIDDEN', 'a moderator cannot mute the seller');
	const muted = await m.ask('chat:mute-user', { streamKey: key, userId: bad.id, seconds: 60, reason: 'rude' });
	deep([muted.sanction.kind, muted.sanction.reason], ['mute', 'rude'], 'a mute is acknowledged with its reason');
	is((await b.next('chat:muted'))[0].reason, 'rude', 'a muted user is told the reason');
	const answer = await say(b, key, 'again');
	is(code(answer), 'CHAT_MUTED', 'a muted user cannot post');
	between(answer.retryAfter, 1, 60, 'for so long');
	is((await web.get(at(key, '/chat-sanctions'), good.as)).status, 403, 'a user cannot list the sanctions');
	deep((await web.get(at(key, '/chat-sanctions'), seller.as)).body.data.map((x) => [x.userId, x.kind, x.createdBy]), [[bad.id, 'mute', mod.id]], 'the seller can list the sanctions');
	is((await web.del(at(key, `/mutes/${bad.id}`), undefined, seller.as)).status, 200, 'the seller lifts the mute');
	is(code(await say(b, key, 'sorry')), true, 'a user whose mute was lifted can post');
	is(code(await o.ask('chat:mute-user', { streamKey: key, userId: bad.id, seconds: 1 })), true, 'a mute of one second is accepted');
	await until(async () => code(await say(b, key, 'back')) === true, { ms: 15000, every: 200, what: 'the mute to end by itself' });

	is((await web.post(at(key, '/bans'), { userId: bad.id, seconds: 0 }, { token: mod.as.token })).status, 201, 'a moderator bans a user over REST');
	is((await b.next('chat:banned'))[0].streamKey, key, 'a banned user is told');
	deep([await web.get(at(key, '/chat'), { token: bad.as.token }), await web.get(at(key, '/chat'), { token: mod.as.token })].map((r) => r.body.error?.code), ['CHAT_BANNED', undefined],
		'a banned user cannot read the chat over REST');
	is(code(await say(b, key, 'x')), 'CHAT_NOT_JOINED', 'a banned user is out of the chat at once');
	await say(g, key, 'peace');
	await m.next('chat:message', (x) => x.message === 'peace');
	ok(!texts(b).includes('peace'), 'a banned user gets no messages');
	is(code(await b.ask('chat:join-room', key)), 'CHAT_BANNED', 'a banned user cannot join again');
	is(code(await (await admin.connect()).ask('chat:unban-user', { streamKey: key, userId: bad.id })), true, 'an admin lifts the ban');
	is(code(await b.ask('chat:join-room', key)), true, 'a user whose ban was lifted can join');
	is((await web.del(at(key, `/moderators/${mod.id}`), undefined, seller.as)).status, 200, 'the seller removes the moderator');
	is(code(await m.ask('chat:mute-user', { streamKey: key, userId: bad.id })), 'FORBIDDEN', 'a removed moderator cannot mute');
	await web.post(at(key, '/start'), undefined, seller.as);
	await web.post(at(key, '/end'), undefined, seller.as);
	is(code(await say(g, key, 'late')), 'STREAM_ENDED', 'nobody can post after the end of the stream');
});

await test('nothing acknowledged is lost, whatever is killed', async () => {
	const key = await stream();
	const acked = [], sent = new Set();
	let on = true;
	const speakers = [...Array(6)].map(async (_, i) => {
		const s = await person().connect({ reconnection: true, reconnectionDelay: 50, wait: true });
		for (let n = 0; on; n++) {
			const text = `k${i}-${n}`;
			try {
				await s.timeout(1500).emitWithAck('chat:join-room', key);
				sent.add(text);
				const r = await s.timeout(1500).emitWithAck('chat:send-message', { streamKey: key, message: text });
				if (r.ok)
					acked.push(r.message.id);
				else if (r.error.code === 'RATE_LIMITED')
					await sleep(200);
			} catch { await sleep(50); }
		}
		s.disconnect();
	});
	await until(() => acked.length > 30, { ms: 60000, what: 'messages' });
	is(d.kill9(/^dure: ws/).length, 2, 'both fanout processes are killed');
	const before = acked.length;
	await until(() => acked.length > before + 20, { ms: 60000, what: 'messages after it' });
	on = false;
	await Promise.all(speakers);
	const rows = await d.psql('SELECT id::text AS id FROM chat_messages WHERE stream_key = $1', [key]);
	const stored = new Set(rows.map((r) => r.id));
	deep(acked.filter((id) => !stored.has(id)), [], `all ${acked.length} acknowledged messages are stored`);
	is(new Set(acked).size, acked.length, 'each acknowledged message has a number of its own');
	diag(`${acked.length} acknowledged, ${stored.size} stored, ${sent.size} sent`);
});
await done();
