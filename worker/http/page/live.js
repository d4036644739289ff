// live.js -- the page of a live stream: what is shown, who watches, what people say, and buying.
//
// /live.html?stream=KEY; without a key the list of streams. `dure:stream` (detail: the stream) is dispatched on the document whenever the
// stream is known or changes; who plays it himself prevents its default, or has put a player into #video (stage.js).
import './livewords.js';
import { call } from './api.js';
import { initBuyBox, openBuyBox, renewBuyBox } from './buybox.js';
import { Channels } from './channels.js';
import { closeChat, initChat, showChat } from './chatbox.js';
import { $, make, showFault } from './dom.js';
import { addWords, onLanguage, translate, words } from './i18n.js';
import { askToLogIn, resume } from './login.js';
import { Poll } from './poll.js';
import { moment, statusWord } from './poster.js';
import { accessToken, me, onSession } from './session.js';
import { Shelf } from './shelf.js';
import { initShell, showConnection } from './shell.js';
import { Stage } from './stage.js';
import { drawList, loadList } from './streamlist.js';

addWords({ title: '두레 라이브' }, { title: 'Dure Live' });

const STREAM_POLL_MS = 15000;		// for who has not logged in, or is cut off
const LIST_POLL_MS = 20000;
const CLOCK_MS = 20000;			// "in 5 minutes" goes on
const key = new URLSearchParams(location.search).get('stream') ?? '';
const line = new Channels(['/', '/chat', '/streaming'], accessToken);
const shelf = new Shelf(drawProducts);
const bought = new Map();	/* product -> pieces ordered on this page */
let stage, stream = null, viewers = 0, joined = false;
let wish = '';			/* the product for which the visitor is asked to log in */

/* --- The stream --- */

function whenText() {
	if (stream.status === 'ended')
		return words().watched(stream.totalViewers, stream.peakViewers);
	return stream.status === 'scheduled' && stream.scheduledAt ? words().startsAt(moment(stream.scheduledAt)) : '';
}

function viewersText() {
	if (stream.status === 'scheduled')
		return viewers > 0 ? words().waitingFor(viewers) : '';
	return stream.status === 'live' ? words().viewers(viewers) : '';
}

function drawStream() {
	if (!stream)
		return;
	document.title = `${stream.title} · ${words().title}`;
	$('status').textContent = statusWord(stream.status);
	$('status').dataset.status = stream.status;
	$('viewers').textContent = viewersText();
	$('title').textContent = stream.title;
	$('description').textContent = stream.description ?? '';
	$('when').textContent = whenText();
	$('no-sale').hidden = stream.status !== 'ended';
	stage.draw();
}

function setStream(s) {
	const before = stream?.status;
	stream = { ...stream, ...s };
	viewers = s.viewers ?? viewers;
	const free = document.dispatchEvent(new CustomEvent('dure:stream', { detail: stream, cancelable: true }));
	stage.show(free ? stream : null);
	drawStream();
	if (before === stream.status)
		return;
	if (stream.status === 'ended') {
		closeChat();
		renewBuyBox(null);
	}
	drawProducts(shelf.all(), null);
}

async function load() {
	const { data } = await call('GET', `/api/v1/streams/${encodeURIComponent(key)}`);
	setStream(data);
	if (line.state !== 'online')
		shelf.set(data.products);
}

/* --- Products --- */

function buy(p) {
	if (me())
		return openBuyBox(p, picture(p));
	wish = p.id;
	askToLogIn();
}

/* He has logged in to buy something. */
function grantWish() {
	const p = shelf.all().find(x => x.id === wish);
	wish = '';
	if (p?.stock > 0 && stream?.status !== 'ended')
		openBuyBox(p, picture(p));
}

function picture(p) {
	const same = p.imageUrl && URL.parse?.(p.imageUrl, location.href)?.origin === location.origin;
	return same ? make('img', { className: 'picture', src: p.imageUrl, alt: '', loading: 'lazy' }) :
		make('span', { className: 'picture', textContent: [...p.name][0] ?? '', ariaHidden: 'true' });
}

function boughtNote(p) {
	const n = bought.get(p.id);
	return n ? make('small', { className: 'good' }, words().bought(n), ' · ', make('a', { href: '/account.html', textContent: words().myOrders })) : null;
}

