// poll.js -- asks again and again, but with manners: not while nobody looks at the page, and no sooner than the server said.
//
// In production a client has 100 requests in 15 minutes by default (RATE_LIMIT_MAX): no interval here may use them up.
export class Poll {
	#ask;
	#ms;
	#timer = 0;
	#asking = false;
	#last = 0;

	/* ask(): a promise; whether it fails does not matter, unless it says when to come back (retryAfter, s). */
	constructor(ask, ms) {
		this.#ask = ask;
		this.#ms = ms;
		document.addEventListener('visibilitychange', () => this.#timer && !document.hidden && this.#plan(this.#last + this.#ms - Date.now()));
	}

	start() {
		if (!this.#timer)
			this.#plan(this.#ms);
	}

	stop() {
		clearTimeout(this.#timer);
		this.#timer = 0;
	}

	/* Something has happened: ask soon, but no more often than twice as often as usual. */
	hurry() {
		if (this.#timer && !this.#asking)
			this.#plan(Math.max(0, this.#last + this.#ms / 2 - Date.now()));
	}

	#plan(ms) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#run(), Math.max(0, ms));
	}

	async #run() {
		if (document.hidden || this.#asking)
			return;		/* becoming visible plans the next */
		this.#asking = true;
		this.#last = Date.now();
		const problem = await this.#ask().then(() => null, e => e);
		this.#asking = false;
		if (this.#timer)
			this.#plan(Math.max(this.#ms, (problem?.retryAfter ?? 0) * 1000));
	}
}
