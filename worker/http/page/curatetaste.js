// curatetaste.js -- the keywords that the visitor likes or not, as sliders. A change is sent once the hand rests.
//
// See:    GET and PUT /api/v1/preferences/keywords
import { setTaste } from './curateacts.js';
import { $, make, showFault } from './dom.js';
import { words } from './i18n.js';
import { ask, me } from './session.js';

const REST_MS = 500, SHOWN = 8, ADDED_SCORE = 0.9;
let tastes = [], all = false, timer = 0, onSaved = () => {};
const pending = new Map();	/* keyword -> score, or null to forget it */

const level = score => words().levels[Math.min(4, Math.floor(score * 5))];

async function send() {
	const list = [...pending].map(([keyword, score]) => ({ keyword, score }));
	pending.clear();
	try {
		await setTaste(list);
		showFault($('taste-fault'), null);
		$('taste-said').textContent = words().tasteSaved;
		onSaved();
	} catch (problem) {
		showFault($('taste-fault'), problem);
		await loadTaste();
	}
}

function plan(keyword, score, ms = REST_MS) {
	pending.set(keyword, score);
	$('taste-said').textContent = '';
	clearTimeout(timer);
	timer = setTimeout(send, ms);
}

function forget(t) {
	tastes = tastes.filter(x => x !== t);
	plan(t.keyword, null, 0);
	drawTaste();
	($('tastes').querySelector('button') ?? $('taste-new')).focus();
}

function item(t, n) {
	const id = `taste-${n}`, out = make('output', {}, level(t.score));
	const range = make('input', { id, type: 'range', min: 0, max: 100, step: 1, value: Math.round(t.score * 100) });
	const drop = make('button', { type: 'button', className: 'round', ariaLabel: words().forget(t.keyword) }, '×');
	range.setAttribute('aria-valuetext', level(t.score));
	range.addEventListener('input', () => {
		t.score = range.valueAsNumber / 100;
		out.textContent = level(t.score);
		range.setAttribute('aria-valuetext', level(t.score));
		plan(t.keyword, t.score);
	});
	drop.addEventListener('click', () => forget(t));
	const el = make('li', {}, make('label', { htmlFor: id }, t.keyword), out, range, drop);
	el.dataset.keyword = t.keyword;
	return el;
}

export function drawTaste() {
	$('tastes').replaceChildren(...(all ? tastes : tastes.slice(0, SHOWN)).map(item));
	$('tastes-none').hidden = tastes.length > 0;
	$('tastes-more').hidden = all || tastes.length <= SHOWN;
}

/* Another account has its own. */
export function forgetTaste() {
	clearTimeout(timer);
	pending.clear();
	tastes = [];
	all = false;
	$('taste-said').textContent = '';
	drawTaste();
}

/* What is being changed stays as it is. */
export async function loadTaste() {
	if (!me())
		return;
	const { data } = await ask('GET', '/api/v1/preferences/keywords');
	if (pending.size > 0 || $('tastes').contains(document.activeElement))
		return;
	tastes = data;
	drawTaste();
}

/* fn() when a change is stored. */
export function initTaste(fn) {
	onSaved = fn;
	$('tastes-more').addEventListener('click', () => {
		all = true;
		drawTaste();
		$('tastes').children[SHOWN]?.querySelector('input').focus();
	});
	$('taste-form').addEventListener('submit', e => {
		e.preventDefault();
		const keyword = $('taste-new').value.trim().toLowerCase();
		$('taste-new').value = '';
		tastes = [{ keyword, score: ADDED_SCORE }, ...tastes.filter(t => t.keyword !== keyword)];
		plan(keyword, ADDED_SCORE, 0);
		drawTaste();
	});
}
