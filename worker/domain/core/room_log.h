/* room_log.h -- a room's latest events, kept in Redis for replay to clients that were cut off or join late.
 *
 * room:log:{room} is a list of wire messages (room.h), at most WS_RECOVERY_EVENTS and about WS_RECOVERY_BYTES. It
 * expires once its newest event is older than a client may be away. room:gone:{room} holds the seq of dropped entries.
 * room:want:{room} says that the room has, or just had, members though nobody may be subscribed (their process was
 * killed).
 */
#ifndef CORE_ROOM_LOG_H
#define CORE_ROOM_LOG_H

#include <stdbool.h>

#include "base/str.h"

/* A room's events behind a given seq. */
struct room_missed {
	/* events that the log has dropped: how many, first and last seq */
	int64_t		 lost, lost_from, lost_to;
	struct str	*v;				/* the others as wire messages, oldest first */
	size_t		 n;
};
struct room_since {
	const char	*room;
	int64_t		 seq;
};

/* Whether room logs are kept and clients may recover their connections. */
bool	 room_log_on(void);
/* How long a log outlives its newest event, in ms: the recovery time plus the time to detect a dead peer. 0: no logs.
 */
int64_t	 room_log_ms(void);
/* A barrier: a sentinel published in the same script as the read. Messages that the subscription delivers after it are
 * newer than what was read. */
struct room_barrier {
	const char	*channel, *text;
};
/* Reads the events of `n` rooms behind the seq of each into out[n]; *upto: every event up to this seq is covered. In
 * `mem`. Yields. Errors as redis_cmd. */
int	 room_log_since(struct arena *mem, const struct room_since *rooms, size_t n, struct room_barrier barrier,
    struct room_missed *out, int64_t *upto);
/* Reads the newest `n` events of one room, likewise. */
int	 room_log_last(struct arena *mem, const char *room, int64_t n, struct room_barrier barrier,
    struct room_missed *out, int64_t *upto);
/* Keeps a log of this room for the next ROOM_WANT_MS plus room_log_ms, with or without subscribers. Does not yield. */
enum { ROOM_WANT_MS = 120000 };
void	 room_want(const char *room);

#endif
