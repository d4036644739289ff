// adminkit.js -- what the sections of the admin page draw and ask with: tables, badges, panels, actions.
//
// Whatever the server says enters as text. A list that is drawn again keeps the focus where it was: by data-focus.
import { $, make, showFault } from './dom.js';
import { language, num, span, words } from './i18n.js';
import { ask } from './session.js';

const SAID_MS = 6000;
let saidTimer = 0;

/* --- Asking --- */

const ENVELOPE = ['success', 'data', 'message', 'requestId', 'timestamp'];

/* What a route answers: its data, or the whole where there is more than that, such as a cursor. A failure knows its route. */
export async function get(path) {
	try {
		const answer = await ask('GET', path);
		return 'data' in answer && Object.keys(answer).every(k => ENVELOPE.includes(k)) ? answer.data : answer;
	} catch (problem) {
		problem.route = `GET ${path.split('?')[0]}`;
		throw problem;
	}
}

/* path with those of the parameters that are given. */
export function query(path, params) {
	const given = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== '');
	return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/* Several at once: {name: {data} or {problem}}, so that what fails leaves the rest. Fails when the server wants fewer requests. */
export async function each(promises) {
	const names = Object.keys(promises);
	const all = await Promise.allSettled(Object.values(promises)), refused = all.find(r => r.reason?.status === 429);
	if (refused)
		throw refused.reason;
	return Object.fromEntries(names.map((name, i) => [name, all[i].status === 'fulfilled' ? { data: all[i].value } : { problem: all[i].reason }]));
}

/* In plain words: a route that this server has not, or what it said. */
export function inPlainWords(problem) {
	const { code, requestId, retryAfter, details } = problem;
	return problem.route && (code === 'ROUTE_NOT_FOUND' || problem.status === 501) ?
		{ message: words().notOffered(problem.route), code } : { message: problem.message, code, requestId, retryAfter, details };
}

/* --- Doing --- */

export function say(text) {
	clearTimeout(saidTimer);
	$('said').textContent = text;
	saidTimer = setTimeout(() => { $('said').textContent = ''; }, SAID_MS);
}

/* Do it: success is said, failure shown at the top of the section. Whether it succeeded. */
export async function attempt(fn, done) {
	showFault($('section-fault'), null);
	try {
		const answer = await fn();
		if (done)
			say(typeof done === 'function' ? done(answer) : done);
		return true;
	} catch (problem) {
		showFault($('section-fault'), inPlainWords(problem));
		$('section-fault').scrollIntoView({ block: 'nearest' });
		return false;
	}
}

/* A button that can be pressed once at a time. focus: its name among all of the section. */
export function action(text, label, focus, fn, kind = '') {
	const button = make('button', { type: 'button', className: `button small ${kind}`, textContent: text });
	button.setAttribute('aria-label', label);
	button.dataset.focus = focus;
	button.addEventListener('click', async () => {
		button.disabled = true;
		await fn();
		button.disabled = false;
	});
	return button;
}

/* --- Drawing --- */

export const badge = (text, tone = 'calm') => {
	const el = make('em', { className: 'tag' }, text);
	el.dataset.tone = tone;
	return el;
};
export const code = text => make('code', {}, String(text ?? '–'));
export const link = (text, hash, focus = hash) => {
	const a = make('a', { href: `#${hash}` }, text);
	a.dataset.focus = focus;
	return a;
};
export const goTo = (section, arg) => `${section}${arg ? `/${encodeURIComponent(arg)}` : ''}`;

/* Put other children into `place`; the focus stays with what has the same name. */
export function refill(place, ...children) {
	const at = place.contains(document.activeElement) ? document.activeElement.closest('[data-focus]')?.dataset.focus : undefined;
	place.replaceChildren(...children.filter(Boolean));
	if (at !== undefined)
		[...place.querySelectorAll('[data-focus]')].find(el => el.dataset.focus === at)?.focus();
}

