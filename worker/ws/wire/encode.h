/* encode.h -- an event as each kind of member is to receive it: WebSocket frames appended to a chunk.
 *
 * A coding is a dialect, whether deflated messages are accepted, and whether events end with the client's position.
 * Each event is encoded once per coding.
 */
#ifndef WIRE_ENCODE_H
#define WIRE_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "worker/domain/core/room.h"

/* How a member wants events encoded: a Socket.IO namespace, or plain JSON. */
enum dialect { DIALECT_ROOT, DIALECT_CHAT, DIALECT_STREAMING, DIALECT_CUSTOM, DIALECT_PLAIN };

/* 2 * dialect, + 1: deflated, + CODING_EXACT: without the position. Builds hand chunks over by these numbers. */
enum { CODING_EXACT = 2 * (DIALECT_PLAIN + 1), CODINGS = 2 * CODING_EXACT };

/* The Socket.IO namespace of a dialect. */
const char *dialect_namespace(enum dialect d);
/* The position of a Socket.IO client: the last argument of each event; the client sends its last one when it
 * reconnects (recover.h). All 0: nothing. */
struct offset {
	int64_t		 seq;
	/* the client has the state of the socket's room of this number, besides all up to seq; 0: no state */
	uint32_t	 index;
	bool		 half;		/* of the event seq only the first name */
};
extern const struct offset no_offset;
/* Read its text, "<seq>", "<seq>:<index>" or "<seq>a": false when it is none. */
bool	 offset_parse(const char *text, struct offset *out);

/* A room's event: Socket.IO members get it under both names (WS_LEGACY_EVENTS), plain ones as {"type":event,
 * ...payload}. */
void	 encode_event(struct buf *out, int coding, const struct room_event *e, const struct offset *o);
/* One Socket.IO event to one socket; `payload` is its only argument; `ack` -1: no acknowledgement is asked for. */
void	 encode_emit(struct buf *out, int coding, int64_t ack, struct str event, struct str payload);

#endif
