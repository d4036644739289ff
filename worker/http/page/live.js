// live.js -- the page of a live stream: what is shown, who watches, what people say, and buying.
//
// /live.html?stream=KEY; without a key the streams that are open. The video is the embedder's: a player goes into #video, and
// `dure:stream` (detail: the stream) is dispatched on the document whenever the stream is known or changes.
import './livewords.js';
import { call } from './api.js';
import { Channels } from './channels.js';
import { closeChat, initChat, showChat } from './chatbox.js';
import { $, make, showFault } from './dom.js';
import { addWords, language, onLanguage, translate, words } from './i18n.js';
import { askToLogIn, resume } from './login.js';
import { accessToken, ask, me, onSession } from './session.js';
import { Shelf } from './shelf.js';
import { initShell, showConnection } from './shell.js';

addWords({ title: '두레 라이브' }, { title: 'Dure Live' });

const POLL_MS = 5000;		// for who has not logged in
const key = new URLSearchParams(location.search).get('stream') ?? '';
const line = new Channels(['/', '/chat', '/streaming'], accessToken);
const shelf = new Shelf(drawProducts);
const notes = new Map();	/* product -> what came of buying it */
let stream = null, viewers = 0, joined = false;

/* --- The stream --- */

function drawStream() {
	if (!stream)
		return;
	const status = { live: 'statusLive', scheduled: 'statusScheduled', ended: 'statusEnded' }[stream.status];
	const when = stream.status === 'scheduled' && stream.scheduledAt;
	$('status').textContent = words()[status];
	$('status').dataset.status = stream.status;
	$('viewers').textContent = words().viewers(viewers);
	$('title').textContent = stream.title;
	$('description').textContent = stream.description ?? '';
	$('when').textContent = when ? words().startsAt(new Date(when).toLocaleString(language(), { dateStyle: 'medium', timeStyle: 'short' })) : '';
}

function setStream(s) {
	stream = { ...stream, ...s };
	viewers = s.viewers ?? viewers;
	if (stream.status === 'ended')
		closeChat();
	drawStream();
	document.dispatchEvent(new CustomEvent('dure:stream', { detail: stream }));
}

async function load() {
	const { data } = await call('GET', `/api/v1/streams/${encodeURIComponent(key)}`);
	setStream(data);
	if (line.state !== 'online')
		shelf.set(data.products);
}

/* --- Products --- */

async function buy(p, button) {
	if (!me())
		return askToLogIn();
	button.disabled = true;
	button.textContent = words().buying;
	try {
		await ask('POST', '/api/v1/orders', { items: [{ productId: p.id, quantity: 1 }], streamKey: key },
			{ 'Idempotency-Key': `live-${Math.random().toString(36).slice(2)}${Date.now()}` });
		notes.set(p.id, { good: true });
	} catch (problem) {
		notes.set(p.id, { problem });
	}
	drawProducts(shelf.all(), null);
}

function picture(p) {
	let same = false;
	try {
		same = Boolean(p.imageUrl) && new URL(p.imageUrl, location.href).origin === location.origin;
	} catch { /* no address */ }
	return same ? make('img', { className: 'picture', src: p.imageUrl, alt: '', loading: 'lazy' }) :
		make('span', { className: 'picture', textContent: [...p.name][0] ?? '', ariaHidden: 'true' });
}

function productItem(p) {
	const soldOut = p.stock === 0, note = notes.get(p.id);
	const button = make('button', { type: 'button', className: 'button go', disabled: soldOut || stream?.status === 'ended',
		textContent: soldOut ? words().soldOut : me() ? words().buy : words().buyLogIn });
	button.addEventListener('click', () => buy(p, button));
	const fault = make('div', { className: 'fault', hidden: true });
	if (note?.problem)
		showFault(fault, note.problem);
	const el = make('li', { className: 'product' }, picture(p),
		make('div', {}, p.highlighted ? make('em', { className: 'badge seller', textContent: words().nowShowing }) : null,
			make('b', { textContent: p.name }), make('span', { className: 'price', textContent: words().won(p.price) }),
			make('small', { className: 'left', textContent: soldOut ? words().soldOut : words().left(p.stock) }),
			note?.good ? make('small', { className: 'good', textContent: words().bought }) : null, fault), button);
	el.dataset.product = p.id;
	el.classList.toggle('soldout', soldOut);
	el.classList.toggle('highlighted', p.highlighted);
	return el;
}

function drawProducts(all, change) {
	$('products').replaceChildren(...all.map(productItem));
	$('products-none').hidden = all.length > 0;
	if (change?.kind === 'soldout')
		$('announce').textContent = words().soldOutNow(change.product.name);
}

/* --- Which stream --- */

async function chooseStream() {
	const lists = await Promise.all(['live', 'scheduled'].map(s => call('GET', `/api/v1/streams?status=${s}&limit=50`)));
	const all = lists.flatMap(l => l.data);
	const item = s => make('li', {}, make('a', { href: `/live.html?stream=${encodeURIComponent(s.streamKey)}` }, make('em', { className: 'status',
		textContent: words()[s.status === 'live' ? 'statusLive' : 'statusScheduled'] }), make('b', { textContent: s.title }),
	make('small', { textContent: words().viewers(s.viewers) })));
	$('streams').replaceChildren(...all.map(item));
	$('streams-none').hidden = all.length > 0;
	$('choose').hidden = false;
}

/* --- Wiring --- */

const drawConnection = () => showConnection(me() ? line.state : null);

function onUser(user, token) {
	notes.clear();
	drawProducts(shelf.all(), null);
	drawConnection();
	if (!user) {
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
}

async function open() {
	$('stream').hidden = false;
	shelf.listen(line, () => key);
	initChat(line);
	line.on('', 'state', drawConnection);
	line.on('/', 'stream:state', s => s.streamKey === key && setStream(s));
	for (const event of ['started', 'updated', 'ended'])
		line.on('/', `stream:${event}`, s => s.streamKey === key && setStream({ ...s, viewers: undefined }));
	line.on('/streaming', 'stream:viewers', v => { if (v.streamKey === key) { viewers = v.count; drawStream(); } });
	await load();
	onSession(onUser);
	setInterval(() => line.state !== 'online' && load().catch(() => {}), POLL_MS);
}

async function begin() {
	initShell();
	onLanguage(() => { drawConnection(); drawStream(); drawProducts(shelf.all(), null); });
	translate();
	try {
		await (key ? open() : chooseStream());
	} catch (problem) {
		$('stream').hidden = true;
		showFault($('page-fault'), problem.status === 404 ? words().notFound : problem);
	}
	await resume();
}

begin();
