// channels.js -- several Socket.IO namespaces over one WebSocket, in the name of a logged-in user.
//
//	const line = new Channels(['/', '/chat'], () => token);
//	line.on('/chat', 'chat:message', fn);  await line.emit('/chat', 'chat:send-message', {...});
//	line.hold('/chat', 'chat:join-room', {streamKey}, onAck): now, and again on every connection
// Fails:  emit() rejects when offline, when no ack comes in time, or with the server's own {code,message,retryAfter}.
import { socketPath } from './socketpath.js';

const ACK_TIMEOUT_MS = 8000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 10000;

export class Channels {
	state = 'offline';		/* connecting | online | offline */
	#names;
	#token;
	#ws = null;
	#open = new Set();		/* namespaces that are connected */
	#handlers = new Map();
	#acks = new Map();
	#held = new Map();
	#ackId = 0;
	#tries = 0;
	#retry = 0;
	#silence = 0;
	#silenceMs = 20000;
	#stopped = true;

	constructor(names, token) {
		this.#names = names;
		this.#token = token;
	}

	start() {
		this.#stopped = false;
		if (!this.#ws)
			this.#connect();
	}

	stop() {
		this.#stopped = true;
		clearTimeout(this.#retry);
		this.#ws?.close();
	}

	on(name, event, fn) {
		const key = `${name} ${event}`;
		this.#handlers.set(key, [...(this.#handlers.get(key) ?? []), fn]);
	}

	emit(name, event, body) {
		if (!this.#open.has(name))
			return Promise.reject({ code: 'OFFLINE', message: 'offline' });
		return new Promise((resolve, reject) => {
			const id = this.#ackId++;
			const timer = setTimeout(() => {
				this.#acks.delete(id);
				reject({ code: 'ACK_TIMEOUT', message: `${event}: no answer` });
			}, ACK_TIMEOUT_MS);
			this.#acks.set(id, { resolve, reject, timer });
			this.#ws.send(`42${this.#prefix(name)}${id}${JSON.stringify([event, body])}`);
		}).then(answer => {
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

	#connect() {
		clearTimeout(this.#retry);
		const url = new URL(socketPath, location.href);
		url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
		url.search = 'EIO=4&transport=websocket';
		const ws = this.#ws = new WebSocket(url.href);
		ws.onmessage = e => ws === this.#ws && typeof e.data === 'string' && this.#onPacket(e.data);
		ws.onclose = () => ws === this.#ws && this.#onClose();
		this.#listen(20000);
		this.#become('connecting');
	}

	#listen(ms) {
		clearTimeout(this.#silence);
		this.#silenceMs = ms;
		this.#silence = setTimeout(() => {
			this.#ws?.close();
			this.#onClose();
		}, ms);
	}

	#onPacket(data) {
		this.#listen(this.#silenceMs);
		switch (data[0]) {
		case '0': {
			const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
			this.#listen(pingInterval + pingTimeout);
			for (const name of this.#names)
				this.#ws.send(`40${this.#prefix(name)}${JSON.stringify({ token: this.#token() })}`);
			return;
		}
		case '1': return this.#ws.close();
		case '2': return this.#ws.send('3');
		case '4': return this.#onMessage(data[1], data.slice(2));
		}
	}

	#onMessage(type, rest) {
		const [, name = '/', id, json] = /^(?:(\/[^,]*),)?(\d*)(.*)$/s.exec(rest);
		switch (type) {
		case '0':
			this.#open.add(name);
			if (this.#open.size === this.#names.length) {
				this.#tries = 0;
				this.#become('online');
			}
			for (const item of this.#held.values())
				if (item.name === name)
					this.#repeat(item);
			return;
		case '1':
			return this.#ws.close();
		case '4':
			this.#fire('', 'refused', JSON.parse(json || '{}'));
			return this.#ws.close();
		case '2': {
			const [event, ...args] = JSON.parse(json);
			return this.#fire(name, event, ...args);
		}
		case '3': {
			const ack = this.#acks.get(Number(id));
			this.#acks.delete(Number(id));
			clearTimeout(ack?.timer);
			ack?.resolve(JSON.parse(json)[0]);
		}
		}
	}

	#onClose() {
		this.#ws = null;
		this.#open.clear();
		clearTimeout(this.#silence);
		for (const { reject, timer } of this.#acks.values()) {
			clearTimeout(timer);
			reject({ code: 'OFFLINE', message: 'connection lost' });
		}
		this.#acks.clear();
		this.#become('offline');
		if (this.#stopped)
			return;
		const pause = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#tries++);
		this.#retry = setTimeout(() => this.#connect(), pause * (0.5 + Math.random()));
	}
}
