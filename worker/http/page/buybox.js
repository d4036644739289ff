// buybox.js -- the dialog that buys a product: how many, for how much in all, and what came of it.
//
// While it is open it follows the product: price, stock, the end of the stream. A try that got no answer is repeated under the same
// Idempotency-Key, so that it orders once.
import { $, make, showFault } from './dom.js';
import { language, onLanguage, words } from './i18n.js';
import { ask, onceKey } from './session.js';

const QUANTITY_MAX = 9999;
let streamKey, product = null, placed = null, key = '', keyFor = 0, busy = false, short = '', fault = null, onOrder;

const most = () => Math.min(product.stock, QUANTITY_MAX);
const wanted = () => Number($('quantity').value);
const fits = () => Number.isInteger(wanted()) && wanted() >= 1 && wanted() <= most();
const price = n => words().won(n);

/* --- Drawing --- */

function drawForm() {
	$('buy-name').textContent = product.name;
	$('buy-price').textContent = price(product.price);
	$('buy-left').textContent = product.stock > 0 ? words().left(product.stock) : words().soldOut;
	$('quantity').max = most();
	$('quantity').disabled = product.stock === 0;
	$('fewer').disabled = product.stock === 0 || wanted() <= 1;
	$('more-pieces').disabled = product.stock === 0 || wanted() >= most();
	$('total').textContent = fits() ? price(product.price * wanted()) : '–';
	$('buy-go').textContent = busy ? words().ordering : fits() ? words().orderFor(price(product.price * wanted())) : words().buy;
	$('buy-go').disabled = busy || !fits();
	$('quantity').setAttribute('aria-invalid', String(!fits()));
	showFault($('buy-fault'), fault ?? (short && words()[short](product.stock) || (product.stock > 0 && !fits() ? words().quantityRange(most()) : null)));
}

function drawPlaced() {
	const { order, name, quantity } = placed;
	$('ordered-text').textContent = words().orderedText(name, quantity, price(order.total));
	$('ordered-pay').textContent = order.expiresAt ?
		words().payUntil(new Date(order.expiresAt).toLocaleTimeString(language(), { hour: 'numeric', minute: '2-digit' })) : '';
}

function draw() {
	if (!$('buy').open)
		return;
	$('buy-form').hidden = Boolean(placed);
	$('ordered').hidden = !placed;
	$('buy').setAttribute('aria-labelledby', placed ? 'ordered-title' : 'buy-title');
	if (placed)
		drawPlaced();
	else
		drawForm();
}

/* --- Doing --- */

/* A button that can go no further gives the focus to the number. */
function step(id, by) {
	$('quantity').value = Math.max(1, Math.min(wanted() + by, most() || 1));
	changed();
	if ($(id).disabled)
		$('quantity').focus();
}

function changed() {
	short = '';
	fault = null;
	draw();
}

/* What lacks, and how many there are. */
function outOfStock(problem) {
	const available = problem.details?.find(d => d.productId === product.id)?.available ?? 0;
	product = { ...product, stock: available };
	short = available > 0 ? 'stockShort' : 'stockGone';
	if (available > 0)
		$('quantity').value = Math.min(wanted(), available);
}

async function order(e) {
	e.preventDefault();
	if (busy || !fits())
		return;
	const quantity = wanted(), name = product.name;
	if (keyFor !== quantity)
		[key, keyFor] = [onceKey('live'), quantity];
	busy = true;
	changed();
	try {
		const { data } = await ask('POST', '/api/v1/orders', { items: [{ productId: product.id, quantity }], streamKey }, { 'Idempotency-Key': key });
		placed = { order: data, name, quantity };
		onOrder(product.id, quantity);
	} catch (problem) {
		if (problem.status)
			keyFor = 0;		/* that try has its answer */
		if (problem.code === 'OUT_OF_STOCK')
			outOfStock(problem);
		else
			fault = problem;
	}
	busy = false;
	draw();
	(placed ? $('ordered-close') : $('buy-go').disabled ? $('buy-close') : $('buy-go')).focus();
}

/* --- For the page --- */

/* ordered(productId, quantity) once an order is placed. */
export function initBuyBox(stream, ordered) {
	streamKey = stream;
	onOrder = ordered;
	$('buy-form').addEventListener('submit', order);
	$('quantity').addEventListener('input', changed);
	$('fewer').addEventListener('click', () => step('fewer', -1));
	$('more-pieces').addEventListener('click', () => step('more-pieces', 1));
	for (const id of ['buy-close', 'ordered-close'])
		$(id).addEventListener('click', () => $('buy').close());
	$('buy').addEventListener('close', () => { product = null; });
	onLanguage(draw);
}

export function openBuyBox(p, picture) {
	product = p;
	placed = fault = null;
	short = '';
	keyFor = 0;
	$('quantity').value = 1;
	$('buy-picture').replaceChildren(picture);
	$('buy').showModal();
	draw();
	$('quantity').focus();
	$('quantity').select();
}

/* The products as they are now; null: nothing is sold any more. */
export function renewBuyBox(products) {
	if (!product || placed)
		return;
	if (!products)
		return $('buy').close();
	product = products.find(p => p.id === product.id) ?? { ...product, stock: 0 };
	draw();
}
