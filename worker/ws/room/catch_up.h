/* catch_up.h -- what was published while this process could not hear its rooms' channels: it is read from the rooms'
 * logs and cast, in its order, before what came since.
 *
 * A room knows up to where its members have everything (its cursor). When its channel delivers again after a gap, its
 * events are held until the log has been read. What the log no longer has is told as `gap`; without logs
 * (WS_RECOVERY_MS=0), or when they cannot be read, the members get the room's state only.
 */
#ifndef ROOM_CATCH_UP_H
#define ROOM_CATCH_UP_H

#include <stdbool.h>

/* Once a process; starts the rooms and their channels. */
void	 catch_up_start(void);
/* Whether any room is replaying. */
bool	 catch_up_any(void);

#endif
