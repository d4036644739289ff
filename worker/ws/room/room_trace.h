/* room_trace.h -- spans of the events of traced requests: from the room's channel to the end of the turn that wrote
 * them to the sockets. Nothing here yields.
 */
#ifndef WS_ROOM_ROOM_TRACE_H
#define WS_ROOM_ROOM_TRACE_H

#include "ws_room.h"

/* The event, whose `trace` is set, is about to be delivered to the members. */
void	 room_trace_note(const struct room *r, const struct room_event *e);
/* Everything queued in this turn was written. */
void	 room_trace_turn(void);

#endif
