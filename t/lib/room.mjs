// room.mjs -- publish to the sockets of a room as Dure's processes do (worker/domain/core/room.h has the wire form).

import { foreignEvents } from './events.mjs';

export const PROGRESS = 0, CARD = 1, STATE = 2;

let last = 0;

// Microseconds, always growing.
function nextSeq() {
	last = Math.max(last + 1, Date.now() * 1000);
	return last;
}

// The payload is the test's own invention: what its clients receive of this event says nothing about Dure.
function wire(event, payload, { alias = '-', seq = nextSeq(), kind = PROGRESS }) {
	foreignEvents(event);
	return `${seq} ${kind} ${event} ${alias}\n${JSON.stringify(payload)}`;
}

// Send an event to the members of a room of `d`; how many processes listened.
export const publish = (d, room, event, payload, options = {}) =>
	d.redis('PUBLISH', `fanout:${room}`, wire(event, payload, options));

// What late subscribers of the room find.
export const keep = (d, room, event, payload, options = {}) =>
	d.redis('SET', `room:last:${room}`, wire(event, payload, options));

// An analysis-update of a task under both its names.
export const update = (d, id, payload) =>
	publish(d, `analysis:${id}`, 'analysis-update', { requestId: id, ...payload }, { alias: `analysis:${id}` });
