// seller.js -- the seller's desk: streams planned, started, ended; beside them products (sellershelf.js), chat, and orders (sellerorders.js).
import './livewords.js';
import './sellerwords.js';
import { Channels } from './channels.js';
import { closeChat, inWords, initChat, showChat } from './chatbox.js';
import { $, make, showFault } from './dom.js';
import { addWords, num, onLanguage, translate, words } from './i18n.js';
import { askToLogIn, resume } from './login.js';
import { initPlan, openPlan } from './planbox.js';
import { Poll } from './poll.js';
import { moment, statusBadge, statusWord } from './poster.js';
import { followOrders, hurryOrders, initOrders, leaveOrders } from './sellerorders.js';
import { initSellerShelf, loadMine, setShelfStream, shelf } from './sellershelf.js';
import { accessToken, ask, onSession } from './session.js';
import { initShell, showConnection } from './shell.js';
import { Stage } from './stage.js';
import { sure } from './sure.js';
import { initTabs } from './tabs.js';

addWords({ title: '두레 라이브 · 판매자' }, { title: 'Dure Live · Seller' });

const line = new Channels(['/', '/chat', '/streaming'], accessToken);
const NUMBERS_POLL_MS = 30000;	// of the peak and the total
let stream = null, streams = [], viewers = 0, user = null, stage = null;

const path = rest => `/api/v1/streams/${encodeURIComponent(stream.streamKey)}${rest}`;

/* Do it, and say beside the control what went wrong. */
async function attempt(fault, fn) {
	showFault($(fault), null);
	try {
		return await fn();
	} catch (problem) {
		showFault($(fault), problem);
	}
}

/* --- Streams --- */

function drawStreams() {
	const at = document.activeElement?.closest?.('#streams button')?.dataset.key;
	$('streams').replaceChildren(...streams.map(s => {
		const button = make('button', { type: 'button' }, statusBadge(s.status), make('b', { textContent: s.title }));
		button.dataset.key = s.streamKey;
		button.setAttribute('aria-current', String(s.streamKey === stream?.streamKey));
		button.addEventListener('click', () => attempt('page-fault', () => choose(s.streamKey)));
		return make('li', {}, button);
	}));
	$('streams-none').textContent = streams.length > 0 ? words().nobody : words().noStreamYet;
	$('streams-none').hidden = Boolean(stream);
	if (at)
		[...document.querySelectorAll('#streams button')].find(b => b.dataset.key === at)?.focus();
}

function drawCourse() {
	$('status').textContent = statusWord(stream.status);
	$('status').dataset.status = stream.status;
	$('viewers').textContent = stream.status === 'live' ? words().viewers(viewers) : '';
	$('starts').textContent = stream.status === 'scheduled' && stream.scheduledAt ? words().startsAt(moment(stream.scheduledAt)) : '';
	$('title').textContent = stream.title;
	$('description').textContent = stream.description ?? '';
	$('url').textContent = stream.playbackUrl ?? words().noUrl;
	$('url').dataset.set = Boolean(stream.playbackUrl);
	$('peak').textContent = num(Math.max(stream.peakViewers, viewers));
	$('total').textContent = num(Math.max(stream.totalViewers, viewers));
	$('view').href = `/live.html?stream=${encodeURIComponent(stream.streamKey)}`;
	$('start').hidden = stream.status !== 'scheduled';
	$('end').hidden = stream.status !== 'live';
	$('change').hidden = stream.status === 'ended';
}

function drawStream() {
	for (const id of ['course', 'pinned', 'talk', 'slow-form'])
		$(id).hidden = !stream;
	drawStreams();
	if (!stream)
		return;
	$('slow-form').hidden = stream.status === 'ended';
	drawCourse();
	drawPreview();
}

async function loadStreams() {
	streams = (await ask('GET', `/api/v1/streams?sellerId=${encodeURIComponent(user.id)}&limit=50`)).data;
	drawStreams();
}

function setStream(s) {
	const before = stream?.status;
	stream = { ...stream, ...s };
	streams = streams.map(x => x.streamKey === stream.streamKey ? { ...x, ...s } : x);
	if (stream.status === 'ended')
		closeChat();
	drawStream();
	if (before !== stream.status)
		setShelfStream(stream);
}

async function choose(key) {
	const { data } = await ask('GET', `/api/v1/streams/${encodeURIComponent(key)}`);
	if (stream)
		for (const [name, event] of [['/', 'leave:stream'], ['/chat', 'chat:leave-room'], ['/streaming', 'stream:viewer:leave']])
			line.emit(name, event, { streamKey: stream.streamKey }).catch(() => {});
	closePreview();
	stream = null;
	viewers = data.viewers;
	setStream(data);
	shelf.set(data.products);
	$('slow').value = data.slowModeSeconds;
	history.replaceState(null, '', `?stream=${encodeURIComponent(key)}${location.hash}`);
	line.hold('/', 'join:stream', { streamKey: key });
	line.hold('/streaming', 'stream:viewer:join', { streamKey: key, observe: true }, a => { viewers = a.count; drawStream(); });
	showChat(key);
	if (data.status === 'ended')
		closeChat();
}

