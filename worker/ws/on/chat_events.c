/* chat_events.c -- the chat of a stream: coming in with the last messages, speaking, keeping order. See
 * ws/session/event.h; the rules are in domain/live/chat.h. Yields: all.
 */
#include "event_tables.h"

#include "base/conf.h"
#include "base/err.h"
#include "worker/domain/core/room_log.h"
#include "worker/domain/live/chat.h"
#include "worker/ws/room/replay.h"
#include "worker/ws/session/snapshot.h"
#include "worker/ws/room/ws_room.h"

enum { DEADLINE_MS = 5000 };

#define KEY(T) P_ID(FROM_JSON, T, key, "streamKey", REQUIRED)

/* --- In and out --- */

struct key_in { const char *key; };
static const struct param key_params[] = { KEY(struct key_in), PARAM_END };

/* A stored message may not be published yet: one of the last minute that is not in the room's log will still come
 * over the channel. So the history consists of what was published before the barrier, and of what is older than
 * the log. */
enum { LOG_EVENTS = 500 };

static const char *
id_of(struct arena *mem, const struct room_event *e)
{
	const struct json *m;

	if (!str_eq(e->event, STR("chat:message")) || json_parse(mem, e->payload.p, e->payload.n, &m) < 0)
		return NULL;
	return json_str(json_get(m, "id"));
}

static bool
has_id(const char **ids, size_t n, const char *id)
{
	while (n-- > 0)
		if (strcmp(ids[n], id) == 0)
			return true;
	return false;
}

/* The ids of the messages in the room's log. */
static int
read_told(struct arena *mem, const char *key, const char ***ids, size_t *n)
{
	struct replay_room log = { .name = chat_room(mem, key) };
	struct room_event e;
	size_t i;
	int rc;

	/* a late barrier is tolerated: a message delivered twice is better than a refused join */
	if ((rc = replay_read_last(&log, LOG_EVENTS)) < 0)
		return rc;
	*ids = arena_alloc(mem, (log.missed.n + 1) * sizeof(**ids));
	for (*n = i = 0; i < log.missed.n; i++)
		if (room_parse(log.missed.v[i].p, log.missed.v[i].n, &e) && ((*ids)[*n] = id_of(mem, &e)) != NULL)
			(*n)++;
	return 0;
}

