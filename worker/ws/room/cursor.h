/* cursor.h -- the delivery cursor: what one receiver of a stream of events has got, and what becomes of the next event.
 *
 * A room embeds one (it receives from its channel and from its log), a peer embeds one (it receives from its rooms,
 * and from their logs when it recovers). Pure: no I/O, no clock, no memory. The invariants, which t/unit/cursor.c
 * checks:
 *
 *  1. Every published event has a seq; seqs grow in the order of publication, over all rooms. An event that was not
 *     published but read from the tables, or made here, is unplaced: its seq is 0. It is no duplicate of anything and
 *     moves nothing.
 *  2. `position` is where a replay begins: everything at or below it has been delivered, or was published before this
 *     receiver came. A cursor that has never had a position has no baseline: a replay owes it nothing.
 *  3. Events at or below `dedup_seq` are duplicates: the predecessor, or a replay, has delivered them. What a replay
 *     has read up to some seq says so for all events up to that seq, hence a replay reads behind a barrier
 *     (barrier.h): what the channel brings later than the barrier has a higher seq.
 *  4. `dedup_seq` holds only while the channel does. When the channel was interrupted, Redis may have lost its data
 *     and begun again with lower seqs: dedup_seq is forgotten, position is kept.
 *  5. Only a LIVE cursor delivers from the channel. In the other states events are held in the order of their
 *     arrival, and offered again when the cursor is LIVE: only then is it decided which of them are duplicates.
 *     Nothing is decided twice.
 *  6. A replayed event is delivered though the cursor is not LIVE; it advances the position like any other.
 *  7. A state that was read from where the publisher keeps it stands for the published event of the same seq, and for
 *     all states before: when the channel brings those, they are duplicates for the members that were sent it, and
 *     for nobody else. It says nothing of events that are no states.
 *  8. A state that was read is stale if the channel brought one while it was being read, or its seq is not above the
 *     newest known.
 */
#ifndef ROOM_CURSOR_H
#define ROOM_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

enum cursor_state {
	CURSOR_LIVE,		/* events are delivered as the channel brings them */
	CURSOR_REPLAYING,	/* events wait until what was missed has been read from the logs and delivered */
	CURSOR_PREPARING,	/* events wait for a baseline: the predecessor's last word, or a snapshot */
	CURSOR_STATES
};
enum cursor_verdict { CURSOR_DELIVER, CURSOR_DUPLICATE, CURSOR_HOLD };

/* A zeroed struct is a LIVE cursor without a baseline. */
struct cursor {
	int64_t	 position;
	int64_t	 dedup_seq;	/* 0: nothing is a duplicate */
	uint8_t	 state;		/* enum cursor_state; changed by cursor_enter only */
};

/* Every change of state. LIVE to each of the others, and back; anything else is a bug. */
void	 cursor_enter(struct cursor *c, enum cursor_state state);

static inline bool
cursor_is_live(const struct cursor *c)
{
	return c->state == CURSOR_LIVE;
}

/* What becomes of an event that a log brought. DELIVER: the position is behind it. */
static inline enum cursor_verdict
cursor_accept_replayed(struct cursor *c, int64_t seq)
{
	if (seq <= c->dedup_seq)
		return seq == 0 ? CURSOR_DELIVER : CURSOR_DUPLICATE;
	c->position = seq;
	return CURSOR_DELIVER;
}

/* What becomes of an event that the channel brought. */
static inline enum cursor_verdict
cursor_accept(struct cursor *c, int64_t seq)
{
	return c->state != CURSOR_LIVE ? CURSOR_HOLD : cursor_accept_replayed(c, seq);
}

/* The seq to replay from: INT64_MAX without a baseline, behind which there is nothing. */
int64_t	 cursor_since(const struct cursor *c);
/* A replay has delivered every event up to `upto`. A lower seq than the position is another Redis' count: it says
 * nothing. */
void	 cursor_replayed(struct cursor *c, int64_t upto);
/* The predecessor has delivered everything up to `seq`. */
void	 cursor_restore(struct cursor *c, int64_t seq);
/* Everything up to `seq` need not be delivered, though it may be; false where the position is there already. */
bool	 cursor_advance(struct cursor *c, int64_t seq);
/* The channel was interrupted. */
void	 cursor_interrupt(struct cursor *c);

/* The states of a room, beside its cursor. A zeroed struct: no state is known. */
struct state_cursor {
	int64_t	 seq;		/* the newest known; 0: none, or unplaced ones only */
	int64_t	 dedup_seq;	/* states at or below were sent to some members from where they are kept; 0: none */
	uint32_t version;	/* how many states all members have been sent */
};
/* The channel brought a state. False: it is a duplicate for the members whose sent_seq says so, and not delivered to
 * them. */
bool	 state_cursor_accept(struct state_cursor *c, int64_t seq);
/* Whether a state that was read (0: unplaced), begun when the version was `version`, is news. */
bool	 state_cursor_is_news(const struct state_cursor *c, int64_t seq, uint32_t version);
/* Whether a member that was sent a kept state of `sent_seq` (0: none) lacks the state of this seq. */
static inline bool
state_cursor_lacks(int64_t sent_seq, int64_t seq)
{
	return sent_seq < seq;
}
/* It was: `stands` when it stands for the published event, which is then a duplicate. */
void	 state_cursor_keep(struct state_cursor *c, int64_t seq, bool stands);
/* The channel was interrupted. */
void	 state_cursor_interrupt(struct state_cursor *c);

#endif
