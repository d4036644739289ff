// stage.js -- what stands in #video: the player of a live stream that has something to play, else a poster that says why not.
//
// Who brings a player of his own puts it into #video in place of what is there, or prevents the default of `dure:stream`: the stage then
// keeps out of the way.
import { make } from './dom.js';
import { words } from './i18n.js';
import { moment, poster, timeLeft } from './poster.js';
import { Player } from './player.js';

export class Stage {
	#scene = make('div', { className: 'scene' });
	#caption;
	#player = null;
	#played = '';			/* its address */
	#note = null;			/* of the player */
	#stream = null;

	/* `caption` says below what only the technician wants to know. */
	constructor(place, caption) {
		this.#caption = caption;
		place.replaceChildren(this.#scene);
	}

	/* As the stream is now; null: somebody else shows it. */
	show(stream) {
		const url = stream?.status === 'live' && this.#scene.isConnected ? stream.playbackUrl ?? '' : '';
		this.#stream = stream;
		if (url !== this.#played)
			this.#change(url);
		this.draw();
	}

	#change(url) {
		this.#player?.close();
		this.#player = null;
		this.#played = url;
		this.#note = null;
		this.#scene.replaceChildren();
		if (!url)
			return;
		this.#player = new Player(this.#scene, url, note => { this.#note = note; this.draw(); });
		this.#player.video.addEventListener('volumechange', () => this.draw());
		this.#player.video.addEventListener('playing', () => this.draw());
	}

	draw() {
		const stream = this.#stream;
		this.#caption.textContent = this.#player?.native && !this.#note ? words().videoNative : '';
		if (!stream)
			return this.#scene.replaceChildren();
		if (!this.#player)
			return this.#scene.replaceChildren(this.#poster(...this.#lines(stream)));
		this.#player.video.setAttribute('aria-label', stream.title);
		for (const el of [...this.#scene.children])
			if (el !== this.#player.video)
				el.remove();
		this.#scene.append(...this.#above());
	}

	/* Over the video: the reason why there is nothing to see, or the way to hear it. */
	#above() {
		const { video } = this.#player;
		if (this.#note)
			return [this.#poster(words()[this.#note.word], this.#note.origin ? words().videoAllow(this.#note.origin) :
				this.#note.retry ? words().videoRetry : words().videoElse)];
		if (!video.muted || video.paused)
			return [];
		const button = make('button', { type: 'button', className: 'sound', textContent: words().soundOn });
		button.addEventListener('click', () => { video.muted = false; video.focus(); });
		return [button];
	}

	#poster(line, small, ...more) {
		return poster(this.#stream, make('p', { className: 'line', textContent: line }), small ? make('p', { className: 'small', textContent: small }) : null, ...more);
	}

	#lines({ status, scheduledAt }) {
		if (status === 'ended')
			return [words().endedLine, words().endedText, make('a', { href: '/live.html', className: 'button', textContent: words().otherStreams })];
		if (status === 'live')
			return [words().noVideoLine, words().noVideoText];
		if (!scheduledAt)
			return [words().soonLine, words().soonText];
		return timeLeft(scheduledAt) ? [moment(scheduledAt), words().startsIn(timeLeft(scheduledAt))] : [words().soonLine, words().soonText];
	}
}