/* A table whose rows are cards on a phone, but for a brief one, which has room there. columns: [{word, cell(row), kind: '', 'num', 'wide' or 'do'}]. */
export function table(label, columns, rows, key = null) {
	const names = columns.map(c => words().col[c.word] ?? '');
	const head = columns.map((c, i) => {
		const th = make('th', { scope: 'col', className: c.kind ?? '' }, names[i] ? names[i] : make('span', { className: 'unseen' }, words().col.actions));
		th.setAttribute('role', 'columnheader');
		return th;
	});
	const body = rows.map(row => {
		const tr = make('tr', { role: 'row' }, ...columns.map((c, i) => {
			const td = make('td', { role: 'cell', className: c.kind ?? '' }, make('div', {}, c.cell(row) ?? (c.kind === 'do' ? '' : '–')));
			td.dataset.label = names[i];
			return td;
		}));
		if (key)
			tr.dataset.key = key(row);
		return tr;
	});
	const brief = columns.length <= 4 && columns.every(c => !/wide|do/.test(c.kind ?? ''));
	const el = make('table', { className: brief ? 'rows brief' : 'rows', role: 'table', ariaLabel: label }, make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...head)),
		make('tbody', { role: 'rowgroup' }, ...body));
	const scroll = make('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: label }, el);
	return scroll;
}

/* The table, or the words for an empty one. */
export const tableOr = (none, label, columns, rows, key) => rows?.length ? table(label, columns, rows, key) : make('p', { className: 'note none' }, none);

export function panel(title, ...children) {
	return make('section', { className: 'sheet panel' }, title ? make('h2', {}, title) : null, ...children);
}

/* A panel of what each() brought: what draw(data) makes of it, or why it is not there. */
export function part(title, { data, problem }, draw) {
	if (!problem)
		return panel(title, ...[draw(data)].flat());
	const fault = make('div', { className: 'fault' });
	showFault(fault, inPlainWords(problem));
	return panel(title, fault);
}

/* A figure with its name: [[name, text, tone]]. */
export const figures = list => make('dl', { className: 'figures' }, ...list.filter(Boolean).map(([name, text, tone]) => {
	const el = make('div', {}, make('dt', {}, name), make('dd', {}, text ?? '–'));
	if (tone)
		el.dataset.tone = tone;
	return el;
}));

/* A button to fetch the next page of a list. */
export function moreButton(cursor, fn) {
	return cursor ? make('p', { className: 'more-line' }, action(words().more, words().more, 'more', () => fn(cursor))) : null;
}

/* --- Saying numbers --- */

export function bytes(n) {
	if (n === null || n === undefined)
		return '–';
	const step = [['GB', 2 ** 30], ['MB', 2 ** 20], ['kB', 1024]].find(([, size]) => Math.abs(n) >= size);
	return step ? `${num(n / step[1], n / step[1] < 10 ? 1 : 0)} ${step[0]}` : `${num(n)} B`;
}

export const percent = (ratio, digits = 1) => Number.isFinite(ratio) ? `${num(ratio * 100, digits)}%` : '–';
export const ms = n => !Number.isFinite(n) ? '–' : n >= 10000 ? span(n / 1000) : `${num(n, n < 10 ? 1 : 0)} ms`;

/* How long, in at most two parts: 3 d 4 h. */
export function lasting(s) {
	if (!Number.isFinite(s))
		return '–';
	if (s < 3600)
		return span(Math.round(s));
	const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
	return d ? words().daysHours(d, h) : words().hoursMinutes(h, m);
}

/* 03:12:05, alike in all languages. */
export const clock = when => when.toLocaleTimeString('en-GB');

/* A moment, to the second; today without its day. */
export function moment(t) {
	if (!t)
		return '–';
	const when = new Date(t), today = new Date().toDateString() === when.toDateString();
	const time = clock(when);
	const el = make('time', { dateTime: when.toISOString() }, today ? time : `${when.toLocaleDateString(language(), { month: 'short', day: 'numeric' })} ${time}`);
	el.title = when.toISOString();
	return el;
}
