/* chunk.h -- bytes to be sent, shared by all who are to get them, and the queue of one receiver.
 *
 * A chunk holds WebSocket frames, encoded once; a queue holds references. While a chunk is open, more may be appended
 * to it, which reaches everybody in whose queue it is: so the events of one turn for one room are one chunk. Whoever
 * takes bytes out of a queue seals first (chunk_seal_open). What a room's chunk knows about itself is for full queues
 * (overflow.h).
 */
#ifndef WIRE_CHUNK_H
#define WIRE_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"

/* What may be done with a chunk that a full queue holds. */
enum chunk_policy {
	CHUNK_KEEP,		/* nothing: the receiver is disconnected */
	CHUNK_NEWEST,		/* it goes when a newer one of its key is queued */
	CHUNK_OLDEST,		/* it goes, and the receiver is told of the gap */
	CHUNK_GAP,		/* such a notice */
};
struct chunk {
	uint32_t	 refs;
	bool		 open;
	bool		 lazy;		/* may wait a little for others (WS_PACE_MS) */
	uint8_t		 policy;	/* enum chunk_policy */
	uint8_t		 coding;	/* of a room's events: who can read it (encode.h) */
	uint32_t	 events;	/* in it, or missed */
	uint64_t	 key;		/* equal for what replaces, or is missed, together */
	int64_t		 from, to;	/* sequence numbers of the first and the last */
	char		*room;		/* on the heap; NULL: no room's events */
	struct buf	 b;
};
/* An empty chunk with one reference, of no room. */
struct chunk	*chunk_new(void);
void		 chunk_put(struct chunk **c);
/* One frame in a chunk of its own; deflated as frame_put_packed says. */
struct chunk	*chunk_frame(int opcode, const void *p, size_t n, size_t pack_from);

/* The open chunks: the last that was cast, one a coding (room.c). */
void		 chunk_open(int slot, struct chunk *c, const void *owner);
/* The open chunk of this slot and owner; NULL when there is none, or something else has come since. */
struct chunk	*chunk_opened(int slot, const void *owner);
void		 chunk_seal_open(void);
enum { CHUNK_SLOTS = 10 };

struct queue {
	struct chunk	**v;
	uint32_t	 head, n, cap;
	/* of the first this many the unsent bytes are in `bytes`; 0: nobody asked yet */
	uint32_t	 counted;
	uint32_t	 sent;		/* bytes of the first that are gone */
	uint64_t	 bytes;
};
/* A zeroed struct is an empty queue; queue_fini drops all references. */
void	 queue_fini(struct queue *q);
/* Append, taking a reference of its own. Seals the open chunk that is last in this queue, so that the order holds. */
void	 queue_push(struct queue *q, struct chunk *c);
/* Unsent bytes, the memory that goes with them included. After chunk_seal_open only. */
uint64_t queue_bytes(struct queue *q);
/* Count anew, after chunks were exchanged or taken out. */
void	 queue_recount(struct queue *q);
/* The first at most `max` pieces to send; how many. Then forget the first `n` bytes. */
int	 queue_iov(const struct queue *q, struct iovec *iov, int max);
void	 queue_drop(struct queue *q, size_t n);
/* Move everything to the end of `to`. What was begun to be sent stays whole only when `to` is empty. */
void	 queue_move(struct queue *from, struct queue *to);

#endif
