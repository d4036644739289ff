// reset.js -- passwords by mail: asking for the mail, and what the link in it opens (#reset=…, #verify=…).
//
// The link is taken out of the address at once, so that it stays in no history. Opening the page uses nothing up: programs that
// look at mails open links too.
import './resetwords.js';
import { $, showFault } from './dom.js';
import { onLanguage, translate, words } from './i18n.js';
import { resume } from './login.js';
import { ask } from './session.js';
import { initShell } from './shell.js';

const [, mode, token] = location.hash.match(/^#(reset|verify)=([\w.-]+)$/) ?? [null, 'ask', ''];
let fault = null, done = '';

const steps = {
	ask: { fields: ['address'], send: () => ask('POST', '/api/auth/password/forgot', { email: $('address').value.trim() }) },
	reset: { fields: ['fresh', 'again'], send: () => ask('POST', '/api/auth/password/reset', { token, newPassword: $('fresh').value, confirmPassword: $('again').value }) },
	verify: { fields: [], send: () => ask('POST', '/api/auth/verify', { token }) },
};

function draw() {
	const w = words();
	$('reset-head').textContent = w.resetHead(mode);
	$('reset-lead').textContent = w.resetLead(mode);
	$('reset-go').textContent = w.resetGo(mode);
	for (const name of ['address', 'fresh', 'again']) {
		$(`${name}-field`).hidden = !steps[mode].fields.includes(name);
		$(name).required = steps[mode].fields.includes(name);
	}
	$('reset-form').hidden = Boolean(done);
	$('reset-done').hidden = !done;
	$('reset-text').textContent = done;
	showFault($('reset-fault'), fault);
}

async function submit(e) {
	e.preventDefault();
	fault = null;
	$('reset-go').disabled = true;
	try {
		const answer = await steps[mode].send();
		done = answer.message ?? answer.data.message;
		$('fresh').value = $('again').value = '';
	} catch (problem) {
		fault = problem;
	}
	$('reset-go').disabled = false;
	draw();
	if (done)
		$('reset-done').focus();
}

async function begin() {
	if (token)
		history.replaceState(null, '', location.pathname);
	initShell();
	$('reset-form').addEventListener('submit', submit);
	onLanguage(draw);
	translate();
	draw();
	await resume();
}

begin();
