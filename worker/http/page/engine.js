// engine.js -- Engine.IO v4 over a WebSocket, below socket.js and channels.js: heartbeat, reconnection, acknowledgements.
//
//	const engine = new Engine({ onConnecting, onOpen, onMessage(type, rest), onClosed });  engine.open();
// Reconnects with a doubling, jittered pause until close().
// See:    the address is always the origin of the page, so that the content security policy needs no exception.
import { socketPath } from './socketpath.js';

const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 10000;

export class Engine {
	#hooks;
	#ws = null;
	#acks = new Map();
	#ackId = 0;
	#tries = 0;
	#retry = 0;
	#silence = 0;
	#silenceMs = 0;
	#stopped = false;

	constructor(hooks) {
		this.#hooks = hooks;
	}

	open() {
		this.#stopped = false;
		if (!this.#ws)
			this.#connect();
	}

	close() {
		this.#stopped = true;
		clearTimeout(this.#retry);
		this.#ws?.close();
	}

	/* Ends this connection; the next one follows. */
	drop() {
		this.#ws?.close();
	}

	send(text) {
		this.#ws.send(text);
	}

	/* The server has accepted: the next pause is a short one again. */
	accepted() {
		this.#tries = 0;
	}

	/* Sends packet(id); resolves to what answer(id) brings. */
	ask(event, ms, packet) {
		return new Promise((resolve, reject) => {
			const id = this.#ackId++;
			const timer = setTimeout(() => {
				this.#acks.delete(id);
				reject({ code: 'ACK_TIMEOUT', message: `${event}: no answer` });
			}, ms);
			this.#acks.set(id, { resolve, reject, timer });
			this.#ws.send(packet(id));
		});
	}

	answer(id, value) {
		const ack = this.#acks.get(id);
		this.#acks.delete(id);
		clearTimeout(ack?.timer);
		ack?.resolve(value);
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
		this.#hooks.onConnecting?.();
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
			return this.#hooks.onOpen();
		}
		case '1': return this.#ws.close();
		case '2': return this.#ws.send('3');
		case '4': return this.#hooks.onMessage(data[1], data.slice(2));
		}
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
		if (!this.#stopped) {
			const pause = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#tries++);
			this.#retry = setTimeout(() => this.#connect(), pause * (0.5 + Math.random()));
		}
		this.#hooks.onClosed();
	}
}
