// sellershelf.js -- the seller's products: those shown in the stream, in order, and the rest; their stock, and new ones.
import { $, make } from './dom.js';
import { onLanguage, words } from './i18n.js';
import { ask } from './session.js';
import { Shelf } from './shelf.js';

export const shelf = new Shelf(drawShelf);
const drafts = new Map();		/* product -> a stock that was typed and not saved: sales redraw the list meanwhile */
let mine = [], stream = null, attempt;

const path = rest => `/api/v1/streams/${encodeURIComponent(stream.streamKey)}${rest}`;
const productPath = (id, rest = '') => `/api/v1/products/${encodeURIComponent(id)}${rest}`;

/* --- Drawing --- */

/* A button that does something and says beside it what went wrong. */
function control(p, text, fault, fn, main = false) {
	const b = make('button', { type: 'button', className: main ? 'button go' : 'button', textContent: text });
	b.setAttribute('aria-label', `${p.name}, ${text}`);
	b.addEventListener('click', async () => {
		b.disabled = true;
		await attempt(fault, fn);
		b.disabled = false;
	});
	return b;
}

async function saveStock(p, value) {
	const { data } = await ask('PATCH', productPath(p.id), { stock: Number(value) });
	drafts.delete(p.id);
	mine = mine.map(x => x.id === p.id ? { ...x, ...data } : x);
	shelf.change('updated', data);
	drawMine();
}

function stockField(p, fault) {
	const input = make('input', { type: 'number', min: 0, step: 1, value: drafts.get(p.id) ?? p.stock, className: 'stock', ariaLabel: words().stockOf(p.name) });
	input.addEventListener('input', () => drafts.set(p.id, input.value));
	return [input, control(p, words().save, fault, () => saveStock(p, input.value))];
}

function productItem(p, fault, ...controls) {
	const el = make('li', { className: 'product' }, make('div', {},
		p.highlighted ? make('em', { className: 'badge seller', textContent: words().nowShowing }) : null, make('b', { textContent: p.name }),
		make('span', { className: 'price', textContent: words().won(p.price) }),
		make('small', { className: 'left', textContent: p.stock === 0 ? words().soldOut : words().left(p.stock) })),
	make('p', { className: 'row' }, ...controls.filter(Boolean)));
	el.dataset.product = p.id;
	el.classList.toggle('soldout', p.stock === 0);
	el.classList.toggle('highlighted', Boolean(p.highlighted));
	return el;
}

/* The same control of the same product has the focus afterwards. */
function replace(list, items) {
	const at = document.activeElement, product = list.contains(at) ? at.closest('.product')?.dataset.product : null;
	const label = at?.getAttribute('aria-label');
	list.replaceChildren(...items);
	if (product)
		[...list.querySelectorAll('input, button')].find(el => el.closest('.product').dataset.product === product && el.getAttribute('aria-label') === label)?.focus();
}

function shownItem(p, i) {
	const arrange = body => async () => shelf.set((await ask('PATCH', path(`/products/${encodeURIComponent(p.id)}`), body)).data);
	const fault = 'pinned-fault';
	if (stream?.status === 'ended')
		return productItem(p, fault);
	return productItem(p, fault, ...stockField(p, fault),
		control(p, p.highlighted ? words().lower : words().raise, fault, arrange({ highlighted: !p.highlighted })),
		i > 0 && control(p, words().up, fault, arrange({ position: i - 1 })),
		control(p, words().unpin, fault, async () => shelf.set((await ask('DELETE', path('/products'), { productId: p.id })).data)));
}

function drawShelf(all) {
	replace($('products'), all.map(shownItem));
	$('products-none').hidden = all.length > 0;
	drawMine();
}

function drawMine() {
	const shown = new Set(stream?.status === 'ended' ? [] : shelf.all().map(p => p.id)), rest = mine.filter(p => !shown.has(p.id));
	const pin = p => async () => shelf.set((await ask('POST', path('/products'), { productId: p.id })).data);
	replace($('mine'), rest.map(p => productItem(p, 'mine-fault', ...stockField(p, 'mine-fault'),
		stream && stream.status !== 'ended' && control(p, words().pin, 'mine-fault', pin(p), true))));
	$('mine-none').hidden = mine.length > 0;
}

/* --- Doing --- */

export async function loadMine(seller) {
	mine = (await ask('GET', `/api/v1/products?seller=${encodeURIComponent(seller)}&limit=100`)).data;
	drawMine();
}

async function addProduct(seller) {
	await ask('POST', '/api/v1/products', { name: $('product-name').value.trim(), description: '',
		price: Number($('product-price').value), stock: Number($('product-stock').value) });
	$('product-name').value = '';
	$('product-name').focus();
	await loadMine(seller);
}

/* The stream whose products are shown; null: none. */
export function setShelfStream(of) {
	stream = of;
	drawShelf(shelf.all());
}

/* tryTo(fault, fn): do it, and show beside the control what went wrong. seller(): his id. */
export function initSellerShelf(tryTo, seller) {
	attempt = tryTo;
	$('product-form').addEventListener('submit', e => {
		e.preventDefault();
		attempt('mine-fault', () => addProduct(seller()));
	});
	onLanguage(() => drawShelf(shelf.all()));
}
