// admin.js -- the operators' page: who may see it, and the one section that is shown, named by the address's hash: #logs, #traces/{id}.
//
// Nothing is asked while the tab is hidden or for a section that is not shown. Sections: adminsections.js.
import './adminwords.js';
import './adminsectionwords.js';
import { clock, inPlainWords } from './adminkit.js';
import { initLive, liveState, renewLive, startLive, stopLive } from './adminlive.js';
import { drawNav, initNav } from './adminnav.js';
import { sections } from './adminsections.js';
import { $, showFault } from './dom.js';
import { onLanguage, translate, words } from './i18n.js';
import { askToLogIn, resume } from './login.js';
import { Poll } from './poll.js';
import { me, onSession } from './session.js';
import { initShell, showConnection } from './shell.js';

const RETRY_MS = 5000;		/* a section that asks only once does so until it is answered */

let shown = null, arg = '', poll = null, known = false;

const isAdmin = () => me()?.role === 'admin';

/* The section and its argument of the address; null for a hash that names none, such as the skip link's. */
function named() {
	const [id, ...rest] = location.hash.slice(1).split('/');
	const section = id === '' ? sections[0] : sections.find(s => s.id === id);
	try {
		return section ? [section, decodeURIComponent(rest.join('/'))] : null;
	} catch {
		return [section, ''];
	}
}

/* --- Loading and drawing --- */

function drawHead() {
	const [name, lead] = words().sections[shown.id];
	$('section-title').textContent = name;
	$('section-lead').textContent = lead;
	document.title = words().titleOf(name);
	drawNav(shown.id);
}

const stillHere = (section, at) => shown === section && arg === at;

async function load() {
	const section = shown, at = arg;
	$('section').setAttribute('aria-busy', 'true');
	try {
		const data = await section.load(at);
		if (!stillHere(section, at))
			return;
		if ($('section-fault').dataset.of === 'load')
			showFault($('section-fault'), null);
		section.draw($('section-body'), data, at);
		$('section-at').textContent = words().asOf(clock(new Date()));
	} catch (problem) {
		if (!problem.code)
			console.error(problem);		/* a fault of the page itself */
		if (stillHere(section, at)) {
			showFault($('section-fault'), inPlainWords(problem));
			$('section-fault').dataset.of = 'load';
		}
		throw problem;
	} finally {
		if (stillHere(section, at))
			$('section').removeAttribute('aria-busy');
	}
}

/* Again at once, after something was done. */
export const reload = () => load().catch(() => {});

function leave() {
	poll?.stop();
	poll = null;
	shown?.leave?.();
	shown = null;
}

function enter(section, at) {
	leave();
	[shown, arg] = [section, at];
	drawHead();
	showFault($('section-fault'), null);
	$('said').textContent = '';
	$('section-fault').dataset.of = '';
	$('section-at').textContent = '';
	$('section').dataset.section = section.id;
	$('section-tools').replaceChildren();
	$('section-body').replaceChildren();
	section.tools?.($('section-tools'), at, reload);
	section.enter?.($('section-body'), at, reload);
	const once = !section.every, own = new Poll(() => load().then(() => once && own.stop()), section.every || RETRY_MS);
	poll = own;
	load().then(() => !once, () => true).then(again => again && stillHere(section, at) && own.start());
}

function route(focus) {
	const to = named();
	if (!isAdmin() || !to)
		return;
	enter(...to);
	if (focus) {
		$('section-title').focus({ preventScroll: true });
		scrollTo(0, 0);
	}
}

/* --- Who --- */

function drawGate() {
	$('gate').hidden = !known || isAdmin();
	$('desk').hidden = !isAdmin();
	$('gate-login').hidden = Boolean(me());
	$('gate-text').textContent = me() ? words().notAdmin(me().email) : words().adminsOnly;
	showConnection(isAdmin() ? liveState() : null);
}

let admitted = null;

function onUser(user, token) {
	drawGate();
	if (!isAdmin()) {
		admitted = null;
		leave();
		$('section-tools').replaceChildren();
		$('section-body').replaceChildren();
		document.title = words().title;
		return stopLive();
	}
	if (admitted === user.id)
		return renewLive(token);
	admitted = user.id;
	startLive();
	route(false);
}

async function begin() {
	initShell();
	initNav();
	initLive(drawGate);
	$('gate-login').addEventListener('click', () => askToLogIn());
	$('section-again').addEventListener('click', reload);
	addEventListener('hashchange', () => route(true));
	onLanguage(() => { drawGate(); route(false); });
	onSession(onUser);
	translate();
	await resume();
	known = true;
	drawGate();
}

begin();
