// adminwaterfall.js -- one trace: its spans under their parents, each a bar where it was in the whole; and its bottlenecks.
import { figures, goTo, link, moment, ms, panel } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const SPANS_MAX = 500;

/* Spans and the plain timeline alike: {id, parent, name, service, start (µs), duration (µs), details}. */
function spansOf({ spans, timeline }) {
	return (spans ?? timeline ?? []).slice(0, SPANS_MAX).map((s, i) => ({
		id: s.spanId ?? `step ${i}`, parent: s.parentSpanId ?? null, name: s.operation ?? s.name ?? String(s.step ?? ''), service: s.service ?? (typeof s.step === 'string' ? s.step : ''),
		start: s.start ?? Date.parse(s.timestamp) * 1000, duration: s.start !== undefined ? s.duration : (s.duration ?? 0) * 1000, details: s.details ?? s.attributes,
	}));
}

/* In the order of a tree, with the depth of each; a span whose parent is not here is a root. */
function inOrder(list) {
	const ids = new Set(list.map(s => s.id)), children = new Map(), out = [];
	for (const s of [...list].sort((a, b) => a.start - b.start)) {
		const of = s.parent !== null && ids.has(s.parent) && s.parent !== s.id ? s.parent : '';
		children.set(of, [...(children.get(of) ?? []), s]);
	}
	const walk = (of, depth) => (children.get(of) ?? []).forEach(s => {
		out.push({ ...s, depth });
		walk(s.id, depth + 1);
	});
	walk('', 0);
	return out;
}

const cell = (tag, className, ...children) => {
	const el = make(tag, { className }, ...children);
	if (tag === 'th')
		el.scope = 'row';
	return el;
};

function row(s, from, whole) {
	const bar = make('i', { ariaHidden: 'true' }), name = cell('th', 'span-name', make('span', {}, s.name), make('small', {}, s.service));
	bar.style.setProperty('--at', String((s.start - from) / whole));
	bar.style.setProperty('--long', String(Math.max(s.duration / whole, 0.002)));
	bar.dataset.service = s.service.replace(/\W.*$/, '').toLowerCase();
	name.style.setProperty('--depth', String(Math.min(s.depth, 8)));
	const tr = make('tr', {}, name, cell('td', 'num', ms((s.start - from) / 1000)), cell('td', 'num', ms(s.duration / 1000)), cell('td', 'span-bar', bar));
	if (s.details)
		tr.title = typeof s.details === 'string' ? s.details : JSON.stringify(s.details);
	return tr;
}

function chart(list) {
	const from = Math.min(...list.map(s => s.start)), whole = Math.max(1, Math.max(...list.map(s => s.start + s.duration)) - from);
	const head = ['span', 'begins', 'lasted', 'course'].map((w, i) => make('th', { scope: 'col', className: i === 1 || i === 2 ? 'num' : '' }, words().col[w]));
	return make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: words().trace.waterfall },
		make('table', { className: 'waterfall', ariaLabel: words().trace.waterfall }, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...list.map(s => row(s, from, whole)))));
}

const bottleneck = b => make('li', {}, typeof b === 'string' ? b : `${b.operation ?? b.step ?? ''} · ${ms(b.duration)}`);

/* What to draw of a trace, as elements. */
export function waterfall(data, requestId) {
	const list = inOrder(spansOf(data)), first = data.startedAt ?? data.timeline?.[0]?.timestamp;
	return [
		figures([[words().trace.whole, ms(data.totalDuration)], [words().col.spans, num(list.length)], [words().col.at, moment(first)],
			[words().trace.request, link(requestId, goTo('logs', requestId))]]),
		panel(words().trace.waterfall, list.length ? chart(list) : make('p', { className: 'note none' }, words().trace.noSpans)),
		data.bottlenecks?.length ? panel(words().trace.bottlenecks, make('ul', { className: 'advice' }, ...data.bottlenecks.map(bottleneck))) : null,
	];
}
