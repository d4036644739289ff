// sellerorders.js -- what was bought of the seller: his own items of each order, and sending them off.
//
// The list follows by asking: every POLL_MS, and sooner when a product of the stream that is shown has changed, as a sale changes it.
import { $, make, showFault } from './dom.js';
import { num, onLanguage, words } from './i18n.js';
import { Poll } from './poll.js';
import { moment } from './poster.js';
import { ask, onceKey } from './session.js';

const POLL_MS = 20000;
const PAGE = 30;
const STATES = { pending: 'orderPending', paid: 'orderPaid', shipped: 'orderShipped', delivered: 'orderDelivered', cancelled: 'orderCancelled' };
const FILTERS = ['paid', 'pending', 'shipped', ''];
const faults = new Map();		/* order -> what went wrong with it */
let fault = null;			/* of the list; or of an order that has left it since */
let filter = 'paid', orders = [], cursor = null, pages = 1, waiting = null, loaded = false, busy = '', titleOf;

const shortId = id => id.slice(0, 8);
const unsent = o => o.status === 'paid' && o.items.some(i => !i.shippedAt);

/* --- Drawing --- */

function stateBadge(o) {
	const badge = make('em', { className: 'status', textContent: words()[STATES[o.status]] });
	badge.dataset.order = o.status;
	return badge;
}

/* What is to be known of its state beside its name. */
function remark(o) {
	if (o.status === 'pending' && o.expiresAt)
		return words().expires(moment(o.expiresAt));
	if (o.status === 'cancelled')
		return words().cancelReason(o.cancelReason);
	return o.status === 'paid' && !unsent(o) ? words().partShipped : '';
}

function shipButton(o) {
	const button = make('button', { type: 'button', className: 'button go', disabled: busy === o.id, textContent: busy === o.id ? words().shipping : words().ship });
	button.setAttribute('aria-label', words().shipOf(shortId(o.id)));
	button.addEventListener('click', () => ship(o));
	return button;
}

function orderItem(o) {
	const fault = make('div', { className: 'fault', hidden: true, role: 'alert' }), note = remark(o);
	showFault(fault, faults.get(o.id) ?? null);
	const el = make('li', { className: 'order' },
		make('p', { className: 'order-head' }, stateBadge(o), make('b', { textContent: words().orderNo(shortId(o.id)) }), make('small', { textContent: moment(o.createdAt) }),
			o.streamKey && titleOf(o.streamKey) ? make('small', { textContent: words().inStreamOf(titleOf(o.streamKey)) }) : null),
		make('ul', {}, ...o.items.map(i => make('li', {}, make('b', { textContent: i.name }), make('span', { textContent: words().orderTimes(i.quantity) }),
			make('span', { className: 'price', textContent: words().won(i.price * i.quantity) })))),
		make('p', { className: 'order-foot' }, make('span', { className: 'note', textContent: note }), make('b', { className: 'price', textContent: words().won(o.total) }),
			unsent(o) ? shipButton(o) : null), fault);
	el.dataset.id = o.id;
	return el;
}

function drawCount() {
	const n = waiting ?? 0;
	$('order-count').hidden = n === 0;
	$('order-count').textContent = n > PAGE ? `${num(PAGE)}+` : num(n);
	$('order-count').setAttribute('aria-label', words().toShipCount(n > PAGE ? `${num(PAGE)}+` : num(n)));
}

/* The focus stays with the order that has it, or goes to the list when that has left it. */
function draw() {
	const at = document.activeElement?.closest?.('#orders .order')?.dataset.id;
	for (const button of $('order-filter').children)
		button.setAttribute('aria-pressed', String(button.value === filter));
	$('orders').replaceChildren(...orders.map(orderItem));
	showFault($('orders-fault'), fault);
	$('orders-none').hidden = orders.length > 0 || !loaded;
	$('orders-none').textContent = words().ordersNone[filter];
	$('orders-more').hidden = !cursor;
	drawCount();
	if (at)
		([...$('orders').children].find(el => el.dataset.id === at)?.querySelector('button') ?? $('orders')).focus();
}

/* --- Asking and doing --- */

const list = (status, limit, from) => ask('GET', `/api/v1/orders?view=seller&limit=${limit}${status && `&status=${status}`}${from ? `&cursor=${encodeURIComponent(from)}` : ''}`);

/* How many wait to be sent; told when there are more than before. */
function setWaiting(paid) {
	const n = paid.filter(unsent).length;
	if (waiting !== null && n > waiting)
		$('orders-said').textContent = words().newOrders(n);
	waiting = n;
}

/* All pages that are open, in one answer; and how many wait. */
async function load() {
	const asked = filter, { data, nextCursor } = await list(asked, Math.min(100, PAGE * pages + 1));
	const paid = asked === 'paid' ? data : (await list('paid', PAGE + 1)).data;
	if (asked !== filter)
		return;
	[orders, cursor, loaded] = [data, nextCursor, true];
	setWaiting(paid);
	if (!fault?.order)
		fault = null;
	draw();
}

/* Load, and show what hinders it. */
async function refresh() {
	try {
		await load();
	} catch (problem) {
		fault = problem;
		draw();
		throw problem;
	}
}

const poll = new Poll(refresh, POLL_MS);

async function ship(o) {
	busy = o.id;
	fault = null;
	faults.delete(o.id);
	draw();
	try {
		await ask('POST', `/api/v1/orders/${encodeURIComponent(o.id)}/ship`, undefined, { 'Idempotency-Key': onceKey('ship') });
		$('orders-said').textContent = words().shippedSaid(shortId(o.id));
	} catch (problem) {
		faults.set(o.id, problem);
	}
	busy = '';
	await refresh().catch(() => {});
	if (faults.has(o.id) && !orders.some(x => x.id === o.id))
		fault = { ...inShort(faults.get(o.id)), order: o.id, message: `${words().orderNo(shortId(o.id))}: ${faults.get(o.id).message}` };
	draw();
}

const inShort = ({ code, requestId, retryAfter }) => ({ code, requestId, retryAfter });

async function more() {
	const { data, nextCursor } = await list(filter, PAGE, cursor);
	pages++;
	orders = [...orders, ...data];
	cursor = nextCursor;
	draw();
}

async function setFilter(to) {
	filter = to;
	pages = 1;
	orders = [];
	fault = cursor = null;
	loaded = false;
	draw();
	await refresh().catch(() => {});
}

/* --- For the page --- */

/* title(streamKey): what that stream is called; '' for one that is not known here. */
export function initOrders(title) {
	titleOf = title;
	for (const button of $('order-filter').children) {
		button.value = FILTERS[[...$('order-filter').children].indexOf(button)];
		button.addEventListener('click', () => setFilter(button.value));
	}
	$('orders-more').addEventListener('click', () => more().catch(problem => { fault = problem; draw(); }));
	onLanguage(draw);
}

/* For this seller from now on. */
export async function followOrders() {
	orders = [];
	waiting = cursor = fault = null;
	loaded = false;
	faults.clear();
	poll.start();
	await refresh();
}

export const leaveOrders = () => poll.stop();
export const hurryOrders = () => poll.hurry();
