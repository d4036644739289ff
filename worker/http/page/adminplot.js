// adminplot.js -- a line over the last minutes: a small SVG with its figures in words beside it.
//
// The picture's own text says now, lowest and highest; the pointer reads single points.
import { clock } from './adminkit.js';
import { make } from './dom.js';
import { words } from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDE = 300, HIGH = 64;
const SPANS_MS = [60000, 120000, 300000];	// shown: the shortest that holds all
const GAP_MS = 5000;		// without a point for so long, the line is broken

export const svg = (tag, attributes) => {
	const el = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes))
		el.setAttribute(name, value);
	return el;
};

/* The next round number: 1, 2 or 5 times a power of ten. */
function roundUp(n) {
	if (!(n > 0))
		return 1;
	const power = 10 ** Math.floor(Math.log10(n));
	return [1, 2, 5, 10].map(f => f * power).find(f => f >= n);
}

/* The path of [{t, v}], and of the area below it, between the times from and from + span. */
export function linePath(points, from, span, top, { wide = WIDE, high = HIGH } = {}) {
	const x = t => ((t - from) / span * wide).toFixed(1), y = v => (high - v / top * (high - 4) - 1).toFixed(1);
	let line = '', area = '', begun = null, last = null;
	const close = () => { area += begun === null ? '' : `L${x(last.t)} ${high}L${x(begun.t)} ${high}Z`; };
	for (const p of points) {
		const broken = last === null || p.t - last.t > Math.max(GAP_MS, span / 15);
		if (broken) {
			close();
			begun = p;
		}
		line += broken ? `M${x(p.t)} ${y(p.v)}h.01` : `L${x(p.t)} ${y(p.v)}`;	/* a point alone is a dot */
		area += `${broken ? `M${x(p.t)} ${high}L` : 'L'}${x(p.t)} ${y(p.v)}`;
		last = p;
	}
	close();
	return { line, area };
}

export class Plot {
	#word;
	#format;
	#points = [];
	#from = 0;
	#span = SPANS_MS[0];
	#unit;
	#line = svg('path', { class: 'line' });
	#area = svg('path', { class: 'area' });
	#rule = svg('line', { class: 'rule', y1: 0, y2: HIGH, x1: -1, x2: -1 });
	#picture = svg('svg', { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: 'none', role: 'img' });
	#now = make('b');
	#top = make('small', { className: 'plot-top', ariaHidden: 'true' });
	#said = make('small', { className: 'plot-said' });

	/* word: of words().plots; format(value): a text; limit: above it is too much; unit: whose round numbers the scale has. */
	constructor(word, format, { limit = null, unit = 1 } = {}) {
		this.#word = word;
		this.#format = format;
		this.#unit = unit;
		this.limit = limit;
		this.#picture.append(this.#area, this.#line, this.#rule);
		this.el = make('figure', { className: 'sheet plot' }, make('figcaption', {}, make('span', {}, words().plots[word]), this.#now),
			make('div', { className: 'plot-field' }, this.#picture, this.#top), this.#said);
		this.el.dataset.plot = word;
		this.#picture.addEventListener('pointermove', e => this.#read(e));
		this.#picture.addEventListener('pointerleave', () => this.#tell());
	}

	/* points: [{t, v}], oldest first, of the longest span at most; those without a number are left out. */
	draw(points, until = Date.now()) {
		const age = until - (points[0]?.t ?? until);
		this.#span = SPANS_MS.find(span => age <= span) ?? SPANS_MS.at(-1);
		this.#from = until - this.#span;
		const list = this.#points = points.filter(p => Number.isFinite(p.v) && p.t >= this.#from);
		const top = roundUp(Math.max(...list.map(p => p.v), 0) / this.#unit) * this.#unit;
		const { line, area } = linePath(list, this.#from, this.#span, top);
		this.#line.setAttribute('d', line);
		this.#area.setAttribute('d', area);
		this.#now.textContent = list.length ? this.#format(list.at(-1).v) : '–';
		this.#top.textContent = list.length ? this.#format(top) : '';
		this.el.dataset.tone = list.length && this.limit !== null && list.at(-1).v > this.limit ? 'bad' : 'calm';
		this.#tell();
	}

	#tell() {
		const values = this.#points.map(p => p.v), name = words().plots[this.#word];
		const text = values.length ? words().plotSaid(this.#span / 60000, this.#format(Math.min(...values)), this.#format(Math.max(...values))) : words().plotNone;
		this.#rule.setAttribute('x1', -1);
		this.#rule.setAttribute('x2', -1);
		this.#said.textContent = text;
		this.#picture.setAttribute('aria-label', `${name}: ${this.#now.textContent}. ${text}`);
	}

	#read(e) {
		const box = this.#picture.getBoundingClientRect(), t = this.#from + (e.clientX - box.left) / box.width * this.#span;
		const p = this.#points.reduce((best, q) => !best || Math.abs(q.t - t) < Math.abs(best.t - t) ? q : best, null);
		if (!p)
			return;
		const x = (p.t - this.#from) / this.#span * WIDE;
		this.#rule.setAttribute('x1', x);
		this.#rule.setAttribute('x2', x);
		this.#said.textContent = `${clock(new Date(p.t))} · ${this.#format(p.v)}`;
	}
}
