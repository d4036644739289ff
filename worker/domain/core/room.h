/* room.h -- broadcasts to the sockets of all hosts: one Redis message per room event.
 *
 * Rooms: analysis:{id} search:{id} batch:{id} user:{id} product:{id} stream:{key}, and `all`, which every socket is
 * in. Each has a channel fanout:{room}; its last state under room:last:{room} where `keep` was set, for late
 * subscribers; and, while a client may need it for recovery, a short log of its events (room_log.h).
 *
 * A channel message, a kept state and a log entry have one wire form: a header line and the payload's JSON, which is
 * never parsed on the way: "<seq> <class> <event> <alias or ->\n<payload>", with " <traceparent>" behind the alias
 * where the publication is traced (trace.h). seq is microseconds since 1970 by Redis' clock, or the last one plus 1
 * where that is not later. The script that publishes also assigns it: events of all rooms and publishers have one total
 * order, every subscriber receives them in it, and the clocks of hosts do not matter.
 */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* what a full queue does with it: coalesce, drop oldest, disconnect */
enum room_class { ROOM_PROGRESS, ROOM_CARD, ROOM_STATE };

struct room_event {
	int64_t		 seq;
	enum room_class	 class;
	struct str	 event, alias;	/* alias.p NULL: none */
	struct str	 payload;	/* JSON */
	struct str	 trace;		/* the traceparent of its publication, where it is traced; p NULL: not */
};

#define ROOM_ALL "all"
/* The room of one fanout process: its only member is the process itself, for control events. */
#define ROOM_PROCESS "process:"

/* Publishes `event` (and `alias`; NULL: none) to the room; `keep` stores it as the room's last state in the same round
 * trip. Neither name may contain a space or a control character. Does not yield. What Redis does not take waits and is
 * published later, in order and once (room_outbox.h); until then readers catch up from the tables. */
void	 room_publish(const char *room, enum room_class class, const char *event, const char *alias, struct str payload,
    bool keep);
/* The trace that an event published now carries as `_trace` (WS_TRACE): that of the request or message under way; NULL:
 * none. And to publish with a trace noted earlier; room_publish takes the present one. */
const char *room_trace(void);
void	 room_publish_traced(const char *room, enum room_class class, const char *event, const char *alias,
    struct str payload, bool keep, const char *trace);
/* Publishes several events of one name in order and confirms it. A failed attempt may have been executed: repeat it
 * with the same `number` of room_batch_number, and it is not published twice. A process publishes one batch after the
 * other, so that the numbers reach Redis in order. Yields. Errors as redis_cmd. */
int64_t	 room_batch_number(void);
int	 room_publish_all(const char *room, enum room_class class, const char *event, const struct str *payloads,
    size_t n, int64_t number);
/* A control event is for processes with members in the room, never for the members. It travels through the room's log
 * like all events, so that a process that missed it obeys it when it catches up. Its name begins with this. */
#define ROOM_CONTROL '!'
bool	 room_is_control(const struct room_event *e);
/* Whether callers from outside may use this event name: no spaces, no name reserved by the client libraries, no
 * control. */
bool	 room_event_ok(const char *event);
/* The payload of a `gap` event: how many events of the room are lost, the seq of the first and of the last. In `mem`.
 */
struct arena;
struct str room_gap(struct arena *mem, const char *room, int64_t missed, int64_t from, int64_t to);
/* Splits a wire message; the parts point into it. False when it is malformed. */
bool	 room_parse(const char *p, size_t n, struct room_event *out);
/* The Redis key of the room's kept state, in `mem`. */
const char *room_last_key(struct arena *mem, const char *room);

#endif
