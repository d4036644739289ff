// adminlogs.js -- the log of all processes and hosts, followed as it grows; the analysis of what went wrong is adminanalysis.js.
//
// #logs/{requestId} shows the lines of one request. Each poll asks for what came since the newest line shown, less a little, as lines of
// several processes arrive late; a line already shown is known by its id. At most LINES_MAX are kept.
// See:    GET /api/v1/logs
import { analysisPanel } from './adminanalysis.js';
import { badge, code, get, goTo, link, moment, query } from './adminkit.js';
import { make } from './dom.js';
import { num, words } from './i18n.js';

const LINES_MAX = 500, PAGE = 200, LATE_MS = 5000;
const TONES = { error: 'bad', warn: 'warn', info: 'calm', debug: 'calm' };
const LEVELS = ['error', 'warn', 'info', 'debug'];
let filter = { level: 'info', requestId: '', q: '', service: '' }, paused = false, again = () => {};
let list = null, seen = new Set(), newest = null, count = null;

function details(line) {
	const facts = make('p', { className: 'log-facts' },
		line.host ? make('span', {}, `${line.host} · ${line.pid ?? ''}`) : null,
		line.requestId ? make('span', {}, link(words().log.lines, goTo('logs', line.requestId)), ' · ', link(words().log.trace, goTo('traces', line.requestId)), ' ', code(line.requestId)) : null,
		line.userId ? make('span', {}, words().log.user, ' ', link(line.userId, goTo('users', line.userId))) : null);
	return [facts, line.details ? make('pre', { tabIndex: 0 }, JSON.stringify(line.details, null, 1)) : null].filter(Boolean);
}

/* The inside of a line is made when it is opened. */
function item(line) {
	const el = make('details', { className: 'log-line' },
		make('summary', {}, moment(line.time), badge(line.level, TONES[line.level] ?? 'calm'), make('b', {}, line.service ?? ''), make('span', { className: 'log-text' }, line.message ?? '')));
	el.firstElementChild.tabIndex = -1;
	el.dataset.id = line.id;
	el.dataset.level = line.level;
	el.addEventListener('toggle', () => el.open && el.childElementCount === 1 && el.append(...details(line)));
	return make('li', {}, el);
}

function drop(li) {
	seen.delete(li.querySelector('details')?.dataset.id);
	li.remove();
}

/* The list is one stop of the Tab key: arrow keys, Home and End move in it. */
function setStop(summary) {
	for (const other of list.querySelectorAll('summary[tabindex="0"]'))
		other.tabIndex = -1;
	if (summary)
		summary.tabIndex = 0;
}

function onKey(e) {
	const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[e.key], at = document.activeElement;
	if (step === undefined || !at.matches('.log-line > summary'))
		return;
	const all = [...list.querySelectorAll('.log-line > summary')], to = all[Math.max(0, Math.min(all.length - 1, all.indexOf(at) + step))];
	e.preventDefault();
	setStop(to);
	to.focus();
}

/* lines: newest first. more: there were others beside them, which is told where none of these was seen before. */
function take(lines, more) {
	if (more && newest !== null && !lines.some(line => seen.has(String(line.id))))
		list.prepend(make('li', { className: 'note log-gap' }, words().log.gap));
	for (const line of [...lines].reverse()) {
		if (seen.has(String(line.id)))
			continue;
		seen.add(String(line.id));
		list.prepend(item(line));
		newest = newest === null || line.time > newest ? line.time : newest;
	}
	while (list.childElementCount > LINES_MAX)
		drop(list.lastElementChild);
	if (!list.querySelector('summary[tabindex="0"]'))
		setStop(list.querySelector('summary'));
	list.parentElement.hidden = list.childElementCount === 0;
	count.textContent = seen.size ? words().log.count(num(seen.size)) : words().log.none;
}

function clear() {
	seen = new Set();
	newest = null;
	list?.replaceChildren();
}

function picker(name, label, values) {
	const pick = make('select', {}, ...values.map(([value, text]) => make('option', { value, selected: filter[name] === value }, text)));
	pick.dataset.filter = name;
	return make('label', {}, make('span', {}, label), pick);
}

function field(name, label, wide) {
	const input = make('input', { type: 'search', value: filter[name], maxLength: 200, autocomplete: 'off', spellcheck: false });
	input.dataset.filter = name;
	return make('label', { className: wide ? 'wide' : '' }, make('span', {}, label), input);
}

function pauseButton() {
	const button = make('button', { type: 'button', className: 'button', id: 'log-pause' });
	const draw = () => {
		button.setAttribute('aria-pressed', String(paused));
		button.textContent = paused ? words().log.follow : words().log.pause;
	};
	button.addEventListener('click', () => {
		paused = !paused;
		draw();
		again();
	});
	draw();
	return button;
}

function tools(place, at, reload) {
	again = reload;
	filter = { ...filter, requestId: at };
	const form = make('form', { className: 'finder-line', role: 'search' },
		picker('level', words().log.level, LEVELS.map(l => [l, words().log.levels[l]])), field('service', words().log.service), field('requestId', words().log.request),
		field('q', words().log.text, true), make('button', { type: 'submit', className: 'button go' }, words().find), pauseButton());
	const read = () => {
		for (const el of form.querySelectorAll('[data-filter]'))
			filter[el.dataset.filter] = el.value.trim();
		clear();
		again();
	};
	form.addEventListener('submit', e => { e.preventDefault(); read(); });
	form.querySelector('select').addEventListener('change', read);
	place.append(form);
}

const since = () => newest && new Date(Date.parse(newest) - LATE_MS).toISOString();

export const logs = {
	id: 'logs', group: 'find', every: 3000, tools,
	enter(place) {
		list = make('ol', { className: 'log-lines' });
		list.addEventListener('keydown', onKey);
		list.addEventListener('focusin', e => e.target.matches('.log-line > summary') && setStop(e.target));
		count = make('p', { className: 'note', id: 'log-count' });
		clear();
		const region = make('div', { className: 'sheet log', role: 'region', ariaLabel: words().sections.logs[0], tabIndex: 0 }, list);
		place.append(count, region, analysisPanel());
	},
	load: async () => paused && newest ? null : { of: filter.level, answer: await get(query('/api/v1/logs', { ...filter, since: since(), limit: PAGE })) },
	draw(place, data) {
		if (data && data.of === filter.level)
			take(data.answer.data, data.answer.nextCursor !== null);
	},
};
