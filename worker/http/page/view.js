// view.js -- draws the outcome: the gauge, the three parts, the summary, the facts and the keywords.
//
// Everything is redrawn from what it is given, so that a change of language is a second call.
import { $, make } from './dom.js';
import { num, words } from './i18n.js';

const MOODS = ['positive', 'neutral', 'negative'];
const RADIUS = 104;
const KEYWORDS_SHOWN = 24;
const KEYWORD_SIZES = 5;
const KEYWORD_OFTEN = 9;		// times: what is named less often is nowhere large

/* sentiment: counts or percentages of the three moods; basis: the words under the gauge. */
export function drawMood(sentiment, basis) {
	const amounts = MOODS.map(m => Number(sentiment[m]) || 0);
	const total = amounts.reduce((a, b) => a + b, 0);
	const shares = amounts.map(a => total ? 100 * a / total : 0);
	const percent = Math.round(shares[0]);

	drawGauge(shares[0]);
	$('gauge-number').textContent = num(percent);
	$('gauge').setAttribute('aria-label', words().gaugeLabel(percent));
	$('gauge-basis').textContent = basis;
	MOODS.forEach((_, i) => {
		$('parts').children[i].style.flexGrow = String(shares[i]);
		$('legend').children[i].lastElementChild.textContent = `${num(shares[i], 1)}%`;
	});
}

/* A half circle from left to right; the value is dashed in up to its share. */
function drawGauge(percent) {
	const [track, value] = $('gauge').firstElementChild.children;
	for (const path of [track, value]) {
		path.setAttribute('d', `M ${120 - RADIUS} 120 A ${RADIUS} ${RADIUS} 0 0 1 ${120 + RADIUS} 120`);
		path.setAttribute('pathLength', '100');
	}
	value.style.strokeDasharray = `${percent} 200`;
	value.classList.toggle('none', percent <= 0);
}

export function drawSummary(text) {
	$('summary').textContent = text ?? '';
	$('summary').hidden = !text;
}

/* rows: [name, value] with both already in words. */
export function drawFacts(rows) {
	$('facts').replaceChildren(...rows.map(([name, value]) =>
		make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

/* keywords: strings, or {keyword, count, sentiment}; the most frequent are shown, the first of them first. */
export function drawKeywords(keywords) {
	const rows = (keywords ?? []).map(k => typeof k === 'string' ? { keyword: k } : k)
		.filter(k => k.keyword)
		.sort((a, b) => (b.count ?? 0) - (a.count ?? 0))
		.slice(0, KEYWORDS_SHOWN);
	const most = Math.sqrt(Math.max(KEYWORD_OFTEN, rows[0]?.count ?? 1));
	const sizeOf = k => k.count ? 1 + Math.round((KEYWORD_SIZES - 1) * Math.sqrt(k.count) / most) : 3;

	$('keywords-part').hidden = rows.length === 0;
	$('keywords').replaceChildren(...rows.map(k => {
		const li = make('li', { className: `size-${sizeOf(k)} ${MOODS.includes(k.sentiment) ? k.sentiment : ''}` }, k.keyword);
		if (k.count) {
			li.append(make('small', { ariaHidden: 'true' }, num(k.count)));
			li.setAttribute('aria-label', words().keywordTimes(k.keyword, k.count));
		}
		return li;
	}));
}
