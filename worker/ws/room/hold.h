/* hold.h -- events that wait, in order and bounded, while their receiver is brought up to date (cursor.h).
 *
 * An event keeps its seq, also where it has none. What has no room is refused: the owner reads it from the log later
 * (rooms), or tells the client of a gap (peers, hold_lose).
 */
#ifndef WS_HOLD_H
#define WS_HOLD_H

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
/* Copy the event in; false, and nothing is done, when more than `max` bytes would wait. `room` is not referenced. */
bool	 hold_add(struct hold *h, const struct room *room, const struct room_event *e, int64_t max_bytes);
/* Count a refused event as lost; an unplaced one is not counted. */
void	 hold_lose(struct hold *h, const struct room *room, const struct room_event *e);
/* Take the oldest event out: it is valid until the hold is touched again; *room is only to be compared unless the
 * owner has references to its rooms. False at the end. */
bool	 hold_next(struct hold *h, const struct room **room, struct room_event *e);

#endif