async function loadNumbers() {
	const at = stream?.streamKey;
	if (!user || stream?.status !== 'live')
		return;
	const { data } = await ask('GET', path(''));
	if (at === stream?.streamKey)
		setStream({ peakViewers: data.peakViewers, totalViewers: data.totalViewers });
}

async function planned(s) {
	if (s.streamKey === stream?.streamKey)
		return setStream(s);
	await attempt('page-fault', async () => {
		await loadStreams();
		await choose(s.streamKey);
	});
	$('start').focus();
}

const start = () => attempt('course-fault', async () => setStream((await ask('POST', path('/start'))).data));

async function end() {
	if (await sure(words().end, words().endSure, words().yesEnd))
		await attempt('course-fault', async () => setStream((await ask('POST', path('/end'))).data));
}

/* --- The video, as viewers get it, also before the start --- */

function drawPreview() {
	const may = stream.status !== 'ended' && Boolean(stream.playbackUrl);
	$('preview-toggle').hidden = !may;
	if (!may)
		closePreview();
	$('preview-toggle').setAttribute('aria-expanded', String(Boolean(stage)));
	$('preview-toggle').textContent = stage ? words().previewOff : words().preview;
	stage?.show({ ...stream, status: 'live' });
}

function closePreview() {
	stage?.show(null);
	stage = null;
	$('preview').hidden = true;
	$('preview-note').textContent = '';
}

function togglePreview() {
	if (stage) {
		closePreview();
	} else {
		$('preview').hidden = false;
		stage = new Stage($('preview'), $('preview-note'));
	}
	drawPreview();
}

/* --- Wiring --- */

const drawConnection = () => showConnection(user && user.role !== 'user' ? line.state : null);

async function setSlow(e) {
	e.preventDefault();
	await attempt('chat-fault', () => line.emit('/chat', 'chat:slow-mode', { streamKey: stream.streamKey, seconds: Number($('slow').value) })
		.catch(problem => { throw inWords(problem); }));
}

function drawGuest() {
	$('guest-text').textContent = user ? words().notSeller(user.email) : words().sellerOnly;
	$('guest-login').hidden = Boolean(user);
}

async function begin() {
	line.start();
	await attempt('page-fault', async () => {
		await Promise.all([loadMine(user.id), loadStreams().finally(followOrders)]);	/* orders name their streams */
		const wanted = new URLSearchParams(location.search).get('stream');
		if (streams.some(s => s.streamKey === wanted))
			await choose(wanted);
	});
}

function onUser(next, token) {
	const same = user && next && user.id === next.id;
	user = next;
	const seller = Boolean(user) && user.role !== 'user';
	$('desk').hidden = !seller;
	$('guest').hidden = seller;
	drawGuest();
	drawConnection();
	if (seller && same)
		return line.renew(token);
	leaveOrders();
	if (!seller)
		return line.stop();
	return begin();
}

function drawAll() {
	drawConnection();
	drawGuest();
	drawStream();
}

function listen() {
	const mineOnly = fn => s => s.streamKey === stream?.streamKey && fn(s);
	line.on('', 'state', drawConnection);
	for (const event of ['started', 'updated', 'ended'])
		line.on('/', `stream:${event}`, mineOnly(setStream));
	for (const event of ['updated', 'soldout'])
		line.on('/', `live:product:${event}`, hurryOrders);
	line.on('/', 'stream:state', mineOnly(s => setStream({ peakViewers: s.peakViewers, totalViewers: s.totalViewers })));
	line.on('/streaming', 'stream:viewers', mineOnly(v => { viewers = v.count; drawStream(); }));
}

function wire() {
	initShell();
	shelf.listen(line, () => stream?.streamKey);
	initChat(line);
	initPlan(planned);
	initSellerShelf(attempt, () => user.id);
	initOrders(key => streams.find(s => s.streamKey === key)?.title ?? '');
	initTabs($('tabs'), () => {});
	listen();
	$('plan-new').addEventListener('click', () => openPlan(null));
	$('change').addEventListener('click', () => openPlan(stream));
	$('slow-form').addEventListener('submit', setSlow);
	$('start').addEventListener('click', start);
	$('end').addEventListener('click', end);
	$('preview-toggle').addEventListener('click', togglePreview);
	$('guest-login').addEventListener('click', () => askToLogIn());
	onLanguage(drawAll);
	new Poll(loadNumbers, NUMBERS_POLL_MS).start();
	onSession(onUser);
	translate();
}

wire();
resume();
