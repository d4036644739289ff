// notices.js -- what the user was told, newest first: read, marked as read, deleted; new ones as they come.
//
// See:    GET /api/notifications, events notification and notification-read
import { $, make, showFault } from './dom.js';
import { dateTime, language, onLanguage, words } from './i18n.js';
import { ask } from './session.js';

const PAGE = 10;
let notices = [], cursor = null, unread = 0, loaded = false;

export function initNotices(line) {
	$('notices-more').addEventListener('click', () => attempt(() => load(cursor)));
	$('read-all').addEventListener('click', () => attempt(async () => {
		unread = (await ask('POST', '/api/notifications/read-all')).data.unreadCount;
		notices = notices.map(n => ({ ...n, read: true }));
		draw();
	}));
	line.on('/', 'notification-read', () => loadNotices());
	onLanguage(draw);
}

async function attempt(fn) {
	showFault($('notices-fault'), null);
	try {
		await fn();
	} catch (problem) {
		showFault($('notices-fault'), problem);
	}
}

export const loadNotices = () => attempt(() => load(null));

async function load(from) {
	const answer = await ask('GET', `/api/notifications?limit=${PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ''}`);
	notices = from ? [...notices, ...answer.data] : answer.data;
	cursor = answer.nextCursor;
	unread = answer.unreadCount;
	loaded = true;
	draw();
}

/* From the socket; told again it is known by its id. */
export function noticeArrived(n) {
	if (notices.some(x => x.id === n.id))
		return;
	notices = [{ read: false, ...n }, ...notices];
	unread++;
	draw();
}

/* Title and text in the page's language, where the kind is one that the page knows; else as the server wrote them. */
function texts(n) {
	const w = words(), { productId, total, failed, status } = n.data ?? {};
	if (n.type === 'analysis' && productId)
		return status === 'failed' ? w.noticeAnalysisFailed(productId) : w.noticeAnalysis(productId);
	if (n.type === 'batch' && total !== undefined)
		return w.noticeBatch(total, failed ?? 0);
	return [n.title, n.message];
}

function control(text, title, fn) {
	const b = make('button', { type: 'button', className: 'link', textContent: text, ariaLabel: `${text}: ${title}` });
	b.addEventListener('click', () => attempt(fn));
	return b;
}

const readOne = n => async () => {
	unread = (await ask('POST', `/api/notifications/${n.id}/read`)).data.unreadCount;
	notices = notices.map(x => x.id === n.id ? { ...x, read: true } : x);
	draw();
	$('notices-title').focus();
};

const dropOne = n => async () => {
	await ask('DELETE', `/api/notifications/${n.id}`);
	notices = notices.filter(x => x.id !== n.id);
	unread -= n.read ? 0 : 1;
	draw();
	$('notices-title').focus();
};

function item(n) {
	const w = words(), [title, text] = texts(n), product = n.type === 'analysis' && n.data?.productId;
	const said = language() === 'en' && /[가-힣]/.test(text) ? { lang: 'ko' } : {};
	return make('li', { className: n.read ? 'notice' : 'notice new' },
		make('p', {}, n.read ? null : make('em', {}, w.newBadge), make('b', said, title)), make('p', said, text),
		make('p', { className: 'foot' }, make('small', {}, dateTime(n.createdAt)),
			product ? make('a', { className: 'link', href: `/?product=${encodeURIComponent(product)}` }, w.seeAnalysis) : null,
			n.read ? null : control(w.markRead, title, readOne(n)), control(w.drop, title, dropOne(n))));
}

function draw() {
	$('notices').replaceChildren(...notices.map(item));
	$('notices-none').hidden = !loaded || notices.length > 0;
	$('notices-more').hidden = !cursor;
	$('read-all').hidden = unread === 0;
	$('unread').hidden = unread === 0;
	$('unread').textContent = words().unreadCount(unread);
}
