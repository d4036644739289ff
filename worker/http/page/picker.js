// picker.js -- the product field: a combo box over the products held here, in which a new id may be typed.
//
// Keyboard as the ARIA combobox pattern has it: arrows move, Enter takes, Escape closes, Tab leaves.
// See:    GET /api/search?q=
import { call } from './api.js';
import { $, make } from './dom.js';
import { words } from './i18n.js';

const PAUSE_MS = 180;

const input = $('product');
const list = $('product-list');
let options = [];			/* {id, li} as shown */
let active = -1;
let timer = 0;
let asked = 0;				/* the newest question: older answers are dropped */
let onPick = () => {};

export const productId = () => input.value.trim();

export function setProduct(id) {
	input.value = id;
	close();
	onPick(id.trim());
}

export function initPicker(fn) {
	onPick = fn;
	input.addEventListener('input', () => { onPick(productId()); askSoon(); });
	input.addEventListener('focus', askSoon);
	input.addEventListener('blur', close);
	input.addEventListener('keydown', onKey);
	list.addEventListener('pointerdown', e => e.preventDefault());	/* keeps the focus in the field */
	list.addEventListener('click', e => {
		const option = options.find(o => o.li.contains(e.target));
		if (option)
			setProduct(option.id);
	});
}

function askSoon() {
	clearTimeout(timer);
	timer = setTimeout(ask, PAUSE_MS);
}

async function ask() {
	const mine = ++asked, q = productId();
	let found = [];
	try {
		found = (await call('GET', `/api/search?q=${encodeURIComponent(q)}`)).data ?? [];
	} catch { /* suggestions are a help, not a need: typing an id still works */ }
	if (mine === asked && document.activeElement === input)
		show(q, found);
}

function show(q, found) {
	const rows = found.slice(0, 20).map(p => [String(p.productId),
		make('b', {}, p.name && p.name !== p.productId ? p.name : String(p.productId)),
		make('small', {}, [p.name && p.name !== p.productId ? p.productId : '',
			p.reviewCount !== undefined ? words().reviews(p.reviewCount) : ''].filter(Boolean).join(' · '))]);
	if (q && !found.some(p => String(p.productId) === q))
		rows.push([q, make('b', {}, words().productNew(q))]);
	options = rows.map(([id, ...body], i) => ({ id, li: make('li', { id: `product-${i}`, role: 'option' }, ...body) }));
	list.replaceChildren(...options.map(o => o.li));
	if (!options.length)
		list.append(make('li', { className: 'none', role: 'option', ariaDisabled: 'true' }, words().productNone));
	list.hidden = false;
	input.setAttribute('aria-expanded', 'true');
	activate(-1);
}

function close() {
	clearTimeout(timer);
	asked++;
	list.hidden = true;
	input.setAttribute('aria-expanded', 'false');
	input.removeAttribute('aria-activedescendant');
	active = -1;
}

function activate(i) {
	active = i;
	options.forEach((o, n) => o.li.setAttribute('aria-selected', String(n === i)));
	if (i < 0)
		return input.removeAttribute('aria-activedescendant');
	input.setAttribute('aria-activedescendant', options[i].li.id);
	options[i].li.scrollIntoView({ block: 'nearest' });
}

function onKey(e) {
	const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
	if (step && list.hidden) {
		askSoon();
	} else if (step && options.length) {
		activate((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
	} else if (e.key === 'Enter' && !list.hidden) {
		if (active >= 0)
			setProduct(options[active].id);
		else
			close();
	} else if (e.key === 'Escape' && !list.hidden) {
		close();
	} else {
		return;
	}
	e.preventDefault();
}
