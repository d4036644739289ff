// player.js -- plays an address in an element: what the browser plays by itself, and HLS by hls.js where the server has it.
//
//	const player = new Player(place, url, note => …);  player.close();
// A note is null (all is well) or {word, retry, origin}: the name of its words (livewords.js), whether the player tries again by itself,
// and the origin that the page's policy forbids. hls.js comes from /vendor/, which a server built without npm does not have; then the
// browser's own HLS is used, if it has any.
import { make } from './dom.js';

const HLS_SCRIPT = '/vendor/hls.min.js';
const HLS_TYPE = 'application/vnd.apple.mpegurl';
const RETRY_FIRST_MS = 3000;
const RETRY_LAST_MS = 30000;
const MEDIA_DIRECTIVES = /^(media|connect)-src/;
let library = null;

export function isHls(address) {
	const url = URL.parse?.(address, location.href);
	return Boolean(url) && (/\.m3u8$/i.test(url.pathname) || /\bm3u8\b/i.test(url.search));
}

/* The constructor of hls.js, loaded once; null where the server has none. */
function loadHls() {
	library ??= new Promise(resolve => {
		const script = make('script', { src: HLS_SCRIPT });
		script.onload = () => resolve(window.Hls ?? null);
		script.onerror = () => resolve(null);
		document.head.append(script);
	});
	return library;
}

export class Player {
	native = false;		/* HLS without hls.js */
	video = make('video', { className: 'player', controls: true, playsInline: true, muted: true, autoplay: true });
	#url;
	#tell;
	#hls = null;
	#tries = 0;
	#timer = 0;
	#closed = false;
	#forbidden = false;
	#mended = false;
	#onPolicy = e => this.#refused(e);

	constructor(place, url, tell) {
		this.#url = url;
		this.#tell = tell;
		for (const event of ['loadeddata', 'playing'])
			this.video.addEventListener(event, () => this.#well());
		this.video.addEventListener('error', () => this.#onError());
		document.addEventListener('securitypolicyviolation', this.#onPolicy);
		place.prepend(this.video);
		this.#begin();
	}

	close() {
		this.#closed = true;
		document.removeEventListener('securitypolicyviolation', this.#onPolicy);
		this.#rest();
		this.video.remove();
	}

	/* Nothing is loaded any more. */
	#rest() {
		clearTimeout(this.#timer);
		this.#hls?.destroy();
		this.#hls = null;
		this.video.removeAttribute('src');
		this.video.load();
	}

	#well() {
		this.#tries = 0;
		this.#mended = false;
		this.#tell(null);
	}

	#fail(word) {
		if (!this.#closed && !this.#forbidden)
			this.#tell({ word, retry: false });
	}

	/* Not there, or not yet: the seller's encoder may start after the stream. */
	#wait() {
		if (this.#closed || this.#forbidden)
			return;
		this.#tell({ word: 'videoWaiting', retry: true });
		this.#rest();
		this.#timer = setTimeout(() => this.#begin(), Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 1.5 ** this.#tries++));
	}

	#refused(e) {
		if (!MEDIA_DIRECTIVES.test(e.effectiveDirective) || !/^https?:/.test(e.blockedURI))
			return;
		this.#forbidden = true;
		clearTimeout(this.#timer);
		this.#tell({ word: 'videoForbidden', retry: false, origin: new URL(e.blockedURI).origin });
	}

	#onError() {
		if (this.video.hasAttribute('src') && !this.#hls)
			this.video.error?.code === MediaError.MEDIA_ERR_DECODE ? this.#fail('videoBroken') : this.#wait();
	}

	async #begin() {
		if (!isHls(this.#url)) {
			this.video.src = this.#url;
			return;
		}
		const Hls = await loadHls();
		if (this.#closed)
			return;
		if (Hls?.isSupported())
			this.#beginHls(Hls);
		else if (this.native = this.video.canPlayType(HLS_TYPE) !== '')
			this.video.src = this.#url;
		else
			this.#fail(Hls ? 'videoUnsupported' : 'videoNoLibrary');
	}

	/* Without its worker, which would have to come from a blob: address. */
	#beginHls(Hls) {
		const hls = this.#hls = new Hls({ enableWorker: false });
		hls.on(Hls.Events.ERROR, (_, { fatal, type }) => fatal && hls === this.#hls && this.#onHlsError(type === Hls.ErrorTypes.MEDIA_ERROR));
		hls.loadSource(this.#url);
		hls.attachMedia(this.video);
	}

	#onHlsError(media) {
		if (!media)
			return this.#wait();
		if (this.#mended)
			return this.#fail('videoBroken');
		this.#mended = true;
		this.#hls.recoverMediaError();
	}
}
