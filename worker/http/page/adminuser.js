// adminuser.js -- the dialog that changes one account: its role, its tier, whether it is locked.
//
// Nobody changes the role or the lock of his own account, by which he might shut himself out.
// See:    PATCH /api/v1/users/{id}
import { attempt } from './adminkit.js';
import { make, showFault } from './dom.js';
import { words } from './i18n.js';
import { ask } from './session.js';

const ROLES = ['user', 'seller', 'admin'], TIERS = ['free', 'premium', 'pro', 'admin'];

function choice(id, label, values, names, value, disabled) {
	const pick = make('select', { id, disabled }, ...values.map(v => make('option', { value: v, selected: v === value }, names(v))));
	return make('p', { className: 'entry' }, make('label', { htmlFor: id }, label), pick);
}

function fields(user, own) {
	const locked = make('input', { type: 'checkbox', id: 'user-locked', checked: user.isActive === false, disabled: own });
	return [choice('user-role-pick', words().col.role, ROLES, words().roleName, user.role, own),
		choice('user-tier-pick', words().col.tier, TIERS, t => words().user.tiers[t], user.tier, false),
		make('p', { className: 'check' }, locked, make('label', { htmlFor: 'user-locked' }, words().user.lock)),
		make('p', { className: 'note' }, own ? words().user.own : words().user.lockNote)];
}

/* What is different from before: nothing else is sent. */
function changes(user) {
	const value = id => document.getElementById(id);
	const now = { role: value('user-role-pick').value, tier: value('user-tier-pick').value, locked: value('user-locked').checked };
	return Object.fromEntries(Object.entries(now).filter(([k, v]) => v !== (k === 'locked' ? user.isActive === false : user[k])));
}

/* own: it is the account of whoever does it. again(): after a change. */
export function changeUser(user, own, again) {
	const fault = make('div', { className: 'fault', role: 'alert', hidden: true });
	const close = make('button', { type: 'button', className: 'button' }, words().cancel);
	const title = make('h2', { id: 'user-edit-title' }, user.email ?? user.id);
	const form = make('form', { className: 'credentials' }, title, ...fields(user, own), fault,
		make('p', { className: 'actions' }, close, make('button', { type: 'submit', className: 'button go' }, words().save)));
	const dialog = make('dialog', { id: 'user-edit', className: 'sheet' }, form);
	dialog.setAttribute('aria-labelledby', 'user-edit-title');
	close.addEventListener('click', () => dialog.close());
	dialog.addEventListener('close', () => dialog.remove());
	form.addEventListener('submit', async e => {
		e.preventDefault();
		try {
			const body = changes(user);
			if (Object.keys(body).length)
				await ask('PATCH', `/api/v1/users/${encodeURIComponent(user.id)}`, body);
			dialog.close();
			await attempt(again, words().user.changed(user.email ?? user.id));
		} catch (problem) {
			showFault(fault, problem);
		}
	});
	document.body.append(dialog);
	dialog.showModal();
}
