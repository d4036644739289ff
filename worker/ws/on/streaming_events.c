/* streaming_events.c -- streams: following one in the root namespace, watching one in /streaming. See
 * ws/session/event.h. Yields: the enterings.
 *
 *
 * Joining a stream's room delivers its state at once (`stream:state`), then every change.
 */
#include "event_tables.h"

#include "base/err.h"
#include "worker/domain/live/chat.h"
#include "worker/domain/live/stream.h"
#include "worker/ws/live/stream_viewers.h"
#include "worker/ws/session/snapshot.h"
#include "worker/ws/room/ws_room.h"
#include "worker/ws/session/recover.h"

enum { DEADLINE_MS = 5000 };

struct key_in { const char *key; int64_t history; bool observe; };
#define KEY P_ID(FROM_JSON, struct key_in, key, "streamKey", REQUIRED)
static const struct param follow_params[] = {
	KEY, P_INT(FROM_JSON, struct key_in, history, "history", OPTIONAL, 0, 1000, "0"), PARAM_END
};
static const struct param watch_params[] = { KEY, P_BOOL(FROM_JSON, struct key_in, observe, "observe", OPTIONAL,
    "false"), PARAM_END };
static const struct param key_params[] = { KEY, PARAM_END };

static struct str
ack_room(struct call *c, const char *room)
{
	return json_obj(c->mem, JB("ok", true), JS("room", room));
}

/* "join:stream" {streamKey, history?} -- its state first, unless as many of the last events are asked for instead. */
static int
stream_join(struct call *c, const void *args)
{
	const struct key_in *in = args;
	const char *room = stream_room(c->mem, in->key);
	int rc;

	if (in->history == 0)
		return join_with_snapshot(c, &(struct snapshot){ .room = room, .name = "stream", .id = in->key,
		    .read = stream_read, .event = "stream:state", .ack = ack_room(c, room) });
	if ((rc = room_join(&c->s->peer, room)) < 0)
		return rc;
	call_ack(c, ack_room(c, room));
	return recover_history(&c->s->peer, room, in->history);
}

static int
stream_leave(struct call *c, const void *args)
{
	const char *room = stream_room(c->mem, ((const struct key_in *)args)->key);

	(void)room_leave(&c->s->peer, room);
	call_ack(c, ack_room(c, room));
	return 0;
}

/* Whether the stream exists; observing is for moderators. */
static int
may_watch(struct call *c, const struct key_in *in)
{
	struct chat_access a;
	int rc = chat_access(in->key, &c->who, &a);

	if (rc < 0 && rc != E_BANNED)		/* from the chat, not from the stream */
		return rc;
	if (strcmp(a.status, "ended") == 0)
		return E_STREAM_ENDED;
	return in->observe && strcmp(a.role, "user") == 0 ? E_FORBIDDEN : 0;
}

static const char *
viewers_room(struct call *c, const struct key_in *in)
{
	return arena_printf(c->mem, "%s%s", in->observe ? STREAM_WATCH_ROOM : STREAM_VIEWERS_ROOM, in->key);
}

/* "stream:viewer:join" {streamKey, observe?} -- watch it; observe: get the count without being counted. */
static int
viewer_join(struct call *c, const void *args)
{
	const struct key_in *in = args;
	int rc;

	if ((rc = may_watch(c, in)) < 0 || (rc = room_join(&c->s->peer, viewers_room(c, in))) < 0)
		return rc;
	call_ack(c, json_obj(c->mem, JB("ok", true), JS("room", stream_room(c->mem, in->key)), JS("streamKey", in->key),
	    JI("count", stream_viewers_count(in->key))));
	return 0;
}

static int
viewer_leave(struct call *c, const void *args)
{
	struct key_in in = *(const struct key_in *)args;

	(void)room_leave(&c->s->peer, viewers_room(c, &in));
	in.observe = !in.observe;
	(void)room_leave(&c->s->peer, viewers_room(c, &in));
	call_ack(c, json_obj(c->mem, JB("ok", true), JS("room", stream_room(c->mem, in.key)), JS("streamKey", in.key)));
	return 0;
}

const struct event streaming_events[] = {
	{ "/",		"join:stream",		stream_join,	follow_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Follow a stream: stream:state comes first, or as many of its last events as history says",
	    .ack = ACK_ROOM, .room = "stream:{streamKey}" },
	{ "/",		"leave:stream",		stream_leave,	key_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Follow it no longer", .ack = ACK_ROOM, .room = "stream:{streamKey}" },
	{ "/streaming",	"stream:viewer:join",	viewer_join,	watch_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Watch a stream and be counted; observe: get the count without being counted",
	    .ack = "{ok:true, room:string, streamKey:string, count:int}",
	    .who = "all; observe: moderators and the seller of the stream, admins" },
	{ "/streaming",	"stream:viewer:leave",	viewer_leave,	key_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Watch it no longer", .ack = "{ok:true, room:string, streamKey:string}" },
	{ .name = NULL },
};
