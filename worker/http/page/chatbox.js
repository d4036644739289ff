// chatbox.js -- the chat of a stream: what was said, saying something, keeping order.
//
// A message has a number: whatever comes twice (history, a message after a reconnection) is shown once. The list keeps to its end
// while the reader is there, and waits with a button while he reads further up.
import { $, make, showFault } from './dom.js';
import { onLanguage, words } from './i18n.js';
import { me, onSession } from './session.js';

const SHOWN_MAX = 300;
const NEAR_END_PX = 80;
const MUTE_S = 60;
let line, key, role = 'user', closed = '', slow = 0;
const shown = new Map();		/* id -> element */

const list = () => $('chat-list'), log = () => $('chat-log');
const nearEnd = () => log().scrollHeight - log().scrollTop - log().clientHeight < NEAR_END_PX;
const keeper = () => role !== 'user';

function toEnd() {
	log().scrollTop = log().scrollHeight;
	$('chat-jump').hidden = true;
}

function badge(of) {
	const text = { seller: words().roleSeller, moderator: words().roleModerator, admin: words().roleAdmin }[of];
	return text ? make('em', { className: `badge ${of}`, textContent: text }) : null;
}

function tools(m) {
	if (!keeper())
		return null;
	const button = (text, event, body) => {
		const b = make('button', { type: 'button', className: 'link', textContent: text });
		b.addEventListener('click', () => line.emit('/chat', event, { streamKey: key, ...body }).catch(problem => showFault($('chat-fault'), inWords(problem))));
		return b;
	};
	const person = m.userId !== me()?.id && m.role === 'user';
	return make('span', { className: 'tools' }, button(words().remove, 'chat:delete-message', { messageId: m.id }),
		person ? button(words().muteFor, 'chat:mute-user', { userId: m.userId, seconds: MUTE_S }) : null,
		person ? button(words().ban, 'chat:ban-user', { userId: m.userId }) : null);
}

function add(m) {
	if (shown.has(m.id))
		return;
	const stay = nearEnd();
	const el = make('li', { className: m.userId === me()?.id ? 'mine' : '' }, badge(m.role), make('b', { textContent: m.userName }),
		make('span', { textContent: ` ${m.message}` }), tools(m));
	shown.set(m.id, el);
	list().append(el);
	for (const [id, old] of shown) {
		if (shown.size <= SHOWN_MAX)
			break;
		old.remove();
		shown.delete(id);
	}
	$('chat-none').hidden = true;
	if (stay)
		toEnd();
	else
		$('chat-jump').hidden = false;
}

function drop(id) {
	shown.get(id)?.remove();
	shown.delete(id);
}

/* The server's words are in the browser's language, not the one chosen on the page: say what it means in that. */
export function inWords(problem) {
	return { message: words().faults[problem.code] ?? problem.message, code: problem.code, retryAfter: problem.retryAfter };
}

/* Who has not logged in is asked to, in place of the chat where the page has such a place (#chat-guest). */
function draw() {
	const why = !me() ? words().logInToChat : closed && words()[closed];
	$('chat-text').disabled = $('chat-send').disabled = Boolean(why);
	if ($('chat-guest')) {
		$('chat-guest').hidden = Boolean(me());
		for (const id of ['chat-log', 'chat-form', 'chat-note'])
			$(id).hidden = !me();
		$('chat-none').hidden = !me() || shown.size > 0;
	}
	$('chat-note').textContent = why || (slow > 0 && !keeper() ? words().slow(slow) : '');
	$('chat-text').placeholder = why ? '' : words().chatHint;
}

async function say(e) {
	e.preventDefault();
	const text = $('chat-text').value.trim();
	if (!text)
		return;
	showFault($('chat-fault'), null);
	$('chat-text').value = '';
	try {
		const answer = await line.emit('/chat', 'chat:send-message', { streamKey: key, message: text, clientMessageId: crypto.randomUUID?.() ?? String(Math.random()) });
		add(answer.message);
	} catch (problem) {
		$('chat-text').value ||= text;
		showFault($('chat-fault'), inWords(problem));
	}
	$('chat-text').focus();
}

function come(answer) {
	role = answer.role;
	slow = answer.slowModeSeconds;
	closed = answer.status === 'ended' ? 'chatEnded' : '';
	$('chat-text').maxLength = answer.maxLength;
	draw();
}

function refused(problem) {
	closed = problem.code === 'CHAT_BANNED' ? 'banned' : closed;
	draw();
}

export function closeChat() {
	closed = 'chatEnded';
	draw();
}

/* Wire it once, to the channels of the page. */
export function initChat(channels) {
	const mine = fn => payload => payload.streamKey === key && fn(payload);
	line = channels;
	line.on('/chat', 'chat:history', mine(h => h.messages.forEach(add)));
	line.on('/chat', 'chat:message', mine(add));
	line.on('/chat', 'chat:message-deleted', mine(m => drop(m.id)));
	line.on('/chat', 'chat:slow-mode', mine(s => { slow = s.slowModeSeconds; draw(); }));
	line.on('/chat', 'chat:muted', mine(() => showFault($('chat-fault'), words().muted)));
	line.on('/chat', 'chat:unmuted', mine(() => showFault($('chat-fault'), null)));
	line.on('/chat', 'chat:banned', mine(() => { closed = 'banned'; draw(); }));
	line.on('/chat', 'chat:user-joined', mine(u => { $('chat-joined').textContent = words().joined(u.userName); }));
	$('chat-form').addEventListener('submit', say);
	$('chat-jump').addEventListener('click', toEnd);
	log().addEventListener('scroll', () => { if (nearEnd()) $('chat-jump').hidden = true; });
	onSession(draw);
	onLanguage(draw);
	draw();
}

/* The chat of this stream from now on. */
export function showChat(streamKey) {
	key = streamKey;
	role = 'user';
	closed = '';
	shown.clear();
	list().replaceChildren();
	$('chat-none').hidden = false;
	line.hold('/chat', 'chat:join-room', { streamKey }, come, refused);
	draw();
}
