/* ws_room.h -- rooms of this process: who is in them, their Redis channel, their last state.
 *
 * A room exists, and is subscribed to its channel, while it has members. An event is encoded once a dialect and queued
 * by reference; what happens in one turn shares one chunk. Yields: room_join. See: domain/core/room.h (names, wire
 * form), room/cursor.h (what was delivered), kept_state.c (states).
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

/* How a member wants events encoded: a Socket.IO namespace, or plain JSON. */
enum dialect { DIALECT_ROOT, DIALECT_CHAT, DIALECT_STREAMING, DIALECT_CUSTOM, DIALECT_PLAIN };

struct peer;
struct room;

struct member {
	struct member	*next, **at;		/* in the room */
	struct member	*next_of_peer;
	struct room	*room;
	struct peer	*peer;
	uint32_t	 version;		/* of the room's state when this member came */
	uint32_t	 index;	/* the peer's rooms are numbered from 1 as it enters them; 0: everybody's room */
};

/* Whoever can be in rooms; embedded in its owner. */
struct peer {
	struct member	*rooms;
	void		(*deliver)(struct peer *p, struct chunk *c);
	/* It entered or left this room by itself; not called for everybody's room, nor by room_leave_all. NULL: nobody
	 * cares. */
	void		(*moved)(struct peer *p, const struct member *m, bool in);
	struct cursor	 cursor;		/* not LIVE: its events are held */
	struct hold	*hold;			/* which; NULL: LIVE */
	uint32_t	 joined;		/* rooms it ever entered */
	uint16_t	 n_rooms;
	uint8_t		 dialect;
	bool		 packs;			/* and deflated */
	bool		 gone;			/* it left all rooms for good */
};

/* A kind of room whose members are told its state when they come late. */
struct room_kind {
	const char	*prefix;		/* "analysis:" */
	const char	*event;			/* which event is the state */
	int		(*load)(struct arena *mem, const char *id, struct str *payload);	/* from the tables */
};

struct room {
	struct hashtab_node	 node;
	struct member		*members;
	struct redis_sub	*sub;
	struct co_gate		 changed;	/* ready, or a load has ended */
	const struct room_kind	*kind;		/* NULL: it has no state */
	struct buf		 state;		/* payload of the last state; n 0: none known */
	struct cursor		 cursor;	/* what its members have been sent */
	struct state_cursor	 states;	/* of a room without a kind: the seq of its last event */
	int64_t			 created_ms;
	struct room		*next_stale;
	struct due_entry	 want_due;
	uint32_t		 n_members, refs;
	uint32_t		 n_holding;	/* members whose cursor is not LIVE */
	bool			 ready, loading, loaded, stale;
	bool			 promised;	/* somebody was told to be in it before its channel was there */
	bool			 common;	/* everybody's, or this process's own: no member chose to enter it */
	char			 name[];
};

/* What control events of this name (domain/room.h) make this process do; `payload` is the event's, or n 0: control
 * events of this room may have been missed for good. Its members may be made to leave. At most ROOM_CONTROLS. */
enum { ROOM_CONTROLS = 4 };
void	 room_obey(const char *event, void (*obey)(struct room *r, struct str payload));
/* What the room missed cannot be replayed, or not all of it: those who obey its control events look for themselves. */
void	 room_controls_missed(struct room *r);

/* Once a process. */
void	 room_start(void);
/* Enter a room without waiting for its channel; NULL: gone, or E_RATE's reason. */
struct member *room_enter(struct peer *p, const char *name);
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
/* An event of its log, in order: its state and its members get it, unless they had it. The channel's events are held
 * while the room's cursor is not LIVE; the room must be referenced as long. */
void	 room_receive_replayed(struct room *r, const struct room_event *e);
/* The held events of all rooms, once more: those of rooms that are LIVE now are received, of the others what is
 * not yet delivered stays. */
void	 room_receive_held(void);
/* Send an event to all members now. */
void	 room_cast(struct room *r, const struct room_event *e);
/* Hold this peer's events in p->hold from now on, at most WS_QUEUE_BYTES of them; its cursor enters the state. */
void	 room_hold(struct peer *p, enum cursor_state state);
/* Its cursor is LIVE; what was held and has not been taken out is dropped. Nothing where it was not held. */
void	 room_release(struct peer *p);
/* Up to where this peer has got everything that it should. */
int64_t	 room_position(const struct peer *p);
/* All rooms: start with NULL. Nothing may enter or leave on the way. */
const struct room *room_each(size_t *slot, const struct room *after);
const struct room *room_find(const char *name);
/* For the hand-over to a successor. Open a room and hear its channel before anybody is in it; until room_prepared
 * says that all are ready, its cursor is PREPARING, until room_take_over; what the predecessor had delivered
 * (room_restore) is a duplicate, also when it is heard only afterwards. The rooms that are still empty then are
 * closed. */
void	 room_prepare(const char *name);
bool	 room_prepared(void);
void	 room_restore(const char *name, int64_t position, int64_t created_ms);
void	 room_restore_gap(void);	/* the predecessor itself has missed something */
void	 room_take_over(void);
/* Every event up to this seq has been broadcast; `seq` > 0: at least up to there. */
int64_t	 room_newest(int64_t seq);
/* Remember this as the room's state. */
void	 room_set_state(struct room *r, struct str payload);
/* Hold a room over a yield. */
void	 room_ref(struct room *r);
void	 room_put(struct room *r);

#endif
