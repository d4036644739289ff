// admincache.js -- the answer cache: hit rate of today and of a week, keys and memory; answers dropped and loaded.
//
// See:    /api/analyze/cache/{health,stats,hitrate,batch,warmup}
import { attempt, bytes, each, figures, get, ms, part, percent, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';
import { ask } from './session.js';

let again = () => {};

const idsOf = text => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

function form(place) {
	const input = make('input', { id: 'cache-ids', type: 'text', required: true, autocomplete: 'off', spellcheck: false, placeholder: 'kettle-1, kettle-2' });
	const drop = make('button', { type: 'submit', className: 'button danger', value: 'drop' }, words().cached.drop);
	const warm = make('button', { type: 'submit', className: 'button', value: 'warm' }, words().cached.warm);
	const el = make('form', { className: 'finder-line' }, make('label', { className: 'wide' }, make('span', {}, words().cached.ids), input), drop, warm);
	el.addEventListener('submit', async e => {
		e.preventDefault();
		const body = { productIds: idsOf(input.value) };
		const done = e.submitter === warm ?
			await attempt(() => ask('POST', '/api/analyze/cache/warmup', body), a => words().cached.warmed(num(a.data.warmed), a.data.missing)) :
			await attempt(() => ask('DELETE', '/api/analyze/cache/batch', body), a => words().cached.dropped(num(a.data.deletedKeys)));
		if (done)
			await again();
	});
	place.append(el);
}

const columns = () => [
	{ word: 'day', kind: 'name', cell: d => d.date },
	{ word: 'hitRate', kind: 'num', cell: d => d.hits + d.misses > 0 ? percent(d.hitRate) : '–' },
	{ word: 'hits', kind: 'num', cell: d => num(d.hits) },
	{ word: 'misses', kind: 'num', cell: d => num(d.misses) },
];

const today = s => figures([
	[words().col.hitRate, s.hits + s.misses > 0 ? percent(s.hitRate) : '–', s.hits + s.misses > 100 && s.hitRate < 0.8 ? 'warn' : ''],
	[words().col.hits, num(s.hits)], [words().col.misses, num(s.misses)], [words().cached.keys, s.keysPartial ? words().cached.atLeast(num(s.keys)) : num(s.keys)],
	[words().col.memory, bytes(s.memoryBytes)], s.memoryPeakBytes ? [words().cached.peak, bytes(s.memoryPeakBytes)] : null,
]);

export const cache = {
	id: 'cache', group: 'flow', every: 10000,
	tools(place, at, reload) {
		again = reload;
		form(place);
	},
	load: () => each({ health: get('/api/analyze/cache/health'), stats: get('/api/analyze/cache/stats'), week: get('/api/analyze/cache/hitrate?days=7') }),
	draw(place, { health, stats, week }) {
		refill(place, part(words().cached.today, stats, s => [today(s), health.data ? make('p', { className: 'note' }, words().cached.answers(ms(health.data.latencyMs))) : null].filter(Boolean)),
			part(words().cached.week, week, w => tableOr(words().cached.none, words().cached.week, columns(), [...w.daily].reverse(), d => d.date)));
	},
};
