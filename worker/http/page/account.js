// account.js -- the page of one's own: log-in or sign-up for strangers; orders, notifications and sessions for who is logged in.
//
// The parts are modules of their own: orders.js, notices.js, sessions.js. Notifications come live over the socket.
import './accountwords.js';
import { Channels } from './channels.js';
import { $, showFault } from './dom.js';
import { date, onLanguage, translate, words } from './i18n.js';
import { placeForm, resume } from './login.js';
import { initNotices, loadNotices, noticeArrived } from './notices.js';
import { initOrders, loadOrders } from './orders.js';
import { accessToken, ask, me, onSession } from './session.js';
import { initSessions, loadSessions } from './sessions.js';
import { initShell, showConnection } from './shell.js';

const line = new Channels(['/'], accessToken);
let account = null, known = false;	/* known: whether somebody is logged in has been found out */

function draw() {
	const user = me();
	showConnection(user ? line.state : null);
	$('guest').hidden = !known || Boolean(user);
	$('mine').hidden = !user;
	$('who').hidden = !account;
	$('who').textContent = account ? `${account.email} · ${words().since(words().roleName(account.role), date(account.createdAt))}` : '';
	placeForm(known && !user ? $('gate-form') : null);
}

async function load() {
	try {
		account = (await ask('GET', '/api/auth/me')).data.user;
		draw();
	} catch (problem) {
		showFault($('page-fault'), problem);
	}
	await Promise.all([loadOrders(), loadNotices(), loadSessions()]);
}

function onUser(user, token) {
	const same = user && account && user.id === account.id;
	showFault($('page-fault'), null);
	if (!user)
		account = null;
	draw();
	if (!user)
		return line.stop();
	if (same)
		return line.renew(token);
	line.hold('/', 'join-user-room', user.id);
	line.start();
	load();
}

async function begin() {
	initShell();
	initOrders();
	initNotices(line);
	initSessions();
	line.on('', 'state', draw);
	line.on('/', 'notification', n => { noticeArrived(n); loadOrders(); });
	onLanguage(draw);
	onSession(onUser);
	document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && me() && loadOrders());
	translate();
	await resume();
	known = true;
	draw();
}

begin();
