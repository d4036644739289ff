/* chunk.h -- refcounted output, shared by all its receivers, and the queue of one receiver.
 *
 *
 * A chunk holds WebSocket frames, encoded once; a queue holds references. While a chunk is open, more may be
 * appended, which reaches every queue that holds it: the events of one turn for one room are one chunk. Seal
 * before taking bytes out of a queue (chunk_seal_open). The metadata of a room's chunk serve full queues
 * (overflow.h).
 */
#ifndef WIRE_CHUNK_H
#define WIRE_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"

/* What a full queue does with a chunk. */
enum chunk_policy {
	CHUNK_KEEP,		/* never dropped: the receiver is disconnected instead */
	CHUNK_KEEP_NEWEST,		/* dropped when a newer one of its key is queued */
	CHUNK_DROP_OLDEST,		/* dropped, oldest first; the receiver gets a gap event */
	CHUNK_GAP,		/* a gap event */
};
struct chunk {
	uint32_t	 refs;
	bool		 open;
	bool		 lazy;		/* may wait a little for others (WS_PACE_MS) */
	uint8_t		 policy;	/* enum chunk_policy */
	uint8_t		 coding;	/* of a room's events: the members that can read it (encode.h) */
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

/* The open chunks: those of the last broadcast, one per coding (ws_room.c). */
void		 chunk_open(int slot, struct chunk *c, const void *owner);
/* The open chunk of this slot and owner; NULL when there is none, or it has been sealed. */
struct chunk	*chunk_opened(int slot, const void *owner);
void		 chunk_seal_open(void);
enum { CHUNK_SLOTS = 20 };	/* CODINGS */

struct queue {
	struct chunk	**v;
	uint32_t	 head, n, cap;
	/* `bytes` counts the unsent bytes of so many chunks; 0: not counted yet */
	uint32_t	 counted;
	uint32_t	 sent;		/* bytes of the first chunk that were sent */
	uint64_t	 bytes;
};
/* A zeroed struct is an empty queue; queue_fini drops all references. */
void	 queue_fini(struct queue *q);
/* Append, taking a reference of its own. Seals the open chunk that is last in this queue, so that the order holds. */
void	 queue_push(struct queue *q, struct chunk *c);
/* Unsent bytes, the memory that goes with them included. After chunk_seal_open only. */
uint64_t queue_bytes(struct queue *q);
/* Recount, after chunks were replaced or removed. */
void	 queue_recount(struct queue *q);
/* The first at most `max` pieces to send; how many. Then forget the first `n` bytes. */
int	 queue_iov(const struct queue *q, struct iovec *iov, int max);
void	 queue_drop(struct queue *q, size_t n);
/* Move everything to the end of `to`. What was begun to be sent stays whole only when `to` is empty. */
void	 queue_move(struct queue *from, struct queue *to);

#endif
