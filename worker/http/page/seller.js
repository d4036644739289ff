// seller.js -- the seller's desk: streams planned, started, ended; products shown and their stock; the chat kept in order.
import './livewords.js';
import { Channels } from './channels.js';
import { closeChat, initChat, showChat } from './chatbox.js';
import { $, make, showFault } from './dom.js';
import { addWords, num, onLanguage, translate, words } from './i18n.js';
import { resume } from './login.js';
import { accessToken, ask, onSession } from './session.js';
import { Shelf } from './shelf.js';
import { initShell, showConnection } from './shell.js';

addWords({ title: '두레 라이브 · 판매자' }, { title: 'Dure Live · Seller' });

const line = new Channels(['/', '/chat', '/streaming'], accessToken);
const REFRESH_MS = 10000;	// of the peak and the total
const shelf = new Shelf(drawShelf);
let stream = null, streams = [], mine = [], viewers = 0, user = null;

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

const statusWord = s => words()[{ live: 'statusLive', scheduled: 'statusScheduled', ended: 'statusEnded' }[s]];

function drawStreams() {
	$('streams').replaceChildren(...streams.map(s => {
		const status = make('em', { className: 'status', textContent: statusWord(s.status) });
		const button = make('button', { type: 'button' }, status, make('b', { textContent: s.title }));
		status.dataset.status = s.status;
		button.setAttribute('aria-current', String(s.streamKey === stream?.streamKey));
		button.addEventListener('click', () => attempt('page-fault', () => choose(s.streamKey)));
		return make('li', {}, button);
	}));
	$('streams-none').hidden = Boolean(stream);
}

function drawStream() {
	for (const id of ['course', 'pinned', 'talk', 'slow-form'])
		$(id).hidden = !stream;
	drawStreams();
	if (!stream)
		return;
	$('status').textContent = statusWord(stream.status);
	$('status').dataset.status = stream.status;
	$('viewers').textContent = words().viewers(viewers);
	$('title').textContent = stream.title;
	$('peak').textContent = num(Math.max(stream.peakViewers, viewers));
	$('total').textContent = num(Math.max(stream.totalViewers, viewers));
	$('view').href = `/live.html?stream=${encodeURIComponent(stream.streamKey)}`;
	$('start').hidden = stream.status !== 'scheduled';
	$('end').hidden = stream.status !== 'live';
}

async function loadStreams() {
	streams = (await ask('GET', `/api/v1/streams?sellerId=${encodeURIComponent(user.id)}&limit=50`)).data;
	drawStreams();
}

function setStream(s) {
	stream = { ...stream, ...s };
	streams = streams.map(x => x.streamKey === stream.streamKey ? { ...x, ...s } : x);
	if (stream.status === 'ended')
		closeChat();
	drawStream();
}

async function choose(key) {
	stream = streams.find(s => s.streamKey === key);
	const { data } = await ask('GET', path(''));
	viewers = data.viewers;
	$('slow').value = data.slowModeSeconds;
	setStream(data);
	shelf.set(data.products);
	line.hold('/', 'join:stream', { streamKey: key });
	line.hold('/streaming', 'stream:viewer:join', { streamKey: key, observe: true });
	showChat(key);
	const url = new URL(location.href);
	url.searchParams.set('stream', key);
	history.replaceState(null, '', url);
}

async function refresh() {
	const at = stream?.streamKey;
	if (!user || stream?.status !== 'live')
		return;
	const answer = await ask('GET', path('')).catch(() => null);
	if (answer && at === stream?.streamKey)
		setStream({ peakViewers: answer.data.peakViewers, totalViewers: answer.data.totalViewers });
}

async function plan(e) {
	e.preventDefault();
	await attempt('plan-fault', async () => {
		const { data } = await ask('POST', '/api/v1/streams', { title: $('plan-title').value.trim() });
		$('plan-title').value = '';
		await loadStreams();
		await choose(data.streamKey);
	});
}

const start = () => attempt('course-fault', async () => setStream((await ask('POST', path('/start'))).data));
const end = () => attempt('course-fault', async () => setStream((await ask('POST', path('/end'))).data));

/* --- Products --- */

function control(text, fault, fn, main = false) {
	const b = make('button', { type: 'button', className: main ? 'button go' : 'button', textContent: text });
	b.addEventListener('click', async () => {
		b.disabled = true;
		await attempt(fault, fn);
		b.disabled = false;
	});
	return b;
}

function stockField(p, fault) {
	const input = make('input', { type: 'number', min: 0, step: 1, value: p.stock, className: 'stock', ariaLabel: `${p.name}, ${words().stock}` });
	const save = control(words().save, fault, async () => {
		const { data } = await ask('PATCH', `/api/v1/products/${encodeURIComponent(p.id)}`, { stock: Number(input.value) });
		mine = mine.map(x => x.id === p.id ? { ...x, ...data } : x);
		shelf.change('updated', data);
		drawMine();
	});
	return [input, save];
}

