/* metrics_feed.h -- the event `metrics`: once a second, the figures of this host (domain/ops/host_figures.h) to the
 * admins in the room `metrics`.
 *
 * The room is of this process alone: each fanout process reads the shared figures for its own members, and nothing is
 * read while there is none. Rates and times are over the last minute, at first since the first member came. Nothing
 * here yields.
 */
#ifndef LIVE_METRICS_FEED_H
#define LIVE_METRICS_FEED_H

#include <stdbool.h>

#include "worker/ws/session/socket_io.h"

#define METRICS_ROOM	"metrics"

/* Once a process. */
void	 metrics_feed_start(void);
/* Room hook (session/room_hooks.h). A member that is no admin any more is put out with the next event. */
void	 metrics_feed_entered(struct sio *s, const char *rest, bool admitted);

#endif