function buyButton(p) {
	if (stream?.status === 'ended')
		return null;
	const button = make('button', { type: 'button', className: 'button go', disabled: p.stock === 0,
		textContent: p.stock === 0 ? words().soldOut : me() ? words().buy : words().buyLogIn });
	button.setAttribute('aria-label', `${p.name}, ${button.textContent}`);
	button.addEventListener('click', () => buy(p));
	return button;
}

function productItem(p) {
	const soldOut = p.stock === 0;
	const el = make('li', { className: 'product' }, picture(p),
		make('div', {}, p.highlighted && stream?.status !== 'ended' ? make('em', { className: 'badge seller', textContent: words().nowShowing }) : null,
			make('b', { textContent: p.name }), make('span', { className: 'price', textContent: words().won(p.price) }),
			stream?.status === 'ended' ? null : make('small', { className: 'left', textContent: soldOut ? words().soldOut : words().left(p.stock) }),
			boughtNote(p)), buyButton(p));
	el.dataset.product = p.id;
	el.classList.toggle('soldout', soldOut);
	el.classList.toggle('highlighted', p.highlighted && stream?.status !== 'ended');
	return el;
}

/* The focus stays on the button of the product that has it. */
function drawProducts(all, change) {
	const at = document.activeElement?.closest?.('#products .product')?.dataset.product;
	$('products').replaceChildren(...all.map(productItem));
	$('products-none').hidden = all.length > 0;
	if (at)
		[...$('products').children].find(el => el.dataset.product === at)?.querySelector('button')?.focus();
	if (change?.kind === 'soldout')
		$('announce').textContent = words().soldOutNow(change.product.name);
	if (stream?.status !== 'ended')
		renewBuyBox(all);
}

/* --- Wiring --- */

const drawConnection = () => showConnection(key && me() ? line.state : null);

function onUser(user, token) {
	drawConnection();
	if (!user) {
		bought.clear();
		line.stop();
		joined = false;
	} else if (!joined) {
		joined = true;
		line.hold('/', 'join:stream', { streamKey: key });
		line.hold('/streaming', 'stream:viewer:join', { streamKey: key }, a => { viewers = Math.max(viewers, a.count); drawStream(); });
		showChat(key);
		line.start();
	} else {
		line.renew(token);
	}
	drawProducts(shelf.all(), null);
	if (user && wish)
		grantWish();
}

function listen() {
	line.on('', 'state', drawConnection);
	line.on('/', 'stream:state', s => s.streamKey === key && setStream(s));
	for (const event of ['started', 'updated', 'ended'])
		line.on('/', `stream:${event}`, s => s.streamKey === key && setStream({ ...s, viewers: undefined }));
	line.on('/streaming', 'stream:viewers', v => { if (v.streamKey === key) { viewers = v.count; drawStream(); } });
}

async function openStream() {
	$('stream').hidden = $('page-back').hidden = false;
	stage = new Stage($('video'), $('video-note'));
	shelf.listen(line, () => key);
	initChat(line);
	initBuyBox(key, (product, n) => { bought.set(product, (bought.get(product) ?? 0) + n); drawProducts(shelf.all(), null); });
	$('chat-login').addEventListener('click', () => askToLogIn());
	$('login').addEventListener('close', () => { wish = ''; });
	listen();
	await load();
	onSession(onUser);
	setInterval(() => stage.draw(), CLOCK_MS);
	new Poll(() => line.state === 'online' ? Promise.resolve() : load(), STREAM_POLL_MS).start();
}

async function openList() {
	await loadList();
	$('choose').hidden = false;
	setInterval(drawList, CLOCK_MS);
	new Poll(loadList, LIST_POLL_MS).start();
}

function redraw() {
	drawConnection();
	if (!key)
		return $('choose').hidden || drawList();
	drawStream();
	drawProducts(shelf.all(), null);
}

async function begin() {
	initShell();
	onLanguage(redraw);
	translate();
	try {
		await (key ? openStream() : openList());
	} catch (problem) {
		$('stream').hidden = true;
		showFault($('page-fault'), problem.status === 404 ? words().notFound : problem);
	}
	await resume();
}

begin();
