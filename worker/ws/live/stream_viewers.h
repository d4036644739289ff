/* stream_viewers.h -- the viewers of each stream among this process's sockets: reported to Redis
 * (domain/live/viewers.h); the count is sent to viewers.
 *
 *
 * A socket watches while it is in room viewers:{streamKey}; a person with several sockets is one. Once a second
 * the process reports joins and leaves, renews its lease, sends `stream:viewers` where the count has changed, and
 * stores the peak and the viewers. Sockets in room watch:{streamKey} get the count without being counted.
 */
#ifndef LIVE_STREAM_VIEWERS_H
#define LIVE_STREAM_VIEWERS_H

#include <stdint.h>

#include "worker/ws/session/socket_io.h"

#define STREAM_VIEWERS_ROOM		"viewers:"
#define STREAM_WATCH_ROOM	"watch:"

/* Once a process. */
void	 stream_viewers_start(void);
/* Room hooks (session/room_hooks.h). */
void	 stream_viewers_entered(struct sio *s, const char *key, bool admitted);
void	 stream_viewers_left(struct sio *s, const char *key);
void	 stream_viewers_watch(struct sio *s, const char *key, bool admitted);
/* The last known count. */
int64_t	 stream_viewers_count(const char *key);
/* All sockets have left: report it now rather than let the lease expire. Yields. */
void	 stream_viewers_flush(void);

#endif
