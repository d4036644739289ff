// cards.js -- the sentiment cards: those that arrive live, newest first, and those that are stored.
//
// Cards come in bursts: they enter a few a frame, and the document holds no more than a page of them until more
// are asked for, so that a fast analysis neither freezes the page nor fills it.  What is kept is bounded too.
// See:    event sentiment-card, GET /api/products/{id}/emotion-cards
import { call, productPath } from './api.js';
import { $, make } from './dom.js';
import { num, onLanguage, words } from './i18n.js';

const KEPT_MAX = 1000;
const A_FRAME = 2;
const PAGE = 24;
const MOODS = ['positive', 'neutral', 'negative'];
const SIGNS = { positive: '＋', neutral: '·', negative: '−' };

let product = '';
let cursor = null;			/* of the stored ones; undefined before the first page */
let seen = new Set();			/* ids */
let kept = [];				/* newest first */
let queue = [];				/* arrived, not yet entered */
let limit = PAGE;			/* how many may be in the document */
let filter = 'all';
let frame = 0;
let moods = {};				/* reviews behind the cards so far, by mood */
let terms = new Map();			/* keyword -> {keyword, count, sentiment} of the cards so far */

/* What the cards say so far: {count, moods, keywords}, or null before the first. */
export const tally = () => seen.size ? { count: seen.size, moods, keywords: [...terms.values()] } : null;

export function initCards(onFault) {
	$('filter').addEventListener('click', e => e.target.dataset.filter && setFilter(e.target.dataset.filter));
	$('more').addEventListener('click', async () => {
		limit += PAGE;
		try {
			if (matching().length < limit && cursor)
				await loadCards();
		} catch (e) {
			onFault(e);
		}
		fill();
	});
	onLanguage(redraw);
	clearCards('');
}

export function clearCards(productId) {
	product = productId;
	cursor = undefined;
	seen = new Set();
	kept = [];
	queue = [];
	moods = { positive: 0, neutral: 0, negative: 0 };
	terms = new Map();
	setFilter('all');
}

/* A card from the socket. */
export function addCard(card) {
	if (!admit(card))
		return;
	queue.push(card);
	frame ||= requestAnimationFrame(enter);
}

/* The next page of the stored cards; those already here are passed over. */
export async function loadCards() {
	const from = product, next = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
	const answer = await call('GET', productPath(product, `emotion-cards?limit=${PAGE}${next}`));
	if (from !== product)
		return;
	cursor = answer.nextCursor ?? null;
	kept.push(...(answer.data ?? []).map(row => row.card ?? row).filter(admit));
	fill();
}

function admit(card) {
	if (!card || seen.has(String(card.id)) || !MOODS.includes(card.sentiment))
		return false;
	seen.add(String(card.id));
	moods[card.sentiment] += Number(card.reviewCount) || 1;
	for (const keyword of keywordsOf(card)) {
		const term = terms.get(keyword) ?? { keyword, count: 0, sentiment: card.sentiment };
		term.count++;
		terms.set(keyword, term);
	}
	return true;
}

const keywordsOf = card => (card.keywords ?? []).map(k => k.keyword ?? String(k));
const matches = card => filter === 'all' || card.sentiment === filter;
const matching = () => kept.filter(matches);

function enter() {
	for (const card of queue.splice(0, Math.max(A_FRAME, Math.ceil(queue.length / 20)))) {
		kept.unshift(card);
		if (!matches(card))
			continue;
		const li = draw(card);
		li.classList.add('arriving');
		$('cards').prepend(li);
	}
	kept.splice(KEPT_MAX);
	while ($('cards').childElementCount > limit)
		$('cards').lastElementChild.remove();
	drawCount();
	frame = queue.length ? requestAnimationFrame(enter) : 0;
}

/* The document shows the first of those that match: add what is missing at their end. */
function fill() {
	$('cards').append(...matching().slice($('cards').childElementCount, limit).map(draw));
	drawCount();
}

function redraw() {
	$('cards').replaceChildren();
	fill();
}

function drawCount() {
	const shown = $('cards').childElementCount;
	$('cards-part').hidden = kept.length === 0;
	$('cards-count').textContent = num(seen.size);
	$('cards-none').hidden = shown > 0;
	$('more').hidden = !cursor && matching().length <= shown;
}

function setFilter(to) {
	filter = to;
	limit = PAGE;
	for (const button of $('filter').children)
		button.setAttribute('aria-pressed', String(button.dataset.filter === to));
	redraw();
}

function draw(card) {
	const w = words();
	const sure = Number(card.confidence) > 1 ? Number(card.confidence) : 100 * card.confidence;
	const meter = make('i', { className: 'meter', ariaHidden: 'true' }, make('i'));
	meter.firstChild.style.transform = `scaleX(${(sure || 0) / 100})`;
	return make('li', { className: `card ${card.sentiment}` },
		make('div', { className: 'card-head' },
			make('b', {}, make('i', { ariaHidden: 'true' }, SIGNS[card.sentiment]), w[card.sentiment]),
			card.reviewCount > 1 ? make('small', {}, w.reviews(card.reviewCount)) : null),
		make('p', {}, card.text ?? ''),
		card.keywords?.length ? make('ul', {}, ...keywordsOf(card).slice(0, 5).map(k => make('li', {}, k))) : null,
		sure > 0 ? make('div', { className: 'card-foot' }, meter, make('small', {}, w.confidence(Math.round(sure)))) : null);
}
