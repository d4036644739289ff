// socket.js -- the Socket.IO client of the page of analyses: namespace "/", text packets, events, acks.
//
// Repeats every subscription that is held on each new connection.
// Fails:  emit() and hold() reject when offline, when no ack comes in time, or with the server's own {code,message}.
import { Engine } from '/engine.js';

const ACK_TIMEOUT_MS = 5000;

export class Socket {
	state = 'connecting';		/* connecting | online | offline */
	#handlers = new Map();
	#held = new Map();		/* "event arg" -> {event, arg}: repeated on each connection */
	#engine = new Engine({
		onOpen: () => this.#engine.send('40'),
		onMessage: (type, rest) => this.#onMessage(type, rest),
		onClosed: () => this.#become('offline'),
	});

	constructor() {
		addEventListener('online', () => this.#engine.open());
		this.#engine.open();
	}

	/* Call fn(...args) on each such event; "state" is the connection's own. */
	on(event, fn) {
		this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), fn]);
	}

	/* Send an event; resolves to what the server acknowledges. */
	emit(event, ...args) {
		if (this.state !== 'online')
			return Promise.reject({ code: 'OFFLINE', message: 'offline' });
		return this.#engine.ask(event, ACK_TIMEOUT_MS, id => `42${id}${JSON.stringify([event, ...args])}`);
	}

	/* Subscribe now and again after every reconnection, until released. */
	async hold(event, arg) {
		this.#held.set(`${event} ${arg}`, { event, arg });
		const answer = await this.emit(event, arg);
		if (answer?.ok === false)
			throw answer.error;
		return answer;
	}

	release(event, arg) {
		if (this.#held.delete(`${event} ${arg}`) && this.state === 'online')
			this.emit(event.replace(/^subscribe-/, 'unsubscribe-'), arg).catch(() => {});
	}

	#fire(event, ...args) {
		for (const fn of this.#handlers.get(event) ?? [])
			fn(...args);
	}

	#become(state) {
		if (this.state !== state)
			this.#fire('state', (this.state = state));
	}

	#onMessage(type, rest) {
		switch (type) {
		case '0':				/* connected */
			this.#engine.accepted();
			this.#become('online');
			for (const { event, arg } of this.#held.values())
				this.emit(event, arg).catch(() => {});
			return;
		case '1':				/* disconnected */
		case '4':				/* refused */
			return this.#engine.drop();
		case '2':
		case '3': {
			const [, id, json] = /^(\d*)(.*)$/s.exec(rest);
			const args = JSON.parse(json);
			return type === '2' ? this.#fire(...args) : this.#engine.answer(Number(id), args[0]);
		}
		}
	}
}
