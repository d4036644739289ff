/* stream_viewers.h -- who of this process' sockets watches which stream: told to Redis (domain/live/viewers.h), and the
 * count to those who watch.
 *
 * A socket watches while it is in room viewers:{streamKey}; a person with several sockets is one. Once a second the
 * process tells who came and went, beats, sends `stream:viewers` where the count has changed, and stores the peak and
 * who was there. In room watch:{streamKey} are those who want the count without being counted.
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
/* Everybody has left: tell it now rather than let the lease run out. Yields. */
void	 stream_viewers_flush(void);

#endif