function productItem(p, fault, ...controls) {
	const el = make('li', { className: 'product' }, make('div', {},
		p.highlighted ? make('em', { className: 'badge seller', textContent: words().nowShowing }) : null, make('b', { textContent: p.name }),
		make('span', { className: 'price', textContent: words().won(p.price) }),
		make('small', { className: 'left', textContent: p.stock === 0 ? words().soldOut : words().left(p.stock) })),
	make('p', { className: 'row' }, ...controls));
	el.dataset.product = p.id;
	el.classList.toggle('soldout', p.stock === 0);
	el.classList.toggle('highlighted', Boolean(p.highlighted));
	return el;
}

function drawShelf(all) {
	const arrange = (p, body) => async () => shelf.set((await ask('PATCH', path(`/products/${encodeURIComponent(p.id)}`), body)).data);
	$('products').replaceChildren(...all.map((p, i) => productItem(p, 'pinned-fault',
		...stockField(p, 'pinned-fault'),
		control(p.highlighted ? words().lower : words().raise, 'pinned-fault', arrange(p, { highlighted: !p.highlighted })),
		i > 0 ? control(words().up, 'pinned-fault', arrange(p, { position: i - 1 })) : '',
		control(words().unpin, 'pinned-fault', async () => shelf.set((await ask('DELETE', path('/products'), { productId: p.id })).data)))));
	$('products-none').hidden = all.length > 0;
	drawMine();
}

function drawMine() {
	const shown = new Set(shelf.all().map(p => p.id)), rest = mine.filter(p => !shown.has(p.id));
	$('mine').replaceChildren(...rest.map(p => productItem(p, 'mine-fault', ...stockField(p, 'mine-fault'),
		stream && stream.status !== 'ended' ? control(words().pin, 'mine-fault',
			async () => shelf.set((await ask('POST', path('/products'), { productId: p.id })).data), true) : '')));
	$('mine-none').hidden = mine.length > 0;
}

async function loadMine() {
	mine = (await ask('GET', `/api/v1/products?seller=${encodeURIComponent(user.id)}&limit=100`)).data;
	drawMine();
}

async function addProduct(e) {
	e.preventDefault();
	await attempt('mine-fault', async () => {
		await ask('POST', '/api/v1/products', { name: $('product-name').value.trim(), description: '',
			price: Number($('product-price').value), stock: Number($('product-stock').value) });
		$('product-name').value = '';
		await loadMine();
	});
}

async function setSlow(e) {
	e.preventDefault();
	await attempt('chat-fault', () => line.emit('/chat', 'chat:slow-mode', { streamKey: stream.streamKey, seconds: Number($('slow').value) }));
}

/* --- Wiring --- */

const drawConnection = () => showConnection(user ? line.state : null);

async function onUser(next, token) {
	const same = user && next && user.id === next.id;
	user = next;
	const seller = Boolean(user) && user.role !== 'user';
	$('desk').hidden = !seller;
	$('guest').hidden = seller;
	drawConnection();
	if (!seller)
		return line.stop();
	if (same)
		return line.renew(token);
	line.start();
	await attempt('page-fault', async () => {
		await Promise.all([loadStreams(), loadMine()]);
		const wanted = new URLSearchParams(location.search).get('stream');
		if (streams.some(s => s.streamKey === wanted))
			await choose(wanted);
	});
}

function drawAll() {
	drawConnection();
	drawStream();
	drawShelf(shelf.all());
}

function wire() {
	initShell();
	const mineOnly = fn => s => s.streamKey === stream?.streamKey && fn(s);
	shelf.listen(line, () => stream?.streamKey);
	initChat(line);
	line.on('', 'state', drawConnection);
	for (const event of ['started', 'updated', 'ended'])
		line.on('/', `stream:${event}`, mineOnly(setStream));
	line.on('/', 'stream:state', mineOnly(s => setStream({ peakViewers: s.peakViewers, totalViewers: s.totalViewers })));
	line.on('/streaming', 'stream:viewers', mineOnly(v => { viewers = v.count; drawStream(); }));
	$('plan-form').addEventListener('submit', plan);
	$('product-form').addEventListener('submit', addProduct);
	$('slow-form').addEventListener('submit', setSlow);
	$('start').addEventListener('click', start);
	$('end').addEventListener('click', () => $('sure').showModal());
	$('sure').addEventListener('close', () => $('sure').returnValue === 'yes' && end());
	onLanguage(drawAll);
	setInterval(refresh, REFRESH_MS);
	onSession(onUser);
	translate();
}

wire();
resume();
