// socket.js -- the Socket.IO client of this page, as small as it can be.
//
// Speaks Engine.IO v4 and Socket.IO v5 over WebSocket: namespace "/", text packets, events, acks, heartbeat.
// Reconnects with a doubling, jittered pause and then repeats every subscription that is held.
// Fails:  emit() and hold() reject when offline, when no ack comes in time, or with the server's own {code,message}.
// See:    the address is always the origin of the page, so that the content security policy needs no exception.
import { socketPath } from './socketpath.js';

const ACK_TIMEOUT_MS = 5000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 10000;

export class Socket {
	state = 'connecting';		/* connecting | online | offline */
	#ws = null;
	#handlers = new Map();
	#acks = new Map();
	#held = new Map();		/* "event arg" -> {event, arg}: repeated on each connection */
	#ackId = 0;
	#tries = 0;
	#silenceMs = 0;
	#silence = 0;
	#retry = 0;

	constructor(path = socketPath) {
		const url = new URL(path, location.href);
		url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
		url.search = 'EIO=4&transport=websocket';
		this.url = url.href;
		addEventListener('online', () => this.#ws || this.#open());
		this.#open();
	}

	/* Call fn(...args) on each such event; "state" is the connection's own. */
	on(event, fn) {
		this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), fn]);
	}

	/* Send an event; resolves to what the server acknowledges. */
	emit(event, ...args) {
		if (this.state !== 'online')
			return Promise.reject({ code: 'OFFLINE', message: 'offline' });
		return new Promise((resolve, reject) => {
			const id = this.#ackId++;
			const timer = setTimeout(() => {
				this.#acks.delete(id);
				reject({ code: 'ACK_TIMEOUT', message: `${event}: no answer` });
			}, ACK_TIMEOUT_MS);
			this.#acks.set(id, { resolve, reject, timer });
			this.#ws.send(`42${id}${JSON.stringify([event, ...args])}`);
		});
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

	#open() {
		clearTimeout(this.#retry);
		const ws = this.#ws = new WebSocket(this.url);
		ws.onmessage = e => ws === this.#ws && typeof e.data === 'string' && this.#onPacket(e.data);
		ws.onclose = () => ws === this.#ws && this.#onClose();
		this.#listen(20000);
	}

	/* The server pings; longer silence than it promised means that the line is dead. */
	#listen(ms) {
		clearTimeout(this.#silence);
		this.#silence = setTimeout(() => {
			this.#ws?.close();
			this.#onClose();
		}, this.#silenceMs = ms);
	}

	#onPacket(data) {
		this.#listen(this.#silenceMs);
		switch (data[0]) {
		case '0': {				/* open */
			const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
			this.#listen(pingInterval + pingTimeout);
			return this.#ws.send('40');
		}
		case '1': return this.#ws.close();
		case '2': return this.#ws.send('3');
		case '4': return this.#onMessage(data[1], data.slice(2));
		}
	}

	#onMessage(type, rest) {
		switch (type) {
		case '0':				/* connected */
			this.#tries = 0;
			this.#become('online');
			for (const { event, arg } of this.#held.values())
				this.emit(event, arg).catch(() => {});
			return;
		case '1':				/* sent away */
		case '4':				/* refused */
			return this.#ws.close();
		case '2':
		case '3': {
			const [, id, json] = /^(\d*)(.*)$/s.exec(rest);
			const args = JSON.parse(json);
			return type === '2' ? this.#fire(...args) : this.#onAck(Number(id), args[0]);
		}
		}
	}

	#onAck(id, answer) {
		const ack = this.#acks.get(id);
		this.#acks.delete(id);
		clearTimeout(ack?.timer);
		ack?.resolve(answer);
	}

	#onClose() {
		this.#ws = null;
		clearTimeout(this.#silence);
		clearTimeout(this.#retry);
		for (const { reject, timer } of this.#acks.values()) {
			clearTimeout(timer);
			reject({ code: 'OFFLINE', message: 'connection lost' });
		}
		this.#acks.clear();
		const pause = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#tries++);
		this.#retry = setTimeout(() => this.#open(), pause * (0.5 + Math.random()));
		this.#become('offline');
	}
}
