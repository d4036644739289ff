/* recover.h -- a client that was cut off comes back (connection state recovery): same id, same rooms, and exactly what
 * it missed.
 *
 * The client sends the pid of its session and the offset of the last event it got with its CONNECT packet. Everything
 * else is in Redis (session_store.h, domain/core/room_log.h), so any process of any host can take it over, also from
 * one that was killed. The order holds because each event's seq is given in Redis where it is published: what is behind
 * the offset is missed, what is behind the reading of the logs comes over the channels and is held back until the
 * missed is out.
 */
#ifndef SESSION_RECOVER_H
#define SESSION_RECOVER_H

#include "base/json.h"
#include "socket_io.h"

struct recovery;

/* Take over the session that this CONNECT's payload names: the socket gets its id and pid back and enters its rooms;
 * its events are held back. NULL: there is nothing to recover (any more), the socket is as it was. In the coroutine's
 * arena. Yields. */
struct recovery	*recover_begin(struct sio *s, const struct json *auth);
/* Send what was missed, and gaps; then let the events go on. Yields (last states). */
void		 recover_finish(struct sio *s, struct recovery *r);

/* Send the last `n` events of a room that the peer has entered, instead of its last state. Yields. Errors as redis_cmd.
 */
int		 recover_history(struct peer *p, const char *room, int64_t n);

#endif
