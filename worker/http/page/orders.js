// orders.js -- what the user bought: in which state, of what, for how much, when; paying, cancelling, confirming its arrival.
//
// See:    GET /api/v1/orders, POST /api/v1/orders/{id}/pay|cancel|deliver
import { $, make, showFault } from './dom.js';
import { dateTime, onLanguage, words } from './i18n.js';
import { ask, me, onceKey } from './session.js';
import { sure } from './sure.js';

const PAGE = 10;
const STATES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled'];
const COURSE = [['pending', 'createdAt'], ['paid', 'paidAt'], ['shipped', 'shippedAt'], ['delivered', 'deliveredAt']];
const POLL_MS = 4000;			// while a payment is waited for

let orders = [], cursor = null, filter = '', loaded = false;
const notes = new Map();		/* order -> what came of the last button: {problem} or {awaiting} */

export function initOrders() {
	$('orders-more').addEventListener('click', () => attempt(() => load(cursor)));
	onLanguage(draw);
	setInterval(() => me() && [...notes.values()].some(n => n.awaiting) && loadOrders(), POLL_MS);
}

async function attempt(fn) {
	showFault($('orders-fault'), null);
	try {
		await fn();
	} catch (problem) {
		showFault($('orders-fault'), problem);
	}
}

/* The first page anew; what was asked for behind it is asked for again by its button. */
export const loadOrders = () => attempt(() => load(null));

async function load(from) {
	const query = new URLSearchParams({ limit: PAGE, ...(filter && { status: filter }), ...(from && { cursor: from }) });
	const asked = filter, answer = await ask('GET', `/api/v1/orders?${query}`);
	if (asked !== filter)
		return;
	orders = from ? [...orders, ...answer.data] : answer.data;
	cursor = answer.nextCursor;
	loaded = true;
	for (const o of answer.data)
		if (o.status !== 'pending' && notes.get(o.id)?.awaiting)
			notes.delete(o.id);
	draw();
}

function choose(state) {
	filter = state;
	orders = [];
	loaded = false;
	draw();
	loadOrders();
}

/* --- One order --- */

function track(o) {
	if (o.status === 'cancelled')
		return make('p', { className: 'gone' }, `${words().cancelledBy(o.cancelReason)} · ${dateTime(o.cancelledAt)}`);
	const at = COURSE.findIndex(([state]) => state === o.status);
	return make('ol', { className: 'track' }, ...COURSE.map(([state, when], i) => {
		const li = make('li', { className: i <= at ? 'done' : '' }, make('b', {}, words().step(state)),
			make('small', {}, o[when] ? dateTime(o[when]) : ''));
		if (i === at)
			li.setAttribute('aria-current', 'step');
		return li;
	}));
}

const item = i => make('li', {},
	make('span', { className: 'picture', ariaHidden: 'true' }, [...i.name][0] ?? ''),
	make('span', { className: 'what' }, make('b', {}, i.name), make('small', {}, words().each(i.price, i.quantity))),
	make('span', { className: 'sum' }, words().won(i.price * i.quantity)));

function hint(o) {
	const sent = o.items.filter(i => i.shippedAt).length;
	if (notes.get(o.id)?.awaiting)
		return words().awaiting;
	if (o.status === 'pending' && o.expiresAt)
		return words().payBy(dateTime(o.expiresAt));
	return o.status === 'paid' && sent > 0 ? words().partShipped(sent, o.items.length) : '';
}

function control(o, name, text, main, fn) {
	const b = make('button', { type: 'button', className: main ? 'button go' : 'button', textContent: text });
	b.dataset.do = name;
	b.addEventListener('click', () => fn(o, name));
	return b;
}

function controls(o) {
	const w = words(), list = [];
	if (o.status === 'pending' || (o.status === 'paid' && !o.items.some(i => i.shippedAt)))
		list.push(control(o, 'cancel', w.cancelOrder, false, cancel));
	if (o.status === 'pending')
		list.push(control(o, 'pay', w.pay(o.total), true, move));
	if (o.status === 'shipped')
		list.push(control(o, 'deliver', w.arrived, true, move));
	return list.length ? make('p', { className: 'actions' }, ...list) : null;
}

function card(o) {
	const fault = make('div', { className: 'fault', role: 'alert', hidden: true }), state = make('em', { className: 'state' }, words().orderState(o.status));
	const el = make('li', { className: 'sheet order', tabIndex: -1 },
		make('header', {}, make('h3', {}, words().orderNo(o.id)), make('small', {}, dateTime(o.createdAt), o.streamKey ? ` · ${words().inStream}` : ''), state),
		make('ul', { className: 'items' }, ...o.items.map(item)),
		make('p', { className: 'total' }, make('span', {}, words().total), make('b', {}, words().won(o.total))),
		track(o), make('p', { className: 'note hint' }, hint(o)), fault, controls(o));
	el.dataset.order = o.id;
	el.dataset.status = state.dataset.status = o.status;
	showFault(fault, notes.get(o.id)?.problem ?? null);
	return el;
}

/* --- What its buttons do --- */

async function move(o, action) {
	const el = document.querySelector(`[data-order="${o.id}"]`);
	for (const b of el.querySelectorAll('button'))
		b.disabled = true;
	notes.delete(o.id);
	try {
		const { data } = await ask('POST', `/api/v1/orders/${o.id}/${action}`, {}, { 'Idempotency-Key': onceKey(action) });
		orders = orders.map(x => x.id === o.id ? data : x);
		if (action === 'pay' && data.status === 'pending')
			notes.set(o.id, { awaiting: true });
		$('order-news').textContent = words().now(words().orderNo(o.id), words().orderState(data.status));
	} catch (problem) {
		notes.set(o.id, { problem });
		await loadOrders();		/* it may have been moved on elsewhere */
	}
	draw();
	document.querySelector(`[data-order="${o.id}"]`)?.focus();
}

async function cancel(o, action) {
	const text = o.status === 'paid' ? words().sureCancelPaid(o.total) : words().sureCancelText(o.total);
	if (await sure(words().sureCancel, text, words().cancelOrder))
		await move(o, action);
}

/* --- Drawing --- */

function drawFilter() {
	$('order-filter').replaceChildren(...['', ...STATES].map(state => {
		const b = make('button', { type: 'button', textContent: state ? words().orderState(state) : words().all });
		b.dataset.state = state;
		b.setAttribute('aria-pressed', String(state === filter));
		b.addEventListener('click', () => choose(state));
		return b;
	}));
}

function draw() {
	const focused = document.activeElement?.closest('#order-filter') ? filter : null;
	drawFilter();
	if (focused !== null)
		document.querySelector(`#order-filter [data-state="${focused}"]`).focus();
	$('orders').replaceChildren(...orders.map(card));
	$('orders-none').hidden = !loaded || orders.length > 0;
	$('orders-none').firstElementChild.textContent = filter ? words().noneOf(words().orderState(filter)) : words().noOrders;
	$('orders-more').hidden = !cursor;
}
