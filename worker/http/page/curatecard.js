// curatecard.js -- one video of a list: what it is, why it is there, and what the visitor can do with it.
import { hasDone } from './curateacts.js';
import { icon, make } from './dom.js';
import { language, words } from './i18n.js';

const ARTS = 5;		// curate.css has as many
const UNITS = [['year', 31536000], ['month', 2592000], ['week', 604800], ['day', 86400], ['hour', 3600], ['minute', 60]];
const SIGNS = {
	like: 'M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.5 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10z',
	save: 'M7 4h10v16l-5-4-5 4z',
	hide: 'M4 4l16 16M10 6.3A9 9 0 0 1 21 12a12 12 0 0 1-2.5 3.3M6.5 7.5A12 12 0 0 0 3 12a9.5 9.5 0 0 0 12.5 5.3',
};

export function ago(time) {
	const s = (Date.now() - Date.parse(time)) / 1000, [unit, seconds] = UNITS.find(([, n]) => s >= n) ?? ['minute', 60];
	return new Intl.RelativeTimeFormat(language(), { numeric: 'auto' }).format(-Math.floor(s / seconds), unit);
}

/* A picture of the channel: the same one has always the same colours. */
export function cover(video) {
	const sum = [...video.channelId || video.videoId].reduce((n, c) => (n * 31 + c.codePointAt(0)) % 9973, 7);
	const el = make('span', { className: 'cover', ariaHidden: 'true' }, make('b', {}, video.keywords[0] ?? [...video.title][0]),
		video.durationSeconds ? make('i', {}, words().minutes(video.durationSeconds)) : null);
	el.dataset.art = sum % ARTS;
	return el;
}

export const factsOf = v => [v.channelTitle, words().viewsOf(v.viewCount), ago(v.publishedAt)].filter(Boolean).join(' · ');

/* A button for the type, which stays pressed once it is done; pressed again, it takes that back. */
function actButton(item, type, onAct) {
	const kept = type !== 'hide', was = kept && hasDone(item.video.videoId, type);
	const word = words()[was ? { like: 'liked', save: 'saved' }[type] : type];
	const el = make('button', { type: 'button', className: 'act' }, icon(SIGNS[type]), make('span', {}, word));
	el.dataset.act = type;
	el.setAttribute('aria-label', words().actOf(word, item.video.title));
	if (kept)
		el.setAttribute('aria-pressed', String(was));
	el.addEventListener('click', () => onAct(item, type));
	return el;
}

function whyBox(item, onLess) {
	const summary = make('summary', { ariaLabel: words().whyOf(item.video.title) }, words().why);
	const less = item.video.keywords.map(k => {
		const b = make('button', { type: 'button', className: 'button' }, words().lessOf(k));
		b.addEventListener('click', () => onLess(k));
		return make('li', {}, b);
	});
	return make('details', { className: 'why' }, summary,
		make('p', {}, item.reason, ' ', make('small', {}, item.algorithm)), make('ul', {}, ...less));
}

/* acts: {open(item), act(item, type), less(keyword)}; mine: whether the visitor is logged in. */
export function card(item, acts, mine) {
	const v = item.video, title = make('button', { type: 'button', className: 'title' }, v.title), picture = cover(v);
	const kind = make('em', { className: 'kind' }, words().kinds[item.reasonType] ?? '');
	kind.dataset.kind = item.reasonType;
	const el = make('li', { className: 'pick sheet' }, picture,
		make('div', { className: 'pick-body' }, make('h3', {}, title), make('small', {}, factsOf(v)),
			make('p', { className: 'reason' }, kind, make('span', {}, item.reason))),
		mine ? make('div', { className: 'acts' }, ...['like', 'save', 'hide'].map(t => actButton(item, t, acts.act)), item.algorithm ? whyBox(item, acts.less) : null) : null);
	el.dataset.video = v.videoId;
	title.addEventListener('click', () => acts.open(item));
	picture.addEventListener('click', () => acts.open(item));
	return el;
}
