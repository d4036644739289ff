/* room_script.h -- the script that gives events their seq, publishes them and appends them to their rooms' logs.
 *
 * One call takes any number of events, of any rooms, in order, and no other publication comes between them.
 *
 * room:told:{publisher} is the number of the last event of that publisher which has been executed, kept for a day: one
 * key a process, by which a repeated attempt is recognised although its first answer was lost.
 */
#ifndef CORE_ROOM_SCRIPT_H
#define CORE_ROOM_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* An event to be published. */
struct room_item {
	struct room_item *next;
	int64_t		  n;		/* of its publisher: each is higher than the one before */
	int64_t		  keep_s;	/* how long it is the room's state; 0: it is none */
	struct buf	  tail;		/* the wire form (room.h) without the seq */
	bool		  stored;	/* in room_outbox */
	struct trace	 *trace;	/* the span of its publication, owned; NULL: it is not recorded */
	int64_t		  start_us;	/* of the span */
	char		  event[32];	/* its name, cut; of a recorded one */
	char		  room[];
};
struct room_item *room_item_new(const char *room, int64_t keep_s);
void	 room_item_free(struct room_item *i);
/* Record its publication below the present span (trace_now), from now until room_item_told. */
void	 room_item_trace(struct room_item *i, const char *event);
/* Redis has taken it. */
void	 room_item_told(const struct room_item *i);

/* The first attempt, for a chain of `n` items (next). `on_told` as redis_send_eval_told calls it; the items are the
 * caller's. Does not yield. */
void	 room_script_send(struct room_item *first, size_t n, const char *publisher,
    void (*on_told)(void *first, int rc));
/* Another attempt, for one: nothing is published where this or a later one of the publisher was. Yields. Errors as
 * redis_cmd. */
int	 room_script_run(const struct room_item *i, const char *publisher);
/* A list of `n` events for room_script_run_all, each then added with its message without the seq. */
void	 room_list_begin(struct buf *list, size_t n);
void	 room_list_add(struct buf *list, const char *room, int64_t keep_s, struct str tail);
/* room_publish_all, for a publisher of its own. Yields. Errors as redis_cmd. */
int	 room_script_run_all(const struct buf *list, const char *publisher, int64_t number);

#endif
