/* room_log.h -- the last events of a room, kept in Redis for who was cut off or comes late and asks for them.
 *
 * room:log:{room} is a list of wire messages (room.h), at most WS_RECOVERY_EVENTS and about WS_RECOVERY_BYTES; it lives
 * for as long after its last event as a client may be away, and room:gone:{room} has the seq of what fell out.
 * room:want:{room} says that sockets are or were just now in the room though nobody may be subscribed (their process
 * was killed).
 */
#ifndef CORE_ROOM_LOG_H
#define CORE_ROOM_LOG_H

#include <stdbool.h>

#include "base/str.h"

/* What became of a room's events behind some seq. */
struct room_missed {
	/* events that the log no longer has: how many, first and last seq */
	int64_t		 lost, lost_from, lost_to;
	struct str	*v;				/* the others as wire messages, oldest first */
	size_t		 n;
};
struct room_since {
	const char	*room;
	int64_t		 seq;
};

/* Whether there are logs, and clients may recover their connections. */
bool	 room_log_on(void);
/* How long a log outlives its last event: the recovery time and what it takes to notice a dead peer, ms; 0: there are
 * none. */
int64_t	 room_log_ms(void);
/* What is published in the moment of reading: what the subscriber's connection brings behind it is behind what was
 * read. */
struct room_barrier {
	const char	*channel, *text;
};
/* The events of `n` rooms behind the seq of each, into out[n]; *upto: every event up to this seq has been considered.
 * In `mem`. Yields. Errors as redis_cmd. */
int	 room_log_since(struct arena *mem, const struct room_since *rooms, size_t n, struct room_barrier barrier,
    struct room_missed *out,
	    int64_t *upto);
/* The last `n` events of one room, likewise. */
int	 room_log_last(struct arena *mem, const char *room, int64_t n, struct room_barrier barrier,
    struct room_missed *out, int64_t *upto);
/* Keep a log of this room for the next ROOM_WANT_MS and the time that room_log_ms says, listener or not. Does not
 * yield. */
enum { ROOM_WANT_MS = 120000 };
void	 room_want(const char *room);

#endif
