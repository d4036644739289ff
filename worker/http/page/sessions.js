// sessions.js -- where the user is logged in, and logging out from afar.
//
// See:    GET /api/auth/sessions, DELETE /api/auth/sessions/{id}, POST /api/auth/logout-all
import { $, make, showFault } from './dom.js';
import { dateTime, onLanguage, words } from './i18n.js';
import { ask, logOut, logOutAll } from './session.js';
import { sure } from './sure.js';

const BROWSERS = [['Edge', /Edg\//], ['Firefox', /Firefox\//], ['Chrome', /Chrom(e|ium)\//], ['Safari', /Safari\//], ['curl', /^curl\//]];
const SYSTEMS = [['Android', /Android/], ['iOS', /iPhone|iPad/], ['Windows', /Windows/], ['macOS', /Mac OS X/], ['Linux', /Linux/]];
let sessions = [];

export function initSessions() {
	$('leave-all').addEventListener('click', async () => {
		if (await sure(words().sureLeave, words().sureLeaveText, words().leaveAll))
			await attempt(logOutAll);
	});
	onLanguage(draw);
}

async function attempt(fn) {
	showFault($('sessions-fault'), null);
	try {
		await fn();
	} catch (problem) {
		showFault($('sessions-fault'), problem);
	}
}

export const loadSessions = () => attempt(async () => {
	sessions = (await ask('GET', '/api/auth/sessions')).data;
	draw();
});

function deviceOf(agent) {
	const known = list => list.find(([, re]) => re.test(agent ?? ''))?.[0];
	const browser = known(BROWSERS), system = known(SYSTEMS);
	return browser && system ? words().browserOn(browser, system) : browser ?? (agent?.slice(0, 40) || words().unknownDevice);
}

function item(s) {
	const device = deviceOf(s.userAgent);
	const end = make('button', { type: 'button', className: 'link', textContent: words().endSession, ariaLabel: words().endSessionOf(device) });
	end.addEventListener('click', () => attempt(async () => {
		if (s.current)
			return logOut();
		await ask('DELETE', `/api/auth/sessions/${s.id}`);
		await loadSessions();
	}));
	return make('li', {}, make('span', {}, make('b', {}, device), s.current ? make('em', {}, words().thisOne) : null,
		make('small', {}, s.ip ?? ''), make('small', {}, words().lastUsed(dateTime(s.lastUsedAt)))), end);
}

function draw() {
	$('sessions').replaceChildren(...sessions.map(item));
	$('leave-all').hidden = sessions.length < 2;
}
