/* rate_window.h -- the rate limit of one client: WS_EVENTS_MAX events in ten seconds, counted from the first.
 * Nothing here yields. */
#ifndef CONN_RATE_WINDOW_H
#define CONN_RATE_WINDOW_H

#include <stdint.h>

/* Zeroed: nothing was said yet. */
struct rate_window {
	int64_t		 began_ms;
	uint32_t	 events;	/* since then */
};

/* Count an event, in the metrics too. 0: it is allowed; else the seconds until one is. */
int64_t	 rate_window_take(struct rate_window *w);

#endif
