// curatedesk.js -- the editors' desk: what is pinned, blocked and boosted, and single videos to pin or hide.
//
// See:    GET, POST and DELETE /api/v1/editor/lists, PATCH /api/v1/videos/{videoId}
import { $, make, showFault } from './dom.js';
import { date, num, words } from './i18n.js';
import { ask } from './session.js';

const DAY_MS = 86400000, FOUND = 8, PIN_DAYS = 7;
let entries = [], found = null;

const inDays = days => days ? new Date(Date.now() + days * DAY_MS).toISOString() : undefined;

async function attempt(fault, said, fn) {
	try {
		await fn();
		showFault($(fault), null);
		$('desk-said').textContent = said;
	} catch (problem) {
		showFault($(fault), problem);
	}
}

function button(text, label, fn) {
	const b = make('button', { type: 'button', className: 'button', ariaLabel: `${text}: ${label}` }, text);
	b.addEventListener('click', fn);
	return b;
}

/* --- Lists --- */

function entryItem(e) {
	const more = [words().targets[e.target], e.action === 'boost' ? `×${num(e.factor, 2)}` : '', e.until ? words().untilDay(date(e.until)) : '', e.note].filter(Boolean);
	const kind = make('em', { className: 'kind' }, words().actions[e.action]);
	kind.dataset.action = e.action;
	const el = make('li', {}, kind, make('span', { className: 'entry-what' }, make('b', {}, e.value), make('small', {}, more.join(' · '))),
		button(words().removeEntry, e.value, () => attempt('entry-fault', words().entryRemoved, async () => {
			await ask('DELETE', `/api/v1/editor/lists/${e.id}`);
			await loadEntries();
			$('entries').focus();
		})));
	el.dataset.entry = e.id;
	return el;
}

async function loadEntries() {
	entries = (await ask('GET', '/api/v1/editor/lists')).data;
	drawEntries();
}

function drawEntries() {
	$('entries').replaceChildren(...entries.map(entryItem));
	$('entries-none').hidden = entries.length > 0;
}

const choice = (id, options) => make('select', { id }, ...Object.entries(options).map(([value, text]) => make('option', { value }, text)));
const labelled = (word, control, kind = '') => make('label', { className: kind }, make('span', {}, word), control);

/* Drawn again in another language, with what was entered. */
function drawForm() {
	const w = words(), was = Object.fromEntries([...$('entry-form').elements].filter(el => el.id).map(el => [el.id, el.value]));
	const factor = labelled(w.entryFactor, make('input', { id: 'entry-factor', type: 'number', min: 0, max: 10, step: 0.1, value: 2 }));
	const action = choice('entry-action', w.actions);
	$('entry-form').replaceChildren(labelled(w.entryAction, action), labelled(w.entryTarget, choice('entry-target', w.targets)),
		labelled(w.entryValue, make('input', { id: 'entry-value', type: 'text', maxLength: 255, required: true }), 'wide'), factor,
		labelled(w.entryUntil, choice('entry-until', w.spans)), labelled(w.entryNote, make('input', { id: 'entry-note', type: 'text', maxLength: 500 }), 'wide'),
		make('button', { type: 'submit', className: 'button go' }, w.addEntry));
	Object.entries(was).forEach(([id, value]) => { $(id).value = value; });
	const show = () => { factor.hidden = action.value !== 'boost'; };
	action.addEventListener('change', show);
	show();
}

async function addEntry() {
	const action = $('entry-action').value;
	await ask('POST', '/api/v1/editor/lists', { action, target: $('entry-target').value, value: $('entry-value').value.trim(),
		factor: action === 'boost' ? $('entry-factor').valueAsNumber : undefined, until: inDays(Number($('entry-until').value)),
		note: $('entry-note').value.trim() || undefined });
	$('entry-value').value = $('entry-note').value = '';
	await loadEntries();
}

/* --- Single videos --- */

const change = (v, body) => attempt('finder-fault', words().videoChanged(v.title), async () => {
	const { data } = await ask('PATCH', `/api/v1/videos/${encodeURIComponent(v.videoId)}`, body);
	const at = [...$('found').querySelectorAll('button')].indexOf(document.activeElement);
	found = found.map(x => x.videoId === v.videoId ? data : x);
	drawFound();
	$('found').querySelectorAll('button')[at]?.focus();
});

function foundItem(v) {
	const pinned = v.pinnedUntil && Date.parse(v.pinnedUntil) > Date.now(), w = words();
	const more = [v.channelTitle, v.videoId, v.hiddenAt ? w.hiddenNow : '', pinned ? `${w.pinnedNow} ${w.untilDay(date(v.pinnedUntil))}` : ''].filter(Boolean);
	const el = make('li', {}, make('span', { className: 'entry-what' }, make('b', {}, v.title), make('small', {}, more.join(' · '))),
		button(pinned ? w.unpinVideo : w.pinVideo, v.title, () => change(v, { pinnedUntil: pinned ? null : inDays(PIN_DAYS) })),
		button(v.hiddenAt ? w.showVideo : w.hideVideo, v.title, () => change(v, { hidden: !v.hiddenAt })));
	el.dataset.video = v.videoId;
	return el;
}

function drawFound() {
	$('found').replaceChildren(...(found ?? []).map(foundItem));
	$('found-none').hidden = found === null || found.length > 0;
}

async function find() {
	const q = $('finder-text').value.trim();
	found = (await ask('GET', `/api/v1/videos?limit=${FOUND}&sort=popular&q=${encodeURIComponent(q)}`)).data;
	drawFound();
}

export const loadDesk = () => attempt('entry-fault', '', loadEntries);

export function drawDesk() {
	drawForm();
	drawEntries();
	drawFound();
}

export function initDesk() {
	$('entry-form').addEventListener('submit', e => {
		e.preventDefault();
		attempt('entry-fault', words().entrySaved, addEntry);
	});
	$('finder').addEventListener('submit', e => {
		e.preventDefault();
		attempt('finder-fault', '', find);
	});
}
