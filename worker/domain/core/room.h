/* room.h -- publishing to the sockets of all hosts: one Redis message a room event.
 *
 * Rooms: analysis:{id} search:{id} batch:{id} user:{id} product:{id} stream:{key}, and `all`, in which every socket is.
 * Each has a channel fanout:{room}; when `keep` was asked for, its last state under room:last:{room} for late
 * subscribers; and, while somebody may want it, a short log of its events (room_log.h).
 *
 * The wire form of a channel message, of a kept state and of an entry of the log is one header line and the JSON of the
 * payload, never parsed on the way: "<seq> <class> <event> <alias or ->\n<payload>". seq is microseconds since 1970 by
 * Redis' clock, or one more than the last where that is not later. It is given in the script that also publishes, so
 * there is one order of all events of all rooms and publishers, and every subscriber's connection brings them in it,
 * whatever the clocks of the hosts say.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* how a full queue treats it: coalesce, drop oldest, disconnect */
enum room_class { ROOM_PROGRESS, ROOM_CARD, ROOM_STATE };

struct room_event {
	int64_t		 seq;
	enum room_class	 class;
	struct str	 event, alias;	/* alias.p NULL: none */
	struct str	 payload;	/* JSON */
};

#define ROOM_ALL "all"
/* The room of one fanout process: its only member is the process itself, for control events. */
#define ROOM_PROCESS "process:"

/* Publish `event` (and `alias`, NULL: none) to the room; `keep`: also its last state, in the same round trip. Neither
 * name has a space or a control character. Does not yield. What Redis does not take waits, and is published later, in
 * order and once (room_outbox.h); until then readers catch up from the tables. */
void	 room_publish(const char *room, enum room_class class, const char *event, const char *alias, struct str payload,
    bool keep);
/* Publish several events of one name in order, and know that it was done. An attempt that failed may have been
 * executed: a repeated one with the same name `once` (unique; at most two minutes later) is then not published again.
 * Yields. Errors as redis_cmd. */
int	 room_publish_all(const char *room, enum room_class class, const char *event, const struct str *payloads,
    size_t n,
	    const char *once);
/* A control event: it is for the processes with members in the room, never for the members. It goes the way of all
 * events, through the room's log, so that a process that could not hear it obeys it when it catches up. Its name begins
 * with this. */
#define ROOM_CONTROL '!'
bool	 room_is_control(const struct room_event *e);
/* Whether others may choose this name for an event: no spaces, none of the client libraries' own, no control. */
bool	 room_event_ok(const char *event);
/* The payload of `gap`: so many events of the room are not there any more, the first and the last seq of them. In
 * `mem`. */
struct arena;
struct str room_gap(struct arena *mem, const char *room, int64_t missed, int64_t from, int64_t to);
/* Take a wire message apart; the parts point into it. False when it is malformed. */
bool	 room_parse(const char *p, size_t n, struct room_event *out);
/* The key of the kept state, in `mem`. */
const char *room_last_key(struct arena *mem, const char *room);

#endif
