/* replay.h -- replaying rooms from their logs: read behind a barrier, merged in the order of publication, with gaps.
 *
 * One implementation for all that were not there when something was published: a process that had lost Redis
 * (catch_up.c), a client that comes back (recover.c), history, those who join with a snapshot (snapshot.c). While the
 * logs are read the receiver's cursor is not LIVE, so that what the channels bring is held; the barrier makes all held
 * events either part of what was read or later than it.
 */
#ifndef WS_REPLAY_H
#define WS_REPLAY_H

#include "worker/domain/core/room_log.h"
#include "worker/ws/wire/encode.h"
#include "ws_room.h"

/* One room, and what its log had. */
struct replay_room {
	const char		*name;
	int64_t			 since;		/* it is read behind this seq */
	int64_t			 upto;		/* all up to it was considered; later ones come over the channel */
	struct room_missed	 missed;
};
/* Read the logs of `n` rooms, all up to the same seq. In the coroutine's arena. Yields. Errors as redis_cmd;
 * E_TIMEOUT also when the barrier does not pass: what was read might come over the channels once more. */
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
/* Hand out what was read of all rooms in order. Of more than max_bytes (0: there is no limit) the oldest become a
 * gap. Does not yield, nor may on_event. */
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

/* What of the held events the peer has got. All zero: nothing. */
struct replay_end {
	const struct room	*room;		/* of this room only; NULL: of all */
	int64_t			 upto;		/* those at or below this seq: the log had them */
	bool			(*seen)(void *arg, const struct room_event *e);	/* and those; NULL: none */
	void			*arg;
};
/* The peer is up to date: what was held follows, but for what it has got, and the gaps of what the hold refused;
 * then its cursor is LIVE. Does not yield. */
void	 replay_end(struct peer *p, const struct replay_end *end);

#endif
