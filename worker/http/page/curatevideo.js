// curatevideo.js -- the dialog of one video, with those similar to it. Opening it is a view.
import { record } from './curateacts.js';
import { cover, factsOf } from './curatecard.js';
import { $, make, showFault } from './dom.js';
import { words } from './i18n.js';
import { ask, me } from './session.js';

const SIMILAR = 5;

function similarItem(item) {
	const b = make('button', { type: 'button', className: 'similar' }, cover(item.video), make('span', {}, make('b', {}, item.video.title), make('small', {}, factsOf(item.video))));
	b.addEventListener('click', () => openVideo(item));
	return make('li', {}, b);
}

async function drawSimilar(id, place) {
	const { data } = await ask('GET', `/api/v1/recommendations/videos/${encodeURIComponent(id)}/similar?limit=${SIMILAR}`);
	place.replaceChildren(...data.length ? data.map(similarItem) : [make('li', { className: 'note' }, words().noSimilar)]);
}

/* Out of the page, to where the video plays; null where that is not known. The opened dialog has recorded the view. */
const watchLink = v => v.source === 'youtube'
	? make('a', { className: 'button go', target: '_blank', rel: 'noopener noreferrer', href: `https://www.youtube.com/watch?v=${encodeURIComponent(v.videoId)}` }, words().watch) : null;

/* Rejects nothing: what fails stands in the dialog. */
export async function openVideo(item) {
	const v = item.video, similar = make('ul', { className: 'similars' }), fault = make('div', { className: 'fault', hidden: true });
	const close = make('button', { type: 'button', className: 'button' }, words().close);
	const title = make('h2', { id: 'video-title', tabIndex: -1 }, v.title);
	fault.setAttribute('role', 'alert');
	close.addEventListener('click', () => $('video').close());
	$('video').replaceChildren(cover(v), title, make('small', {}, `${factsOf(v)} · ${words().likesOf(v.likeCount)}`),
		make('p', {}, v.description), make('ul', { className: 'words' }, ...v.keywords.map(k => make('li', {}, k))),
		make('h3', {}, words().similarTitle), similar, fault, make('p', { className: 'actions' }, watchLink(v), close));
	if (!$('video').open)
		$('video').showModal();
	title.focus();
	try {
		await Promise.all([drawSimilar(v.videoId, similar), me() ? record(item, 'view') : null]);
	} catch (problem) {
		showFault(fault, problem);
	}
}
