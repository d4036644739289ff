// poster.js -- the picture that stands for a stream where no video does: in the list, and on the stage before, after and without one.
import { make } from './dom.js';
import { language, words } from './i18n.js';

const ARTS = 4;		// live.css has as many
const STATUS_WORDS = { live: 'statusLive', scheduled: 'statusScheduled', ended: 'statusEnded' };
const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60]];

export const statusWord = status => words()[STATUS_WORDS[status]];

export function statusBadge(status) {
	const badge = make('em', { className: 'status', textContent: statusWord(status) });
	badge.dataset.status = status;
	return badge;
}

export function moment(time) {
	return new Date(time).toLocaleString(language(), { month: 'long', day: 'numeric', weekday: 'short', hour: 'numeric', minute: '2-digit' });
}

/* How far away a time to come is, "in 3 hours"; '' when it is less than a minute, or over. */
export function timeLeft(time) {
	const s = (Date.parse(time) - Date.now()) / 1000, [unit, seconds] = UNITS.find(([, n]) => s >= n) ?? [];
	return unit ? new Intl.RelativeTimeFormat(language()).format(Math.round(s / seconds), unit) : '';
}

/* The same stream has always the same one. */
function artOf(key) {
	let sum = 0;
	for (const c of key)
		sum = (sum * 31 + c.charCodeAt(0)) % 9973;
	return sum % ARTS;
}

export function poster(stream, ...children) {
	const el = make('div', { className: 'poster' }, make('img', { className: 'mark', src: '/favicon.svg', alt: '' }), ...children);
	el.dataset.art = artOf(stream.streamKey);
	return el;
}
