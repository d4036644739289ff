// shell.js -- what all pages have: header with navigation, language, theme and who is logged in; skip link and footer.
//
// A page has <header class="top"></header>, <main id="main"> and <footer></footer>, /theme.js in its head, /style.css and
// /shell.css. It calls initShell() before it touches any of this, translate() once it has wired itself, and resume() when it
// is ready to hear who is logged in (login.js).
import './shellwords.js';
import { $, icon, make } from './dom.js';
import { language, onLanguage, setLanguage, words } from './i18n.js';
import { initDisclosure } from './disclosure.js';
import { initLogin, loginButtons } from './login.js';
import { onSession } from './session.js';

const PAGES = [['/', 'navAnalyse'], ['/live.html', 'navLive'], ['/curate.html', 'navCurate'], ['/seller.html', 'navSeller'], ['/account.html', 'navAccount'], ['/api.html', 'navApi']];
const ADMIN = ['/admin.html', 'navAdmin'];		// for admins alone
const FOOT = [['/api.html', 'footApi'], ['/docs', 'footDocs'], ['/openapi.json', 'OpenAPI'], ['/asyncapi.json', 'AsyncAPI'], ['/api/v1/health/ready', 'footHealth']];
const THEMES = [	/* name, its word, its sign on a grid of 24 */
	['auto', 'themeAuto', 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18'],
	['light', 'themeLight', 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4'],
	['dark', 'themeDark', 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z'],
];
const THEME_KEY = 'dure-theme';		// theme.js reads it

/* --- Theme --- */

const theme = () => document.documentElement.dataset.theme ?? 'auto';

function setTheme(to) {
	if (to === 'auto')
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = to;
	try {
		localStorage.setItem(THEME_KEY, to);
	} catch { /* storage may be forbidden: the choice then lasts for this page */ }
	drawTheme();
}

function drawTheme() {
	const [, word, sign] = THEMES.find(([name]) => name === theme());
	$('theme').replaceChildren(icon(sign), make('span', {}, words()[word]));
	$('theme').title = words()[word];
}

function nextTheme() {
	const at = THEMES.findIndex(([name]) => name === theme());
	setTheme(THEMES[(at + 1) % THEMES.length][0]);
}

/* --- Language --- */

function languageButton(name, sign, label) {
	const button = make('button', { type: 'button', lang: name, textContent: sign, ariaLabel: label });
	button.dataset.language = name;
	button.addEventListener('click', () => setLanguage(name));
	return button;
}

function drawLanguage() {
	for (const button of document.querySelectorAll('[data-language]'))
		button.setAttribute('aria-pressed', String(button.dataset.language === language()));
}

/* --- Markup --- */

/* An element whose text, or label, is the word of that name. */
function worded(el, word, attribute = 'i18n') {
	el.dataset[attribute] = word;
	return el;
}

function pageLink([href, word]) {
	const a = worded(make('a', { href }), word);
	if (href === location.pathname.replace(/^\/index\.html$/, '/').replace(/^\/admin$/, '/admin.html').replace(/^\/docs(\.html)?$/, '/api.html'))
		a.setAttribute('aria-current', 'page');
	return make('li', {}, a);
}

function menu() {
	const switcher = worded(make('div', { className: 'switch', role: 'group' },
		languageButton('ko', '한', '한국어'), languageButton('en', 'EN', 'EN, English')), 'languageLabel', 'i18nLabel');
	const themeButton = make('button', { type: 'button', id: 'theme', className: 'tool' });
	themeButton.addEventListener('click', nextTheme);
	return make('div', { id: 'menu', className: 'menu' },
		worded(make('nav', {}, make('ul', {}, ...PAGES.map(pageLink))), 'navLabel', 'i18nLabel'),
		make('div', { className: 'tools' }, switcher, themeButton));
}

/* The way to the operators' page comes and goes with an admin's session. */
function drawAdminLink(user) {
	const list = $('menu').querySelector('nav ul'), old = list.querySelector(`[href="${ADMIN[0]}"]`)?.parentElement;
	if (user?.role !== 'admin')
		return old?.remove();
	if (!old)
		list.append(pageLink(ADMIN));
	list.querySelector(`[href="${ADMIN[0]}"]`).textContent = words()[ADMIN[1]];
}

function header() {
	const brand = make('a', { className: 'brand', href: '/' }, make('img', { src: '/favicon.svg', alt: '', width: 32, height: 32 }),
		make('span', {}, make('b', { lang: 'ko' }, '두레'), ' ', make('i', { lang: 'en' }, 'Dure')));
	const menuButton = make('button', { type: 'button', id: 'menu-button', className: 'tool' }, icon('M4 6h16M4 12h16M4 18h16'));
	const pill = make('p', { id: 'connection', className: 'pill', role: 'status', hidden: true }, make('i', { ariaHidden: 'true' }), make('span'));
	return [menuButton, brand, menu(), pill, ...loginButtons()];
}

function footer() {
	const links = FOOT.map(([href, word]) => href.endsWith('.json') ? make('a', { href }, word) : worded(make('a', { href }), word));
	return [make('span', {}, make('b', { lang: 'ko' }, '두레'), ' ', make('span', { lang: 'en' }, 'Dure')), ...links];
}

/* How the page's own connection does: connecting, online or offline; null: it has none now. */
export function showConnection(state) {
	$('connection').hidden = state === null;
	if (state === null)
		return;
	$('connection').dataset.state = state;
	$('connection').lastElementChild.textContent = words()[state];
}

function draw() {
	drawLanguage();
	drawTheme();
	$('menu-button').setAttribute('aria-label', words().menuOpen);
}

export function initShell() {
	document.body.prepend(worded(make('a', { className: 'skip', href: '#main' }), 'skip'));
	document.querySelector('body > header').replaceChildren(...header());
	document.querySelector('body > footer').replaceChildren(...footer());
	$('main').tabIndex = -1;	/* the skip link takes the focus along */
	initDisclosure($('menu-button'), $('menu'));
	initLogin();
	onSession(drawAdminLink);
	onLanguage(draw);
}
