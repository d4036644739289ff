// streamlist.js -- the list of streams: what is live, what is planned, what has ended.
import { call } from './api.js';
import { $, make } from './dom.js';
import { language, num, words } from './i18n.js';
import { moment, poster, statusBadge, timeLeft } from './poster.js';

const ENDED_SHOWN = 8;
const GROUPS = [['live', 'liveNow', 'noneLive'], ['scheduled', 'planned', 'nonePlanned'], ['ended', 'ended', 'noneEnded']];
let streams = [];

function when(s) {
	if (s.status === 'live')
		return words().sinceTime(new Date(s.startedAt).toLocaleTimeString(language(), { hour: 'numeric', minute: '2-digit' }));
	if (s.status === 'ended')
		return words().endedAt(new Date(s.endedAt).toLocaleDateString(language(), { dateStyle: 'medium' }), s.totalViewers);
	return s.scheduledAt ? moment(s.scheduledAt) : words().soonLine;
}

function tile(s) {
	const chip = s.status === 'live' ? words().viewers(s.viewers) : s.status === 'scheduled' && s.scheduledAt ? timeLeft(s.scheduledAt) : '';
	return make('li', {}, make('a', { className: 'tile', href: `/live.html?stream=${encodeURIComponent(s.streamKey)}` },
		poster(s, make('span', { className: 'chips' }, statusBadge(s.status), chip ? make('span', { className: 'chip', textContent: chip }) : null)),
		make('span', { className: 'about' }, make('b', { textContent: s.title }), make('small', { textContent: when(s) }),
			s.description ? make('small', { className: 'clip', textContent: s.description }) : null)));
}

function group([status, word, none]) {
	const list = streams.filter(s => s.status === status);
	const title = make('h2', { id: `group-${status}` }, words()[word], ' ', make('small', { textContent: num(list.length) }));
	const el = make('section', {}, title, list.length > 0 ?
		make('ul', { className: 'tiles' }, ...list.slice(0, status === 'ended' ? ENDED_SHOWN : list.length).map(tile)) :
		make('p', { className: 'note', textContent: words()[none] }));
	el.setAttribute('aria-labelledby', `group-${status}`);
	el.dataset.status = status;
	return list.length > 0 || status !== 'ended' ? el : null;
}

/* The focus stays on the stream that has it. */
export function drawList() {
	const at = document.activeElement?.closest?.('#streams a')?.getAttribute('href');
	$('streams').replaceChildren(...GROUPS.map(group).filter(Boolean));
	if (at)
		[...document.querySelectorAll('#streams a')].find(a => a.getAttribute('href') === at)?.focus();
}

/* Ask again, and draw what has changed. Live ones come first, ended ones last. */
export async function loadList() {
	const { data } = await call('GET', '/api/v1/streams?limit=100');
	const same = JSON.stringify(data) === JSON.stringify(streams) && $('streams').childElementCount > 0;
	streams = data;
	if (!same)
		drawList();
}
