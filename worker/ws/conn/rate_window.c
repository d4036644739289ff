/* rate_window.c -- the rate limit of one client. See rate_window.h. */
#include "rate_window.h"

#include "base/conf.h"
#include "base/metric.h"
#include "base/str.h"

enum { WINDOW_MS = 10000 };

int64_t
rate_window_take(struct rate_window *w)
{
	int64_t now = mono_ms();

	metric_add(M_WS_EVENTS_IN, 0, 1);
	if (now - w->began_ms >= WINDOW_MS)
		*w = (struct rate_window){ .began_ms = now };
	if (conf.rate_limit && w->events >= conf.ws_events_max)
		return (w->began_ms + WINDOW_MS - now + 999) / 1000;
	w->events++;
	return 0;
}
