// sure.js -- asking before what cannot be taken back.
import { $, make } from './dom.js';
import { words } from './i18n.js';

/* The dialog, which the first question makes. */
function makeDialog() {
	const dialog = make('dialog', { id: 'sure', className: 'sheet' },
		make('form', { method: 'dialog', className: 'credentials' },
			make('h2', { id: 'sure-title' }), make('p', { id: 'sure-text' }),
			make('p', { className: 'actions' }, make('button', { value: 'no', id: 'sure-no', className: 'button' }),
				make('button', { value: 'yes', id: 'sure-yes', className: 'button danger' }))));

	dialog.setAttribute('aria-labelledby', 'sure-title');
	document.body.append(dialog);
	return dialog;
}

/* Resolves to whether the visitor says yes. */
export function sure(title, text, yes) {
	const dialog = $('sure') ?? makeDialog();
	$('sure-title').textContent = title;
	$('sure-text').textContent = text;
	$('sure-yes').textContent = yes;
	$('sure-no').textContent = words().sureNo ?? words().cancel;
	dialog.returnValue = 'no';
	dialog.showModal();
	return new Promise(done => dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'), { once: true }));
}
