/* replay.h -- replaying rooms from their logs: read behind a barrier, merged in the order of publication, with
 * gaps.
 *
 *
 * One implementation serves a process that lost Redis (catch_up.c), a client that reconnects (recover.c),
 * history, and joining with a snapshot (snapshot.c). While the logs are read the receiver's cursor is not LIVE,
 * so what the channels deliver is held; the barrier makes every held event either part of what was read or newer.
 */
#ifndef ROOM_REPLAY_H
#define ROOM_REPLAY_H

#include "worker/domain/core/room_log.h"
#include "worker/ws/wire/encode.h"
#include "ws_room.h"

/* One room, and what its log had. */
struct replay_room {
	const char		*name;
	int64_t			 since;		/* the log is read from behind this seq */
	int64_t			 upto;	/* the replay is complete up to this seq; later events come over the channel */
	struct room_missed	 missed;
};
/* Read the logs of `n` rooms, all up to the same seq. In the coroutine's arena. Yields. Errors as redis_cmd;
 * E_TIMEOUT also when the barrier does not pass: the channels might then deliver what was read once more. */
int	 replay_read(struct replay_room *rooms, size_t n);
/* The last `n` events of one room. As replay_read, but a late barrier is no error. */
int	 replay_read_last(struct replay_room *room, int64_t n);

struct replay_event {
	struct room_event		 e;
	const struct replay_room	*room;		/* of the array */
	bool				 gap;		/* it is `gap`, with the seq of the last event that it counts */
};
struct replay_sum { size_t events; int64_t lost; };
typedef void replay_on_event(void *arg, const struct replay_event *ev);
/* Pass on what was read of all rooms, in order of seq. Beyond max_bytes (0: no limit) the oldest events become
 * gaps. Does not yield, nor may on_event. */
struct replay_sum replay_run(struct replay_room *rooms, size_t n, int64_t max_bytes, replay_on_event *on_event,
	    void *arg);

/* Events for one peer, gathered in chunks. */
struct replay_out {
	struct peer	*peer;
	struct chunk	*chunk;
};
struct replay_out replay_out(struct peer *p);
void	 replay_put(struct replay_out *out, const struct room_event *e, const struct offset *o);
void	 replay_flush(struct replay_out *out);

/* Which of the held events are duplicates for the peer. All zero: none. */
struct replay_end {
	const struct room	*room;		/* of this room only; NULL: of all */
	int64_t			 upto;		/* those at or below this seq: the log had them */
	bool			(*seen)(void *arg, const struct room_event *e);	/* and those; NULL: none */
	void			*arg;
};
/* End the peer's replay: deliver the held events but for duplicates, and gaps for what the hold refused; then its
 * cursor is LIVE. Does not yield. */
void	 replay_end(struct peer *p, const struct replay_end *end);

#endif
