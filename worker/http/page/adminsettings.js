// adminsettings.js -- the settings that take effect at once on all hosts: each with its default, saved one by one.
//
// See:    GET /api/v1/settings, PATCH /api/v1/settings
import { action, attempt, get, moment, refill } from './adminkit.js';
import { make } from './dom.js';
import { words } from './i18n.js';
import { ask } from './session.js';
import { sure } from './sure.js';

const CHOICES = { maintenance: ['off', 'read-only', 'full'] };
let again = () => {};

const nameOf = key => words().set.names[key]?.[0] ?? key;
const valueText = v => v === null || v === undefined ? words().set.nothing : typeof v === 'boolean' ? words().set.flags[v] : words().set.values[v] ?? String(v);

/* The control for a value of this kind, and how to read it. */
function control(s, id) {
	if (CHOICES[s.key]) {
		const el = make('select', { id }, ...CHOICES[s.key].map(v => make('option', { value: v, selected: v === s.value }, words().set.values[v] ?? v)));
		return [el, () => el.value];
	}
	if (typeof (s.value ?? s.default) === 'boolean') {
		const el = make('input', { id, type: 'checkbox', checked: s.value });
		return [el, () => el.checked];
	}
	if (typeof (s.value ?? s.default) === 'number') {
		const el = make('input', { id, type: 'number', value: s.value, step: 1, required: true });
		return [el, () => Number(el.value)];
	}
	const el = make('input', { id, type: 'text', value: s.value ?? '', maxLength: 500 });
	return [el, () => el.value.trim() === '' ? null : el.value.trim()];
}

/* Shutting users out is asked about. */
const may = (key, value) => key !== 'maintenance' || value === 'off' || value === null ||
	sure(words().set.maintenanceTitle, words().set.maintenanceSure(words().set.values[value]), words().set.maintenanceYes);

async function save(key, value) {
	if (await may(key, value) && await attempt(() => ask('PATCH', '/api/v1/settings', { [key]: value }), words().set.saved(nameOf(key))))
		await again();
}

function setting(s) {
	const id = `set-${s.key}`, [field, read] = control(s, id);
	field.dataset.focus = id;
	const isDefault = s.value === s.default;
	const el = make('form', { className: 'sheet setting' },
		make('div', {}, make('h2', {}, make('label', { htmlFor: id }, nameOf(s.key))), make('p', { className: 'note' }, words().set.names[s.key]?.[1] ?? ''),
			make('p', { className: 'note' }, words().set.default, ' ', valueText(s.default), s.updatedAt ? ' · ' : null, s.updatedAt ? words().set.changedAt : null, s.updatedAt ? moment(s.updatedAt) : null)),
		make('p', { className: 'setting-do' }, field, make('button', { type: 'submit', className: 'button go', ariaLabel: words().set.saveOf(nameOf(s.key)) }, words().save),
			isDefault ? null : action(words().set.reset, words().set.resetOf(nameOf(s.key)), `reset-${s.key}`, () => save(s.key, null))));
	el.dataset.setting = s.key;
	el.addEventListener('submit', e => {
		e.preventDefault();
		save(s.key, read());
	});
	return el;
}

export const settings = {
	id: 'settings', group: 'run', every: 0,
	tools(place, at, reload) {
		again = reload;
	},
	load: () => get('/api/v1/settings'),
	draw: (place, list) => refill(place, make('div', { className: 'settings' }, ...(list.data ?? list).map(setting))),
};
