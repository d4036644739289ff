// login.js -- logging in and signing up: the dialog for both, and the header's button that opens it or the user's menu.
//
// The form may be taken out of its dialog into a page of its own (placeForm); then that is where askToLogIn() leads.
import { initDisclosure } from './disclosure.js';
import { $, make, showFault } from './dom.js';
import { onLanguage, words } from './i18n.js';
import { logIn, logOut, mayHaveSession, me, onSession, register, renew } from './session.js';

let signingUp = false, fault = null, closeMenu = () => {};

/* --- The form --- */

function field(id, type, autocomplete, note) {
	const label = make('label', { htmlFor: id });
	label.dataset.i18n = { email: 'email', password: 'password', confirm: 'passwordAgain' }[id];
	const input = make('input', { id, name: id, type, autocomplete, required: true });
	input.setAttribute('aria-describedby', note ? `${note} login-fault` : 'login-fault');
	return make('p', { id: `${id}-field`, className: 'entry' }, label, input, note ? make('small', { id: note }) : null);
}

function button(props, word) {
	const b = make('button', { type: 'button', ...props });
	if (word)
		b.dataset.i18n = word;
	return b;
}

function form() {
	const forgot = make('a', { href: '/reset.html' });
	forgot.dataset.i18n = 'forgot';
	const el = make('form', { id: 'login-form', className: 'credentials' },
		make('h2', { id: 'login-title' }), make('p', { id: 'login-lead', className: 'note', tabIndex: -1 }),
		field('email', 'email', 'username'), field('password', 'password', 'current-password', 'password-rule'),
		field('confirm', 'password', 'new-password'),
		make('div', { id: 'login-fault', className: 'fault', role: 'alert', hidden: true }),
		make('p', { className: 'actions' }, button({ id: 'login-close', className: 'button' }, 'close'),
			button({ id: 'login-go', type: 'submit', className: 'button go' })),
		make('p', { className: 'note other' }, make('span', { id: 'login-other-text' }), ' ', button({ id: 'login-other', className: 'link' })),
		make('p', { id: 'login-forgot', className: 'note other' }, forgot));
	el.addEventListener('submit', submit);
	return el;
}

function setMode(up) {
	signingUp = up;
	fault = null;
	draw();
}

function toldOfMail(message) {
	$('password').value = $('confirm').value = '';
	$('login-go').disabled = false;
	setMode(false);
	$('login-lead').textContent = message;
	$('login-lead').focus();
}

async function submit(e) {
	e.preventDefault();
	const email = $('email').value.trim(), password = $('password').value, inDialog = $('login').open;
	showFault($('login-fault'), fault = null);
	$('login-go').disabled = true;
	try {
		const answer = signingUp ? await register(email, password, $('confirm').value) : null;
		if (answer && !answer.data)		/* the account is made by the link in the mail */
			return toldOfMail(answer.message);
		await logIn(email, password);
		$('password').value = $('confirm').value = '';
		signingUp = false;
		$('login').close();
		$(inDialog ? 'user-button' : 'main').focus();
	} catch (problem) {
		fault = problem;
	}
	$('login-go').disabled = false;
	draw();
}

/* Where the page wants the form; null: back into the dialog. */
export function placeForm(place) {
	const home = place ?? $('login');
	if ($('login-form').parentElement === home)
		return;
	$('login').close();
	home.append($('login-form'));
	$('login-close').hidden = place !== null;
}

/* To log in, or to sign up; what the visitor wanted to do is his to do again. */
export function askToLogIn(up = false) {
	setMode(up === true);
	if ($('login').contains($('login-form')))
		$('login').showModal();
	$('email').focus();
}

/* --- The header --- */

/* One for strangers; one for who is logged in, with the menu that it opens. */
export function loginButtons() {
	const mine = make('a', { href: '/account.html', className: 'item' });
	mine.dataset.i18n = 'myAccount';
	return [button({ id: 'account', className: 'button' }, 'logIn'),
		make('div', { id: 'user', className: 'user', hidden: true },
			button({ id: 'user-button', className: 'button' }),
			make('div', { id: 'user-menu', className: 'sheet' },
				make('p', {}, make('b', { id: 'user-email' }), make('small', { id: 'user-role' })), mine,
				button({ id: 'log-out', className: 'item' }, 'logOut')))];
}

function drawHeader() {
	const user = me();
	$('account').hidden = Boolean(user);
	$('user').hidden = !user;
	if (!user)
		return;
	$('user-button').replaceChildren(make('i', { ariaHidden: 'true' }, user.email[0].toUpperCase()), make('span', {}, user.email.split('@')[0]),
		make('small', { className: 'unseen' }, words().accountMenu));
	$('user-email').textContent = user.email;
	$('user-role').textContent = words().roleName(user.role);
}

async function leave() {
	closeMenu();
	await logOut();
	$('account').focus();
}

function draw() {
	const w = words();
	drawHeader();
	$('login-title').textContent = $('login-go').textContent = signingUp ? w.signUp : w.logIn;
	$('login-lead').textContent = signingUp ? w.signUpLead : w.logInLead;
	$('login-other-text').textContent = signingUp ? w.haveAccount : w.noAccount;
	$('login-other').textContent = signingUp ? w.logIn : w.signUp;
	$('password-rule').textContent = signingUp ? w.passwordRule : '';
	$('password').autocomplete = signingUp ? 'new-password' : 'current-password';
	$('login-forgot').hidden = signingUp;
	$('confirm-field').hidden = !signingUp;
	$('confirm').required = signingUp;
	showFault($('login-fault'), fault);
}

export function initLogin() {
	const dialog = make('dialog', { id: 'login', className: 'sheet' }, form());
	dialog.setAttribute('aria-labelledby', 'login-title');
	document.body.append(dialog);
	$('login-close').addEventListener('click', () => dialog.close());
	$('login-other').addEventListener('click', () => setMode(!signingUp));
	closeMenu = initDisclosure($('user-button'), $('user-menu'));
	$('account').addEventListener('click', () => askToLogIn());
	$('log-out').addEventListener('click', leave);
	onSession(draw);
	onLanguage(draw);
}

/* Whether a session is there already: resolves when that is known. */
export async function resume() {
	if (mayHaveSession())
		await renew().catch(() => {});
}