/* The list without the messages that are still to be published. */
static struct str
leave_out(struct arena *mem, struct str list, const struct json *young, const char **told, size_t n)
{
	const char **untold = arena_alloc(mem, (json_count(young) + 1) * sizeof(*untold));
	const struct json *j, *all;
	struct buf b = { 0 };
	struct str one;
	size_t n_untold = 0;

	for (j = json_first(young); j != NULL; j = json_next(j))
		if (!has_id(told, n, json_str(j)))
			untold[n_untold++] = json_str(j);
	if (n_untold == 0 || json_parse(mem, list.p, list.n, &all) < 0)
		return list;
	buf_byte(&b, '[');
	for (j = json_first(all); j != NULL; j = json_next(j)) {
		if (has_id(untold, n_untold, json_str(json_get(j, "id"))))
			continue;
		one = json_text(mem, j);
		buf_str(&b, b.n > 1 ? "," : "");
		buf_add(&b, one.p, one.n);
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

static int
read_history(struct arena *mem, const char *key, struct str *out)
{
	const struct json *young;
	const char **told = NULL;
	struct str list;
	size_t n = 0;
	int rc;

	if ((room_log_on() && (rc = read_told(mem, key, &told, &n)) < 0) ||
	    (rc = chat_recent(mem, key, &list, &young)) < 0)
		return rc;
	if (room_log_on())
		list = leave_out(mem, list, young, told, n);
	*out = json_obj(mem, JS("streamKey", key), JR("messages", list));
	return 0;
}

/* Whether the history has this message already. */
static bool
in_history(struct arena *mem, struct str history, const struct room_event *e)
{
	const char *id = id_of(mem, e), *other;
	const struct json *all, *m;

	if (id == NULL || json_parse(mem, history.p, history.n, &all) < 0)
		return false;
	for (m = json_first(json_get(all, "messages")); m != NULL; m = json_next(m))
		if ((other = json_str(json_get(m, "id"))) != NULL && strcmp(id, other) == 0)
			return true;
	return false;
}

/* "chat:join-room" {streamKey} -- sends `chat:history` with the last messages, then the acknowledgement, then new
 * messages. */
static int
chat_join(struct call *c, const void *args)
{
	const struct key_in *in = args;
	struct chat_access a;
	struct snapshot l = {
		.room = chat_room(c->mem, in->key), .name = "chat", .id = in->key, .read = read_history,
		.event = "chat:history", .admitted = true, .seen = in_history,
	};
	int rc = chat_access(in->key, &c->who, &a);

	c->wait_s = a.wait_s;
	if (rc < 0)
		return rc;
	l.ack = json_obj(c->mem, JB("ok", true), JS("room", stream_room(c->mem, in->key)), JS("streamKey", in->key),
	    JS("role", a.role),
	    JS("status", a.status), JI("slowModeSeconds", a.slow_mode_s), JI("maxLength", conf.chat_message_max));
	return join_with_snapshot(c, &l);
}

static int
chat_leave(struct call *c, const void *args)
{
	const char *key = ((const struct key_in *)args)->key;

	(void)room_leave(&c->s->peer, chat_room(c->mem, key));
	call_ack(c, json_obj(c->mem, JB("ok", true), JS("room", stream_room(c->mem, key)), JS("streamKey", key)));
	return 0;
}

/* --- Speaking --- */

struct send_in { const char *key, *message, *client_id; };
static const struct param send_params[] = {
	KEY(struct send_in), P_STR(FROM_JSON, struct send_in, message, "message", REQUIRED, 1, 20000),
	P_STR(FROM_JSON, struct send_in, client_id, "clientMessageId", OPTIONAL, 1, CHAT_ID_MAX), PARAM_END
};

/* The length counts what is left of a message after cleaning. */
static int
explain_length(struct call *c, int rc)
{
	const struct param row = { .name = "message", .kind = PARAM_STR, .min = 1, .max = conf.chat_message_max };
	const struct param_faults faults = { { { row.name, REASON_LENGTH, &row } }, 1 };

	if (rc == E_VALIDATION)
		c->details = param_faults_json(c->mem, &faults, c->s->session->english);
	return rc;
}

/* "chat:send-message" {streamKey, message, clientMessageId?} -- acknowledged when it is stored for good. */
static int
message_send(struct call *c, const void *args)
{
	const struct send_in *in = args;
	struct chat_post p = { .key = in->key, .client_id = in->client_id, .who = c->who };
	struct str doc;
	bool keeper;
	int rc;

	if (room_member(&c->s->peer, chat_room(c->mem, in->key)) == NULL)
		return E_NOT_JOINED;
	if ((rc = chat_allow(in->key, &p.who, &keeper, &c->wait_s)) < 0)
		return rc;
	if ((rc = chat_text(c->mem, in->message, keeper, &p.body)) < 0)
		return explain_length(c, rc);
	if (c->s->peer.gone)
		return E_CANCELED;	/* logged out, or thrown out, since it began to speak */
	if ((rc = chat_post(c->mem, &p, &doc, &c->wait_s)) < 0)
		return rc;
	call_ack(c, json_obj(c->mem, JB("ok", true), JR("message", doc)));
	return 0;
}

/* --- Keeping order --- */

struct message_in { const char *key, *id; };
static const struct param message_params[] = {
	KEY(struct message_in), P_ID(FROM_JSON, struct message_in, id, "messageId", REQUIRED), PARAM_END
};

static int
ack_done(struct call *c, int rc)
{
	if (rc == 0)
		call_ack(c, json_obj(c->mem, JB("ok", true)));
	return rc;
}

static int
message_delete(struct call *c, const void *args)
{
	const struct message_in *in = args;

	return ack_done(c, chat_delete(c->mem, in->key, &c->who, in->id));
}

struct person_in { const char *key, *user, *reason; int64_t seconds; };
static const struct param person_params[] = {
	KEY(struct person_in), P_ID(FROM_JSON, struct person_in, user, "userId", REQUIRED),
	P_INT(FROM_JSON, struct person_in, seconds, "seconds", OPTIONAL, 0, CHAT_SANCTION_S_MAX, "0"),
	P_STR(FROM_JSON, struct person_in, reason, "reason", OPTIONAL, 1, CHAT_REASON_MAX), PARAM_END
};

static int
sanction(struct call *c, const struct person_in *in, const char *kind)
{
	struct chat_sanction s = { .user = in->user, .kind = kind, .reason = in->reason, .seconds = in->seconds };
	struct str doc;
	int rc;

	if ((rc = chat_sanction(c->mem, in->key, &c->who, &s, &doc)) == 0)
		call_ack(c, json_obj(c->mem, JB("ok", true), JR("sanction", doc)));
	return rc;
}

static int
lift_sanction(struct call *c, const struct person_in *in, const char *kind)
{
	return ack_done(c, chat_lift(c->mem, in->key, &c->who, in->user, kind));
}

static int
user_mute(struct call *c, const void *args)
{
	return sanction(c, args, "mute");
}

static int
user_ban(struct call *c, const void *args)
{
	return sanction(c, args, "ban");
}

static int
user_unmute(struct call *c, const void *args)
{
	return lift_sanction(c, args, "mute");
}

static int
user_unban(struct call *c, const void *args)
{
	return lift_sanction(c, args, "ban");
}

struct slow_in { const char *key; int64_t seconds; };
static const struct param slow_params[] = {
	KEY(struct slow_in), P_INT(FROM_JSON, struct slow_in, seconds, "seconds", REQUIRED, 0, STREAM_SLOW_MAX_S, NULL),
	    PARAM_END
};

static int
slow_mode(struct call *c, const void *args)
{
	const struct slow_in *in = args;

	return ack_done(c, chat_slow(c->mem, in->key, &c->who, in->seconds));
}

const struct event chat_events[] = {
	{ "/chat", "chat:join-room",	chat_join,	key_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Enter the chat of a stream: chat:history comes first, then each new message",
	    .ack = "{ok:true, room:string, streamKey:string, role:ChatRole, status:StreamStatus, "
	    "slowModeSeconds:int, maxLength:int}", .room = "chat:{streamKey}",
	    .who = "users who are not banned there" },
	{ "/chat", "chat:leave-room",	chat_leave,	key_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Leave it", .ack = "{ok:true, room:string, streamKey:string}", .room = "chat:{streamKey}" },
	{ "/chat", "chat:send-message",	message_send,	send_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Say something; acknowledged when it is stored. A clientMessageId makes a repetition harmless",
	    .ack = "{ok:true, message:ChatMessage}", .who = "users in the chat who are not muted" },
	{ "/chat", "chat:delete-message", message_delete, message_params, AUTH_USER, DEADLINE_MS,
	    .help = "Take a message out", .ack = ACK_DONE, .who = "moderators and the seller of the stream, admins" },
	{ "/chat", "chat:mute-user",	user_mute,	person_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Let a user read only, for so many seconds; 0: for ever",
	    .ack = "{ok:true, sanction:Sanction}", .who = "moderators and the seller of the stream, admins" },
	{ "/chat", "chat:unmute-user",	user_unmute,	person_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Let the user write again", .ack = ACK_DONE,
	    .who = "moderators and the seller of the stream, admins" },
	{ "/chat", "chat:ban-user",	user_ban,	person_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Throw a user out, for so many seconds; 0: for ever", .ack = "{ok:true, sanction:Sanction}",
	    .who = "moderators and the seller of the stream, admins" },
	{ "/chat", "chat:unban-user",	user_unban,	person_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Let the user in again", .ack = ACK_DONE,
	    .who = "moderators and the seller of the stream, admins" },
	{ "/chat", "chat:slow-mode",	slow_mode,	slow_params,	AUTH_USER, DEADLINE_MS,
	    .help = "How long everybody has to wait between messages; 0: not at all", .ack = ACK_DONE,
	    .who = "moderators and the seller of the stream, admins" },
	{ .name = NULL },
};
