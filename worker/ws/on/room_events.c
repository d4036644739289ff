/* room_events.c -- the root namespace: entering and leaving rooms, ping. See ws/session/event.h.
 *
 * Entering is acknowledged when the room's channel delivers, so nothing published after the acknowledgement is missed;
 * then the last known state follows, or as many of the last events as the client asks for ("history"). Yields: the
 * enterings.
 */
#include "event_tables.h"

#include "base/err.h"
#include "worker/ws/room/kept_state.h"
#include "worker/ws/room/ws_room.h"
#include "worker/ws/session/pong.h"
#include "worker/ws/session/recover.h"

enum { DEADLINE_MS = 5000 };

static void
ack_room(struct call *c, const char *room)
{
	call_ack(c, json_obj(c->mem, JB("ok", true), JS("room", room)));
}

struct id_in { const char *id; int64_t history; };

/* Joins and acknowledges; `state` is sent then, unless the client asks for history. */
static int
join_room(struct call *c, const char *kind, const struct id_in *in, bool state)
{
	const char *room = arena_printf(c->mem, "%s:%s", kind, in->id);
	int rc;

	if ((rc = room_join(&c->s->peer, room)) < 0)
		return rc;
	ack_room(c, room);
	if (in->history > 0)
		return recover_history(&c->s->peer, room, in->history);
	return state ? kept_state_send(&c->s->peer, room) : 0;
}

static int
enter_room(struct call *c, const char *kind, const struct id_in *in)
{
	return join_room(c, kind, in, true);
}

/* Enter the room of a request; the last error about it is sent too. */
static int
enter_request(struct call *c, const char *kind, const struct id_in *in)
{
	int rc = enter_room(c, kind, in);

	if (rc == 0 && in->history == 0)
		rc = kept_state_send_failure(&c->s->peer, arena_printf(c->mem, "%s:%s", kind, in->id), in->id);
	return rc;
}

/* Leaving a room one is not in is no error: it is what the client wanted. */
static int
leave_room(struct call *c, const char *kind, const char *id)
{
	const char *room = arena_printf(c->mem, "%s:%s", kind, id);

	(void)room_leave(&c->s->peer, room);
	ack_room(c, room);
	return 0;
}

#define ROOM_PARAMS(name) P_ID(FROM_JSON, struct id_in, id, name, REQUIRED), \
	P_INT(FROM_JSON, struct id_in, history, "history", OPTIONAL, 0, 1000, "0"), PARAM_END
static const struct param analysis_params[] = { ROOM_PARAMS("requestId") };
static const struct param search_params[] = { ROOM_PARAMS("messageId") };
static const struct param batch_params[] = { ROOM_PARAMS("jobId") };
static const struct param product_params[] = { ROOM_PARAMS("productId") };
static const struct param user_params[] = { ROOM_PARAMS("userId") };
static const struct param no_params[] = { PARAM_END };

static int
analysis_subscribe(struct call *c, const void *args)
{
	return enter_request(c, "analysis", args);
}

static int
analysis_unsubscribe(struct call *c, const void *args)
{
	return leave_room(c, "analysis", ((const struct id_in *)args)->id);
}

static int
search_subscribe(struct call *c, const void *args)
{
	return enter_request(c, "search", args);
}

static int
search_unsubscribe(struct call *c, const void *args)
{
	return leave_room(c, "search", ((const struct id_in *)args)->id);
}

static int
batch_subscribe(struct call *c, const void *args)
{
	return enter_request(c, "batch", args);
}

static int
batch_unsubscribe(struct call *c, const void *args)
{
	return leave_room(c, "batch", ((const struct id_in *)args)->id);
}

static int
product_join(struct call *c, const void *args)
{
	return enter_room(c, "product", args);
}

static int
product_leave(struct call *c, const void *args)
{
	return leave_room(c, "product", ((const struct id_in *)args)->id);
}

/* A user's room has no state: what the user has not read is in the notifications. */
static int
user_join(struct call *c, const void *args)
{
	const struct id_in *in = args;

	if (strcmp(in->id, c->who.user) != 0)
		return E_FORBIDDEN;
	return join_room(c, "user", in, false);
}

static int
user_leave(struct call *c, const void *args)
{
	return leave_room(c, "user", ((const struct id_in *)args)->id);
}

/* "ping" {timestamp?} -- answered by "pong" {timestamp}. */
static int
ping(struct call *c, const void *args)
{
	struct str payload = json_obj(c->mem, pong_timestamp(c->mem, c->body));

	(void)args;
	sio_emit(c->s, "pong", payload);
	call_ack(c, payload);
	return 0;
}

const struct event root_events[] = {
	{ "/", "subscribe-analysis",	analysis_subscribe,	analysis_params,	AUTH_NONE, DEADLINE_MS,
	    .help = "Follow an analysis: its last state comes at once, or as many of its last events as "
	    "history says", .ack = ACK_ROOM, .room = "analysis:{requestId}" },
	{ "/", "unsubscribe-analysis",	analysis_unsubscribe,	analysis_params,	AUTH_NONE, DEADLINE_MS,
	    .help = "Follow it no longer", .ack = ACK_ROOM, .room = "analysis:{requestId}" },
	{ "/", "subscribe-search",	search_subscribe,	search_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Follow a search: its last state comes at once, or as many of its last events as history says",
	    .ack = ACK_ROOM, .room = "search:{messageId}" },
	{ "/", "unsubscribe-search",	search_unsubscribe,	search_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Follow it no longer", .ack = ACK_ROOM, .room = "search:{messageId}" },
	{ "/", "subscribe-batch",	batch_subscribe,	batch_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Follow a batch: its last state comes at once, or as many of its last events as history says",
	    .ack = ACK_ROOM, .room = "batch:{jobId}" },
	{ "/", "unsubscribe-batch",	batch_unsubscribe,	batch_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Follow it no longer", .ack = ACK_ROOM, .room = "batch:{jobId}" },
	{ "/", "join-product-room",	product_join,		product_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Follow the price of a product", .ack = ACK_ROOM, .room = "product:{productId}" },
	{ "/", "leave-product-room",	product_leave,		product_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Follow it no longer", .ack = ACK_ROOM, .room = "product:{productId}" },
	{ "/", "unsubscribe-product",	product_leave,		product_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "The same as leave-product-room", .ack = ACK_ROOM, .room = "product:{productId}" },
	{ "/", "join-user-room",	user_join,		user_params,		AUTH_USER, DEADLINE_MS,
	    .help = "Get what is for one user: notifications, watched prices, recommendations", .ack = ACK_ROOM,
	    .room = "user:{userId}", .who = "that user" },
	{ "/", "leave-user-room",	user_leave,		user_params,		AUTH_USER, DEADLINE_MS,
	    .help = "Get it no longer", .ack = ACK_ROOM, .room = "user:{userId}" },
	{ "/", "unsubscribe-user",	user_leave,		user_params,		AUTH_USER, DEADLINE_MS,
	    .help = "The same as leave-user-room", .ack = ACK_ROOM, .room = "user:{userId}" },
	{ "/", "ping",			ping,			no_params,		AUTH_NONE, DEADLINE_MS,
	    .help = "Is answered by pong, and acknowledged with the same", .ack = "{timestamp:num}",
	    .arg = "{?timestamp:num}|null" },
	{ .name = NULL },
};
