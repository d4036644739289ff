/* room.h -- rooms of this process: who is in them, their Redis channel, their last state.
 *
 * A room exists, and is subscribed to its channel, while it has members. An event is encoded once a dialect and queued by
 * reference; what happens in one turn shares one chunk.
 * Yields: room_join.    See: domain/room.h (names, wire form), state.c (late subscribers).
 */
#ifndef WS_ROOM_H
#define WS_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hashtab.h"
#include "chunk.h"
#include "due.h"
#include "run/co.h"
#include "worker/domain/room.h"

/* How a member wants events encoded: a Socket.IO namespace, or plain JSON. */
enum dialect { DIALECT_ROOT, DIALECT_CHAT, DIALECT_STREAMING, DIALECT_CUSTOM, DIALECT_PLAIN };

struct peer;
struct room;

struct member {
	struct member	*next, **at;		/* in the room */
	struct member	*next_of_peer;
	struct room	*room;
	struct peer	*peer;
	uint32_t	 casts;			/* the room's when this member came */
	uint32_t	 index;			/* the peer's rooms are numbered from 1 as it enters them; 0: everybody's room */
};

/* Whoever can be in rooms; embedded in its owner. */
struct peer {
	struct member	*rooms;
	void		(*deliver)(struct peer *p, struct chunk *c);
	/* It entered or left this room by itself; not called for everybody's room, nor by room_leave_all. NULL: nobody cares. */
	void		(*moved)(struct peer *p, const struct member *m, bool in);
	struct buf	*held;			/* events that wait (room_hold); NULL: they are delivered */
	int64_t		 floor;			/* it was given everything up to this seq when it came */
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
	int64_t			 state_seq;
	int64_t			 kept_until_ms;	/* until when live states up to state_seq are duplicates */
	int64_t			 created_ms;
	int64_t			 last_seq;	/* its members have been sent everything up to it */
	int64_t			 told_seq;	/* up to it the predecessor, or the log, said everything: passed over when heard; 0: nothing */
	struct room		*next_stale;
	struct due_entry	 want_due;
	uint32_t		 n_members, refs, casts;	/* casts: states sent to all members */
	uint32_t		 n_holding;	/* members for whom events wait */
	bool			 ready, loading, loaded, stale;
	bool			 promised;	/* somebody was told to be in it before its channel was there */
	bool			 behind;	/* its events wait until it has caught up (missed.c) */
	bool			 common;	/* everybody's room */
	char			 name[];
};

/* Once a process. */
void	 room_start(void);
/* Enter a room without waiting for its channel; NULL: gone, or E_RATE's reason. */
struct member *room_enter(struct peer *p, const char *name);
/* Enter a room and wait, at most three seconds, until its channel delivers and it is not behind. 0 (also when it is in already, or
 * Redis is away: the room catches up when Redis is back), E_RATE (WS_ROOMS_MAX), E_CANCELED, E_TIMEOUT. */
int	 room_join(struct peer *p, const char *name);
/* Leave; false when it was not in it. */
bool	 room_leave(struct peer *p, const char *name);
/* Leave all rooms for good. */
void	 room_leave_all(struct peer *p);
/* This peer's membership, or NULL. */
struct member *room_member(struct peer *p, const char *name);
/* An event of its channel, or of its log, in order: its state and its members get it, unless they had it. */
void	 room_receive(struct room *r, const struct room_event *e);
/* Send an event to all members now. */
void	 room_cast(struct room *r, const struct room_event *e);
/* Keep this peer's events in `held` from now on until room_release, which does not deliver them: room_next_held takes them out. */
void	 room_hold(struct peer *p, struct buf *held);
void	 room_release(struct peer *p);
/* The next held event, valid until the buffer is touched again; *room is only to be compared. False at the end. */
bool	 room_next_held(struct buf *held, const struct room **room, struct room_event *e);
/* Up to where this peer has got everything that it should. */
int64_t	 room_position(const struct peer *p);
/* All rooms: start with NULL. Nothing may enter or leave on the way. */
const struct room *room_each(size_t *slot, const struct room *after);
const struct room *room_find(const char *name);
/* For the hand-over to a successor. Open a room and hear its channel before anybody is in it; until room_prepared says that all
 * are ready, messages are kept, and room_take_over casts them; what the predecessor had cast (room_restore) is passed over, also when
 * it is heard only afterwards. The rooms that are still empty then are closed. */
void	 room_prepare(const char *name);
bool	 room_prepared(void);
void	 room_restore(const char *name, int64_t last_seq, int64_t created_ms);
void	 room_restore_gap(void);	/* the predecessor itself has missed something */
void	 room_take_over(void);
/* Every event up to this seq has been cast; `seq` > 0: at least up to there. */
int64_t	 room_newest(int64_t seq);
/* Remember this as the room's state. */
void	 room_set_state(struct room *r, int64_t seq, struct str payload);
/* Hold a room over a yield. */
void	 room_ref(struct room *r);
void	 room_put(struct room *r);

#endif
