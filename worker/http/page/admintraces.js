// admintraces.js -- where a request spent its time: the recent sampled ones, and one of them as a waterfall (adminwaterfall.js).
//
// #traces/{requestId} shows one.
// See:    GET /api/v1/traces, GET /api/v1/trace/{requestId}
import { badge, code, get, goTo, link, moment, ms, panel, query, refill, tableOr } from './adminkit.js';
import { waterfall } from './adminwaterfall.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const SLOW_MS = 1000;
let filter = { route: '', minMs: '' };

const tone = status => status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good';

const columns = () => [
	{ word: 'at', cell: t => moment(t.startedAt) },
	{ word: 'route', kind: 'name', cell: t => link(t.route ?? t.requestId, goTo('traces', t.requestId), t.requestId) },
	{ word: 'status', cell: t => badge(String(t.status ?? '–'), tone(t.status)) },
	{ word: 'lasted', kind: 'num', cell: t => t.durationMs > SLOW_MS ? badge(ms(t.durationMs), 'bad') : ms(t.durationMs) },
	{ word: 'spans', kind: 'num', cell: t => num(t.spans ?? 0) },
	{ word: 'request', cell: t => code(t.requestId) },
];

function tools(place, at, reload) {
	const id = make('input', { id: 'trace-id', type: 'search', value: at, maxLength: 128, autocomplete: 'off', spellcheck: false });
	const route = make('input', { id: 'trace-route', type: 'search', value: filter.route, maxLength: 200, autocomplete: 'off', spellcheck: false, placeholder: '/api/v1/orders' });
	const least = make('input', { id: 'trace-ms', type: 'number', min: 0, value: filter.minMs, inputMode: 'numeric' });
	const form = make('form', { className: 'finder-line', role: 'search' },
		make('label', { className: 'wide' }, make('span', {}, words().trace.request), id), make('label', { className: 'wide' }, make('span', {}, words().trace.route), route),
		make('label', {}, make('span', {}, words().trace.atLeast), least), make('button', { type: 'submit', className: 'button go' }, words().find),
		at ? make('a', { className: 'button', href: '#traces' }, words().trace.all) : null);
	form.addEventListener('submit', e => {
		e.preventDefault();
		filter = { route: route.value.trim(), minMs: least.value };
		if (id.value.trim() !== at)
			location.hash = goTo('traces', id.value.trim());
		else
			reload();
	});
	place.append(form);
}

export const traces = {
	id: 'traces', group: 'find', every: 10000, tools,
	load: at => get(at ? `/api/v1/trace/${encodeURIComponent(at)}` : query('/api/v1/traces', filter)),
	draw(place, data, at) {
		if (at)
			return refill(place, ...waterfall(data, at));
		refill(place, panel(null, tableOr(words().trace.none, words().sections.traces[0], columns(), data.data ?? data, t => t.requestId),
			make('p', { className: 'note' }, words().trace.sampled)));
	},
};
