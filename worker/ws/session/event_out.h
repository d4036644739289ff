/* event_out.h -- the events that Dure sends to Socket.IO clients, and to which of them. For `dure dump events`. */
#ifndef SESSION_EVENT_OUT_H
#define SESSION_EVENT_OUT_H

#include <stdbool.h>

struct event_out {
	const char	*nsp, *name;		/* nsp "*": in every namespace */
	const char	*alias;			/* the same under another name; NULL: none */
	const char	*to;			/* a room, or "asker": the client that joined or asked */
	const char	*help;
	bool		 test;			/* with WS_PROTOCOL_TEST only */
};
extern const struct event_out events_out[];	/* ends with a NULL name */

#endif
