// sure.js -- asking before what cannot be taken back.
import { $ } from './dom.js';

/* Resolves to whether the visitor says yes, in the page's dialog #sure. */
export function sure(title, text, yes) {
	const dialog = $('sure');
	$('sure-title').textContent = title;
	$('sure-text').textContent = text;
	$('sure-yes').textContent = yes;
	dialog.returnValue = 'no';
	dialog.showModal();
	return new Promise(done => dialog.addEventListener('close', () => done(dialog.returnValue === 'yes'), { once: true }));
}
