/* catch_up.h -- catches up with what was published while this process was not subscribed to its rooms' channels:
 * events are read from the rooms' logs and delivered, in order, before later ones.
 *
 * A room knows up to where its members have everything (its cursor). When its channel delivers again after a gap, its
 * events are held until the log has been read. Events that the log no longer has are reported as `gap`; without logs
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
