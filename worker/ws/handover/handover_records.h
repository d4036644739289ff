/* handover_records.h -- the records (proc/handover.h) by which a fanout process hands its clients over to its
 * successor.
 *
 *
 * The successor opens with HELLO. The answer is REFUSED, or ROOMS: the rooms whose channels the successor has
 * to subscribe to first; it answers SUBSCRIBED. ROOMS and SUBSCRIBED come once more, when the clients are no
 * longer read and no handler runs. Then everything at once, PROCESS first, END last. Up to here ownership has not
 * changed: if either process is lost, the other goes on. ALL_HERE says that the successor has read and understood
 * everything, YOURS transfers ownership, after which the predecessor exits. A type or a tag is never used again
 * for something else.
 */
#ifndef HANDOVER_HANDOVER_RECORDS_H
#define HANDOVER_HANDOVER_RECORDS_H

#include "base/buf.h"
#include "base/str.h"

enum handover_type {
	HANDOVER_HELLO		= 'H',	/* OLDEST NEWEST BUILD INDEX */
	HANDOVER_REFUSED		= 'X',	/* REASON */
	HANDOVER_ROOMS		= 'R',	/* NAME, once a room */
	HANDOVER_SUBSCRIBED	= 'S',
	HANDOVER_PROCESS		= 'P',	/* NAME SEQ EVERY NEWEST BUILD */
	HANDOVER_ROOM		= 'M',	/* NAME SEQ AT */
	HANDOVER_FRONT		= 'F',	/* SERIAL IN OUT; its descriptor */
	HANDOVER_DESCRIPTOR	= 'D',	/* a descriptor received by the front before it */
	/* of Engine.IO, with its sockets; the descriptors of transport and probe, where they are */
	HANDOVER_SESSION		= 'E',
	HANDOVER_PLAIN		= 'Q',	/* a plain WebSocket; its descriptor */
	HANDOVER_CLOSING		= 'C',	/* a WebSocket in the close handshake; its descriptor */
	HANDOVER_END		= 'Z',
	HANDOVER_ALL_HERE	= 'A',
	HANDOVER_YOURS		= 'Y',
};

/* Times are monotonic milliseconds: both processes are of one host. */
enum handover_tag {
	TAG_OLDEST = 1, TAG_NEWEST, TAG_BUILD, TAG_INDEX, TAG_REASON, TAG_NAME, TAG_SEQ, TAG_EVERY, TAG_AT, TAG_SERIAL,
	    TAG_IN, TAG_OUT,
	TAG_BEHIND,
	/* A session */
	TAG_SID = 20, TAG_PINGED, TAG_BEAT_AT, TAG_TRANSPORT, TAG_PROBE, TAG_POLLING, TAG_ENGLISH, TAG_BEARER,
	    TAG_WINDOW_AT, TAG_EVENTS,
	TAG_HALF, TAG_HALF_BYTES, TAG_JOINING, TAG_ITEM, TAG_SOCKET, TAG_CLIENT, TAG_EXACT, TAG_SINCE,
	/* A WebSocket */
	TAG_PACKS = 40, TAG_HEARD, TAG_SENT, TAG_CHUNK, TAG_PARTS, TAG_OPCODE, TAG_PARTS_PACKED, TAG_UTF8,
	    TAG_CLOSED_BY_PEER,
	/* A chunk of output */
	TAG_BYTES = 50, TAG_POLICY, TAG_CODING, TAG_COUNT, TAG_KEY, TAG_FROM, TAG_TO, TAG_ROOM,
	/* Polling */
	TAG_WAITS = 60, TAG_FRONT, TAG_ID,
	/* A packet that waits */
	TAG_TEXT = 70, TAG_BLOB,
	/* A socket of a namespace */
	TAG_DIALECT = 80, TAG_SOCKET_ID, TAG_PID, TAG_USER, TAG_ROLE, TAG_TIER, TAG_TOKEN_SESSION, TAG_TOKEN_ID,
	    TAG_ISSUED, TAG_EXPIRES,
	TAG_QUESTION, TAG_RENEWAL_AT, TAG_FLOOR, TAG_JOINED, TAG_MEMBER,
	/* Its place in a room: NAME and */
	TAG_MEMBER_INDEX = 100,
};

/* The names of all rooms as one ROOMS record. */
void	 handover_encode_rooms(struct buf *out);
/* Everything else, in pieces: `send` is called with whole records and their descriptors (which stay ours), and returns
 * 0, or -1 to have it end there. 0 or -1. Nothing is changed. */
int	 handover_encode_all(int (*send)(void *arg, const struct buf *records, const int *fds, int n_fds), void *arg);

/* Decode one record, whose descriptors are this function's from then on. What is malformed is left out and
 * counted. */
struct handover_record;
void	 handover_decode(const struct handover_record *r, const int *fds);
/* All records are decoded: resume the clients. How many records were left out. */
int	 handover_decode_end(void);

#endif
