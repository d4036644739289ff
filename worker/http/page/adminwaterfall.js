// adminwaterfall.js -- one trace: its spans under their parents, each a bar where it was in the whole; and where the time went.
import { figures, goTo, link, moment, ms, panel } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const DEPTH_MAX = 8;		// of the indentation; the tree itself may be deeper

/* In the order of a tree, with the depth of each; a span whose parent is not here is a root. */
function inOrder(spans) {
	const ids = new Set(spans.map(s => s.spanId)), children = new Map(), out = [];
	for (const s of spans) {
		const under = ids.has(s.parentSpanId) && s.parentSpanId !== s.spanId ? s.parentSpanId : '';
		children.set(under, [...(children.get(under) ?? []), s]);
	}
	const walk = (under, depth) => (children.get(under) ?? []).forEach(s => {
		out.push({ ...s, depth });
		walk(s.spanId, depth + 1);
	});
	walk('', 0);
	return out;
}

const stepMark = step => {
	const mark = make('i', { className: 'step-mark', ariaHidden: 'true' });
	mark.dataset.step = step;
	return mark;
};

/* The name, which opens the attributes where there are any. */
function spanName(s, details) {
	const facts = Object.entries(details ?? {}), under = make('small', {}, s.service, s.error ? ` · ${s.error}` : '');
	const name = facts.length === 0 ? make('span', {}, s.name) : make('details', {}, make('summary', {}, s.name),
		make('dl', { className: 'span-facts' }, ...facts.map(([k, v]) => make('div', {}, make('dt', {}, k), make('dd', {}, typeof v === 'object' ? JSON.stringify(v) : String(v))))));
	const th = make('th', { scope: 'row', role: 'rowheader', className: 'span-name' }, name, under);
	th.style.setProperty('--depth', String(Math.min(s.depth, DEPTH_MAX)));
	return th;
}

function row(s, whole, details) {
	const bar = make('i', { ariaHidden: 'true' });
	bar.style.setProperty('--at', String(s.start / whole));
	bar.style.setProperty('--long', String(s.duration / whole));
	bar.dataset.step = s.step;
	const cell = (className, inside) => make('td', { className, role: 'cell' }, inside);
	const el = make('tr', { role: 'row' }, spanName(s, details), cell('num', ms(s.start / 1000)), cell('num', ms(s.duration / 1000)), cell('span-bar', bar));
	el.dataset.failed = Boolean(s.error);
	return el;
}

function chart(list, details) {
	const whole = Math.max(1, ...list.map(s => s.start + s.duration));
	const head = ['span', 'begins', 'lasted', 'course'].map((w, i) => make('th', { scope: 'col', role: 'columnheader', className: i === 1 || i === 2 ? 'num' : '' }, words().col[w]));
	const legend = make('p', { className: 'legend-line' }, ...[...new Set(list.map(s => s.step))].map(step => make('span', {}, stepMark(step), ' ', words().trace.steps[step] ?? step)));
	return [legend, make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: words().trace.waterfall },
		make('table', { className: 'waterfall', role: 'table', ariaLabel: words().trace.waterfall },
			make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)), make('tbody', { role: 'rowgroup' }, ...list.map(s => row(s, whole, details.get(s.spanId))))))];
}

const bottleneck = b => make('li', {}, stepMark(b.step), ' ', make('b', {}, b.operation), ` · ${ms(b.duration)} · ${num(b.percent)}%`);

/* What to draw of a trace, as elements. */
export function waterfall(trace, requestId) {
	const list = inOrder(trace.spans), details = new Map(trace.timeline.map(t => [t.spanId, t.details]));
	return [
		figures([[words().trace.whole, ms(trace.totalDuration)], [words().col.spans, num(list.length)], [words().col.at, moment(trace.startedAt)],
			[words().trace.request, link(requestId, goTo('logs', requestId))]]),
		trace.bottlenecks.length ? panel(words().trace.bottlenecks, make('ol', { className: 'plain' }, ...trace.bottlenecks.map(bottleneck))) : null,
		panel(words().trace.waterfall, ...chart(list, details)),
	];
}
