/* ws_room.h -- rooms of this process: their members, their last state, and the broadcast to members.
 *
 *
 * A room exists, and is subscribed to its channel, while it has members. An event is encoded once a dialect and
 * queued by reference; what happens in one turn shares one chunk. Yields: room_join. See: domain/core/room.h
 * (names, wire form), room/cursor.h (what was delivered), kept_state.c (states).
 */
#ifndef ROOM_WS_ROOM_H
#define ROOM_WS_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hashtab.h"
#include "cursor.h"
#include "hold.h"
#include "run/co.h"
#include "run/timeout_queue.h"
#include "worker/domain/core/room.h"
#include "worker/ws/wire/chunk.h"
#include "worker/ws/wire/encode.h"

struct peer;
struct room;

struct member {
	struct member	*next, **at;		/* in the room */
	struct member	*next_of_peer;
	struct room	*room;
	struct peer	*peer;
	int64_t		 sent_seq;	/* of the last state, up to the kept one, that it was sent (cursor.h, 7) */
	uint32_t	 version;		/* of the room's state when this member came */
	uint32_t	 index;	/* the peer's rooms are numbered from 1 as it enters them; 0: the broadcast room */
};

enum room_move {
	ROOM_ENTERED,
	ROOM_ADMITTED,		/* entered, and the caller has checked that the peer may */
	ROOM_LEFT
};

/* A member of rooms; embedded in its owner. */
struct peer {
	struct member	*rooms;
	void		(*deliver)(struct peer *p, struct chunk *c);
	/* Called when the peer enters or leaves a room; not for the broadcast room, nor by room_leave_all. May be
	 * NULL. */
	void		(*moved)(struct peer *p, const struct member *m, enum room_move move);
	struct cursor	 cursor;		/* not LIVE: its events are held */
	struct hold	*hold;			/* which; NULL: LIVE */
	uint32_t	 joined;		/* rooms it ever entered */
	uint16_t	 n_rooms;
	uint8_t		 dialect;		/* enum dialect (wire/encode.h) */
	bool		 packs;			/* and deflated */
	bool		 exact;			/* and without the position: with the documented arguments alone */
	bool		 gone;			/* it left all rooms for good */
};

/* The coding of a member (wire/encode.h). */
static inline int
coding_of(const struct peer *p)
{
	return 2 * p->dialect + p->packs + (p->exact ? CODING_EXACT : 0);
}

/* A kind of room whose members get its state when they join late. */
struct room_kind {
	const char	*prefix;		/* "analysis:" */
	const char	*event;			/* which event is the state */
	int		(*load)(struct arena *mem, const char *id, struct str *payload);	/* from the tables */
};

/* The life of a room. */
enum room_state {
	ROOM_POSITIONING,	/* its position, the newest seq published by now, is being read */
	ROOM_SUBSCRIBING,	/* its channel was subscribed to */
	ROOM_READY,		/* its channel delivers, or did once */
	ROOM_CLOSED,		/* its last member has left, and it cannot be found any more */
	ROOM_STATES
};

struct room {
	struct hashtab_node	 node;
	struct member		*members;
	struct redis_sub	*sub;
	struct co_gate		 changed;	/* ready, or a load has ended */
	const struct room_kind	*kind;		/* NULL: it has no state */
	struct buf		 last;		/* payload of the last state; n 0: none known */
	struct cursor		 cursor;	/* what its members have been sent */
	struct state_cursor	 states;	/* of a room without a kind: the seq of its last event */
	int64_t			 created_ms;
	struct room		*next_stale;
	struct timeout	 want_timeout;
	uint32_t		 n_members, refs;
	uint32_t		 n_holding;	/* members whose cursor is not LIVE */
	uint8_t			 state;		/* enum room_state; changed by room_state_enter only */
	bool			 loading, loaded, stale;
	bool			 promised;	/* a member was acknowledged before the channel was subscribed to */
	bool			 common;	/* of all sockets, or of this process: joined without a request */
	char			 name[];
};

/* Once a process; `opened` is called for each new room. */
void	 room_start(void (*opened)(struct room *r));
/* Every change of a room's state; one that is not foreseen is a bug. */
void	 room_state_enter(struct room *r, enum room_state state);
/* The room of this name, opened if need be: without members it is closed by room_close_empty only. */
struct room *room_open(const char *name);
/* Close the room if it has no members. */
void	 room_close_empty(struct room *r);
/* Enter a room without waiting for its channel, as ROOM_ENTERED or ROOM_ADMITTED; NULL: gone, or E_RATE's reason. */
struct member *room_enter(struct peer *p, const char *name, enum room_move how);
/* Enter a room and wait, at most three seconds, until its channel delivers and its cursor is LIVE. 0 (also when it
 * is in already, or Redis is away: the room catches up when Redis is back), E_RATE (WS_ROOMS_MAX), E_CANCELED,
 * E_TIMEOUT. */
int	 room_join(struct peer *p, const char *name);
/* Leave; false when it was not in it. */
bool	 room_leave(struct peer *p, const char *name);
/* Leave all rooms for good. */
void	 room_leave_all(struct peer *p);
/* This peer's membership, or NULL. */
struct member *room_member(struct peer *p, const char *name);
/* Send an event to all members now. */
void	 room_broadcast(struct room *r, const struct room_event *e);
/* The same for a state that some members have been sent from where it is kept: to the others only. */
void	 room_broadcast_to_others(struct room *r, const struct room_event *e);
/* Hold this peer's events in p->hold from now on, at most WS_QUEUE_BYTES of them; its cursor enters the state. */
void	 room_hold(struct peer *p, enum cursor_state state);
/* Its cursor is LIVE; what was held and has not been taken out is dropped. Nothing where it was not held. */
void	 room_release(struct peer *p);
/* Up to where this peer has got everything that it should. */
int64_t	 room_position(const struct peer *p);
/* All rooms: start with NULL. Nothing may enter or leave on the way. */
const struct room *room_each(size_t *slot, const struct room *after);
struct room *room_find(const char *name);
/* Every event up to this seq has been broadcast; `seq` > 0: at least up to there. */
int64_t	 room_newest(int64_t seq);
/* Remember this as the room's state. */
void	 room_set_state(struct room *r, struct str payload);
/* Hold a room over a yield. */
void	 room_ref(struct room *r);
void	 room_put(struct room *r);

#endif
