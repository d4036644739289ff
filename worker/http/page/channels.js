// channels.js -- several Socket.IO namespaces over one WebSocket, in the name of a logged-in user.
//
//	const line = new Channels(['/', '/chat'], () => token);
//	line.on('/chat', 'chat:message', fn);  await line.emit('/chat', 'chat:send-message', {...});
//	line.hold('/chat', 'chat:join-room', {streamKey}, onAck): now, and again on every connection
// Fails:  emit() rejects when offline, when no ack comes in time, or with the server's own {code,message,retryAfter}.
import { Engine } from '/engine.js';

const ACK_TIMEOUT_MS = 8000;

export class Channels {
	state = 'offline';		/* connecting | online | offline */
	#names;
	#token;
	#open = new Set();		/* namespaces that are connected */
	#handlers = new Map();
	#held = new Map();
	#engine = new Engine({
		onConnecting: () => this.#become('connecting'),
		onOpen: () => this.#names.forEach(name => this.#engine.send(`40${this.#prefix(name)}${JSON.stringify({ token: this.#token() })}`)),
		onMessage: (type, rest) => this.#onMessage(type, rest),
		onClosed: () => this.#onClosed(),
	});

	constructor(names, token) {
		this.#names = names;
		this.#token = token;
	}

	start() {
		this.#engine.open();
	}

	stop() {
		this.#engine.close();
	}

	on(name, event, fn) {
		const key = `${name} ${event}`;
		this.#handlers.set(key, [...(this.#handlers.get(key) ?? []), fn]);
	}

	emit(name, event, body) {
		if (!this.#open.has(name))
			return Promise.reject({ code: 'OFFLINE', message: 'offline' });
		return this.#engine.ask(event, ACK_TIMEOUT_MS, id => `42${this.#prefix(name)}${id}${JSON.stringify([event, body])}`).then(answer => {
			if (answer?.ok === false)
				throw { ...answer.error, retryAfter: answer.retryAfter };
			return answer;
		});
	}

	hold(name, event, body, done = () => {}, failed = () => {}) {
		const item = { name, event, body, done, failed };
		this.#held.set(`${name} ${event}`, item);
		this.#repeat(item);
	}

	/* Not again on the next connection. */
	release(name, event) {
		this.#held.delete(`${name} ${event}`);
	}

	/* The token was renewed: tell it to every namespace. */
	renew(token) {
		for (const name of this.#open)
			this.emit(name, 'auth:refresh', { token }).catch(() => {});
	}

	#prefix(name) {
		return name === '/' ? '' : `${name},`;
	}

	#repeat({ name, event, body, done, failed }) {
		if (this.#open.has(name))
			this.emit(name, event, body).then(done, failed);
	}

	#become(state) {
		if (this.state !== state) {
			this.state = state;
			this.#fire('', 'state', state);
		}
	}

	#fire(name, event, ...args) {
		for (const fn of this.#handlers.get(`${name} ${event}`) ?? [])
			fn(...args);
	}

	#onMessage(type, rest) {
		const [, name = '/', id, json] = /^(?:(\/[^,]*),)?(\d*)(.*)$/s.exec(rest);
		switch (type) {
		case '0':
			this.#open.add(name);
			if (this.#open.size === this.#names.length) {
				this.#engine.accepted();
				this.#become('online');
			}
			for (const item of this.#held.values())
				if (item.name === name)
					this.#repeat(item);
			return;
		case '1':
			return this.#engine.drop();
		case '4':
			this.#fire('', 'refused', JSON.parse(json || '{}'));
			return this.#engine.drop();
		case '2': {
			const [event, ...args] = JSON.parse(json);
			return this.#fire(name, event, ...args);
		}
		case '3':
			return this.#engine.answer(Number(id), JSON.parse(json)[0]);
		}
	}

	#onClosed() {
		this.#open.clear();
		this.#become('offline');
	}
}
