/* hold.h -- a bounded queue of events whose receiver is replaying or preparing (cursor.h).
 *
 *
 * An event keeps its seq, also where it has none. What exceeds the bound is refused: a room reads it from its
 * log later, a peer sends a gap (hold_lose).
 */
#ifndef ROOM_HOLD_H
#define ROOM_HOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "worker/domain/core/room.h"

struct room;

/* Events of one room that were refused. */
struct hold_loss {
	const struct room	*room;
	int64_t			 n, from, to;		/* how many, first and last seq */
};

/* A zeroed struct is empty; hold_fini frees and empties it. */
struct hold {
	struct buf	 events;
	struct hold_loss *losses;
	size_t		 n_losses;
};
void	 hold_fini(struct hold *h);
/* Copy the event in. False, and nothing is changed, when the hold would exceed `max_bytes`. `room` is not
 * referenced. */
bool	 hold_add(struct hold *h, const struct room *room, const struct room_event *e, int64_t max_bytes);
/* Count a refused event as lost; an unplaced one is not counted. */
void	 hold_lose(struct hold *h, const struct room *room, const struct room_event *e);
/* Take the oldest event out; it is valid until the hold is touched again. *room may only be compared unless the
 * owner holds references to its rooms. False at the end. */
bool	 hold_next(struct hold *h, const struct room **room, struct room_event *e);

#endif
