// account.js -- the log-in dialog and the button that opens it, on pages that know their user.
import { $, showFault } from './dom.js';
import { onLanguage, words } from './i18n.js';
import { logIn, logOut, mayHaveSession, me, onSession, renew } from './session.js';

function draw() {
	$('account').textContent = me() ? `${me().email} · ${words().logOut}` : words().logIn;
}

export function askToLogIn() {
	showFault($('login-fault'), null);
	$('login').showModal();
	$('email').focus();
}

async function submit(e) {
	e.preventDefault();
	showFault($('login-fault'), null);
	$('login-go').disabled = true;
	try {
		await logIn($('email').value.trim(), $('password').value);
		$('password').value = '';
		$('login').close();
	} catch (problem) {
		showFault($('login-fault'), problem);
	}
	$('login-go').disabled = false;
}

/* Wire it; resolves when it is known whether a session is there already. */
export async function initAccount() {
	onSession(draw);
	onLanguage(draw);
	$('account').addEventListener('click', () => me() ? logOut() : askToLogIn());
	$('login-form').addEventListener('submit', submit);
	$('login-close').addEventListener('click', () => $('login').close());
	draw();
	if (mayHaveSession())
		await renew().catch(() => {});
}
