// curate.js -- the page of videos and tastes: trends for everybody; for who is logged in, picks with their reasons, and sliders.
//
// The parts are modules of their own: curatecard.js, curatetrends.js, curatetaste.js, curatevideo.js, curatedesk.js (editors).
// `recommendations:update` renews the list at once, or offers it while the visitor is busy with the present one.
import './curatewords.js';
import { call } from './api.js';
import { Channels } from './channels.js';
import { forgetDone, hasDone, lessOf, record, undo } from './curateacts.js';
import { card } from './curatecard.js';
import { drawDesk, initDesk, loadDesk } from './curatedesk.js';
import { drawTaste, forgetTaste, initTaste, loadTaste } from './curatetaste.js';
import { drawTrends, initTrends, loadTrends, markTrend } from './curatetrends.js';
import { openVideo } from './curatevideo.js';
import { $, make, showFault } from './dom.js';
import { onLanguage, translate, words } from './i18n.js';
import { askToLogIn, resume } from './login.js';
import { Poll } from './poll.js';
import { accessToken, ask, me, onSession } from './session.js';
import { initShell, showConnection } from './shell.js';

const LIMIT = 20, TRENDS_POLL_MS = 60000;
const line = new Channels(['/'], accessToken);
let items = [], mood = '', keyword = '', round = 0, user = null, known = false;

/* --- The list --- */

/* A list without reasons of the server has one of ours. */
async function fetchItems() {
	if (me() && !keyword)
		return (await ask('GET', `/api/v1/recommendations?limit=${LIMIT}${mood ? `&emotion=${mood}` : ''}`)).data;
	const { data } = await call('GET', `/api/v1/videos?limit=${LIMIT}&sort=${keyword ? `quality&keyword=${encodeURIComponent(keyword)}` : 'popular'}`);
	return data.map(video => ({ video, reasonType: keyword ? 'keyword' : 'popular', reason: keyword ? words().ofKeyword(keyword) : words().popularReason }));
}

/* The latest request wins. */
async function load() {
	const mine = ++round;
	$('picks-new').hidden = true;
	$('picks').setAttribute('aria-busy', 'true');
	try {
		const got = await fetchItems();
		if (mine !== round)
			return;
		items = got;
		showFault($('picks-fault'), null);
	} catch (problem) {
		if (mine === round)
			showFault($('picks-fault'), problem);
	}
	if (mine !== round)
		return;
	$('picks').removeAttribute('aria-busy');
	drawPicks();
}

/* The focus stays on the control that has it. */
function drawPicks() {
	const at = document.activeElement?.closest?.('.pick')?.dataset.video, act = document.activeElement?.dataset.act;
	$('picks-title').textContent = keyword ? words().picksOf(keyword) : me() ? words().picksMine : words().picksAll;
	$('picks-back').hidden = !keyword;
	$('picks').replaceChildren(...items.map(i => card(i, acts, Boolean(me()))));
	$('picks-none').hidden = items.length > 0 || $('picks').hasAttribute('aria-busy');
	if (at)
		([...$('picks').children].find(el => el.dataset.video === at)?.querySelector(act ? `[data-act=${act}]` : '.title') ?? $('picks-title')).focus();
}

const say = text => { $('picks-said').textContent = text; };

/* What fails is said above the list. */
async function attempt(fn) {
	try {
		await fn();
		showFault($('picks-fault'), null);
	} catch (problem) {
		showFault($('picks-fault'), problem);
	}
}

const acts = {
	open: openVideo,
	act: (item, type) => attempt(async () => {
		await (hasDone(item.video.videoId, type) ? undo : record)(item, type);
		if (type === 'hide') {
			const n = items.indexOf(item);
			items = items.filter(i => i !== item);
			drawPicks();
			($('picks').children[Math.min(n, items.length - 1)]?.querySelector('.title') ?? $('picks-title')).focus();
			return say(words().hidden(item.video.title));
		}
		drawPicks();
	}),
	less: word => attempt(async () => {
		await lessOf(word);
		say(words().lessDone(word));
		await Promise.all([load(), loadTaste()]);
	}),
};

/* --- Choosing --- */

function drawMoods() {
	$('moods').replaceChildren(...Object.entries(words().moods).map(([name, word]) => {
		const b = make('button', { type: 'button', className: 'mood' }, word);
		b.dataset.mood = name;
		b.setAttribute('aria-pressed', String(name === mood));
		b.addEventListener('click', () => chooseMood(name));
		return b;
	}));
}

function chooseMood(name) {
	mood = name;
	for (const b of $('moods').children)
		b.setAttribute('aria-pressed', String(b.dataset.mood === mood));
	chooseKeyword('');
}

function chooseKeyword(word) {
	keyword = word;
	markTrend(word);
	return load();
}

/* --- Live --- */

const isBusy = () => $('video').open || $('picks').matches(':hover') || $('picks').contains(document.activeElement);

function onUpdate() {
	loadTaste().catch(() => {});
	if (keyword)
		return;
	if (isBusy()) {
		$('picks-new').hidden = false;
		return say(words().showNew);
	}
	load().then(() => say(words().renewed));
}

function onUser(now, token) {
	const another = now?.id !== user?.id || !known;
	user = now;
	known = true;
	showConnection(user ? line.state : null);
	for (const id of ['moods', 'taste'])
		$(id).hidden = !user;
	$('invite').hidden = Boolean(user);
	$('desk').hidden = $('to-desk').hidden = user?.role !== 'admin';
	if (!another)
		return user && line.renew(token);
	forgetDone();
	mood = '';
	drawMoods();
	line.release('/', 'join-user-room');
	if (user)
		line.hold('/', 'join-user-room', user.id);
	line[user ? 'start' : 'stop']();
	items = [];
	chooseKeyword('');
	drawPicks();
	forgetTaste();
	loadTaste().catch(() => {});
	if (user?.role === 'admin')
		loadDesk();
}

/* Reasons are in the language of the request. */
function redraw() {
	drawMoods();
	drawTrends();
	drawTaste();
	drawDesk();
	if (known) {
		showConnection(user ? line.state : null);
		load();
	}
}

async function begin() {
	initShell();
	initTrends(chooseKeyword);
	initTaste(() => keyword || load());
	initDesk();
	onLanguage(redraw);
	translate();
	$('picks-back').addEventListener('click', () => chooseKeyword('').then(() => $('picks-title').focus()));
	$('picks-new').addEventListener('click', () => load().then(() => $('picks-title').focus()));
	$('invite-login').addEventListener('click', () => askToLogIn());
	line.on('', 'state', () => showConnection(me() ? line.state : null));
	line.on('/', 'recommendations:update', onUpdate);
	new Poll(loadTrends, TRENDS_POLL_MS).start();
	loadTrends().catch(problem => showFault($('page-fault'), problem));
	onSession(onUser);
	await resume();
	if (!known)
		onUser(null, '');
}

begin();
