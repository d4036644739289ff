// curatetrends.js -- the rising keywords; one that is chosen shows its videos.
//
// See:    GET /api/v1/trends
import { call } from './api.js';
import { $, make } from './dom.js';
import { words } from './i18n.js';

const SHOWN = 10, STEADY = 1.2;
let trends = [], chosen = '', onChoose = () => {};

function item(t, top) {
	const fill = make('i'), bar = make('span', { className: 'bar thin', ariaHidden: 'true' }, fill);
	const b = make('button', { type: 'button', className: 'trend' }, make('b', {}, t.keyword),
		make('small', {}, t.growth > STEADY ? words().growth(t.growth) : words().steady), bar);
	fill.style.transform = `scaleX(${t.score / top})`;
	b.dataset.keyword = t.keyword;
	b.setAttribute('aria-pressed', String(t.keyword === chosen));
	b.addEventListener('click', () => onChoose(t.keyword === chosen ? '' : t.keyword));
	return make('li', {}, b);
}

export function drawTrends() {
	const at = document.activeElement?.closest?.('#trends button')?.dataset.keyword, shown = trends.slice(0, SHOWN);
	$('trends').replaceChildren(...shown.map(t => item(t, shown[0].score)));
	$('trends-none').hidden = shown.length > 0;
	if (at)
		[...$('trends').querySelectorAll('button')].find(b => b.dataset.keyword === at)?.focus();
}

export function markTrend(keyword) {
	chosen = keyword;
	drawTrends();
}

export async function loadTrends() {
	trends = (await call('GET', '/api/v1/trends')).data;
	drawTrends();
}

/* fn(keyword, or '' to leave it). */
export function initTrends(fn) {
	onChoose = fn;
}
