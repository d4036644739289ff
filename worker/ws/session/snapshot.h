/* snapshot.h -- join a room and deliver a snapshot of it before any later event.
 *
 * The peer is PREPARING while the snapshot is being read: events are held. The caller (`seen`) or the client recognises
 * an event that the snapshot already contains. The peer's cursor cannot: a snapshot is read from the tables, which do
 * not have the seq of an event.
 */
#ifndef SESSION_SNAPSHOT_H
#define SESSION_SNAPSHOT_H

#include "event.h"
#include "worker/ws/room/single_flight.h"

struct snapshot {
	const char	*room;
	const char	*name, *id;	/* of the snapshot (single_flight.h) */
	single_flight_read	*read;		/* E_NOT_FOUND: there is none, which is no error */
	const char	*event;		/* as which it is sent */
	struct str	 ack;		/* sent between the two; n 0: none */
	bool		 admitted;	/* the caller has checked that the peer may enter (ROOM_ADMITTED) */
	/* Whether the snapshot had this event already; NULL: never. */
	bool		(*seen)(struct arena *mem, struct str snapshot, const struct room_event *e);
};
/* Enter, send the snapshot, acknowledge. Yields. Errors as room_join; when the snapshot cannot be read, the error
 * of that, and the room is left. */
int	 join_with_snapshot(struct call *c, const struct snapshot *s);

#endif
