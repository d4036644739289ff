/* late.h -- entering a room and being told how things stand in it, before anything that happens from then on.
 *
 * Events that come while the state is being read wait for it. What is in both, the state and a later event, is the caller's to tell
 * apart (`seen`) or the client's.
 */
#ifndef WS_LATE_H
#define WS_LATE_H

#include "event.h"
#include "flight.h"

struct late {
	const char	*room;
	const char	*name, *id;	/* of the state (flight.h) */
	flight_read	*read;		/* E_NOT_FOUND: there is none, which is no error */
	const char	*event;		/* as which it is told */
	struct str	 ack;		/* sent between the two; n 0: none */
	void		(*admit)(bool yes);	/* called around the moment of entering; NULL: nobody wants to know */
	/* Whether the state had this event already; NULL: never. */
	bool		(*seen)(struct arena *mem, struct str state, const struct room_event *e);
};
/* Enter, tell, acknowledge. Yields. Errors as room_join; when the state cannot be read, the error of that, and the room is left. */
int	 late_enter(struct call *c, const struct late *l);

#endif
