// adminprocesses.js -- the processes of this host: what each does, a reload of all, a drain of one.
//
// See:    GET /api/v1/admin/processes, POST /api/v1/admin/reload, POST /api/v1/admin/processes/{kind}/{index}/drain
import { action, attempt, badge, bytes, figures, get, lasting, moment, ms, panel, percent, refill, tableOr } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';
import { ask } from './session.js';
import { sure } from './sure.js';

const MEMORY_HIGH = 800 * 2 ** 20, LAG_HIGH_MS = 100;		// as HighMemoryUsage of etc/prometheus has it
const DRAINED = ['http', 'ws', 'kafka', 'cron', 'analyzer'];	/* the others would take the service or its messages with them */
const ORDER = ['master', 'http', 'ws', 'kafka', 'cron', 'analyzer', 'broker'];
let again = () => {}, shownHost = '';

/* Behind a balancer another host may have taken the order than the one that is shown. */
const taken = text => ({ data }) => data.host === shownHost ? text : words().proc.elsewhere(text, data.host);

async function reloadAll() {
	if (await sure(words().proc.reload, words().proc.reloadSure, words().proc.reload) &&
	    await attempt(() => ask('POST', '/api/v1/admin/reload'), taken(words().proc.reloaded)))
		await again();
}

async function drain(p) {
	const name = `${p.kind} ${p.index}`;
	if (await sure(words().proc.drainOf(name), words().proc.drainSure, words().proc.drain) &&
	    await attempt(() => ask('POST', `/api/v1/admin/processes/${encodeURIComponent(p.kind)}/${encodeURIComponent(p.index)}/drain`), taken(words().proc.drained(name))))
		await again();
}

const warn = (text, bad) => bad ? badge(text, 'bad') : text;

const columns = () => [
	{ word: 'process', kind: 'name', cell: p => make('b', {}, `${p.kind} ${p.index}`) },
	{ word: 'state', cell: p => badge(words().proc.states[p.state] ?? p.state, p.state === 'ready' ? 'good' : 'warn') },
	{ word: 'pid', kind: 'num', cell: p => String(p.pid) },
	{ word: 'cpu', kind: 'num', cell: p => Number.isFinite(p.cpu) ? percent(p.cpu / 100) : '–' },
	{ word: 'memory', kind: 'num', cell: p => warn(bytes(p.rssBytes), p.rssBytes > MEMORY_HIGH) },
	{ word: 'connections', kind: 'num', cell: p => Number.isFinite(p.connections) ? num(p.connections) : '–' },
	{ word: 'loopLag', kind: 'num', cell: p => warn(ms(p.loopLagMs), p.loopLagMs > LAG_HIGH_MS) },
	{ word: 'restarts', kind: 'num', cell: p => warn(num(p.restarts ?? 0), p.restarts > 0) },
	{ word: 'since', cell: p => moment(p.startedAt) },
	{ word: '', kind: 'do', cell: p => DRAINED.includes(p.kind) ? action(words().proc.drain, words().proc.drainOf(`${p.kind} ${p.index}`), `drain-${p.kind}-${p.index}`, () => drain(p)) : null },
];

function hostList(data) {
	if (!data.hosts || data.hosts.length < 2)
		return null;
	return panel(words().proc.hosts, make('p', { className: 'note' }, words().proc.thisHost(data.host)),
		make('ul', { className: 'plain' }, ...data.hosts.map(h => make('li', {}, make('b', {}, h.host), ' ', make('small', {}, words().proc.seen, ' ', moment(h.seenAt))))));
}

export const processes = {
	id: 'processes', group: 'now', every: 5000,
	tools(place, at, reload) {
		again = reload;
		place.append(make('p', { className: 'tool-line' }, action(words().proc.reload, words().proc.reload, 'reload', reloadAll, 'go'),
			make('span', { className: 'note' }, words().proc.reloadNote)));
	},
	load: () => get('/api/v1/admin/processes'),
	draw(place, data) {
		shownHost = data.host;
		const list = [...data.processes].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.index - b.index), total = list.reduce((sum, p) => sum + (p.rssBytes ?? 0), 0);
		const oldest = Math.min(...list.map(p => Date.parse(p.startedAt)).filter(Number.isFinite));
		refill(place, figures([[words().proc.host, data.host], [words().proc.count, num(list.length)], [words().col.memory, bytes(total)],
			[words().proc.upFor, lasting((Date.now() - oldest) / 1000)]]),
		panel(null, tableOr(words().proc.none, words().sections.processes[0], columns(), list, p => `${p.kind}-${p.index}`)), hostList(data));
	},
};
