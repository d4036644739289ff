/* event_out.h -- the events that Dure sends to Socket.IO clients, to which of them, and what is in them. For
 * /asyncapi.json and `dure dump events`. */
#ifndef SESSION_EVENT_OUT_H
#define SESSION_EVENT_OUT_H

#include <stdbool.h>

#include "base/shape.h"

struct event_out {
	const char	*nsp, *name;		/* nsp "*": in every namespace that has no row of its own for it */
	const char	*alias;			/* the same under another name; NULL: none */
	const char	*to;			/* rooms, or "asker": the client that joined or asked */
	const char	*help;
	const char	*shape;			/* of the payload (base/shape.h) */
	bool		 test;			/* with WS_PROTOCOL_TEST only */
};
extern const struct event_out events_out[];	/* ends with a NULL name */

extern const struct shape_name event_shapes[];	/* what several events have in them; ends with a NULL name */

#endif
