/* kept_state.h -- the last known state of a room, for late subscribers and after a lost Redis connection. */
#ifndef ROOM_KEPT_STATE_H
#define ROOM_KEPT_STATE_H

#include "ws_room.h"

/* Send the room's last state to this member unless it has got a newer one since it joined: from memory, else what the
 * publisher kept in Redis, else from the tables. Yields. 0 also when nothing is known; E_DOWN, E_TIMEOUT, E_CANCELED.
 */
int	 kept_state_send(struct peer *p, const char *name);
/* Send a member of the room "{kind}:{id}" the last error about it, if any (domain/core/failure.h). Yields. Errors
 * as redis_get. */
int	 kept_state_send_failure(struct peer *p, const char *room, const char *id);
/* Read the room's state again, after events may have been missed, and broadcast it if it is news. Does not yield. */
void	 kept_state_refresh(struct room *r);

#endif
