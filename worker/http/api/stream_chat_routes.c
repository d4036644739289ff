/* stream_chat_routes.c -- the chat of a stream over REST: what was said, and keeping order. Yields: all. The rules are
 * in domain/live/chat.h. */
#include "../req.h"
#include "base/err.h"
#include "route_caller.h"
#include "routes.h"
#include "worker/domain/live/chat.h"

enum { DEADLINE_MS = 5000 };

static int
reply_said(struct req *rq, int rc, enum message said)
{
	return rc < 0 ? rc : reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(said, rq->english))));
}

#define KEY(T) P_ID(FROM_PATH, T, key, "key", REQUIRED)
struct key_in { const char *key; };
static const struct param key_params[] = { KEY(struct key_in), PARAM_END };

/* --- Messages --- */

struct page_in { const char *key, *cursor; int64_t limit; };
static const struct param page_params[] = {
	KEY(struct page_in), P_PAGE(struct page_in, 200, "50"), PARAM_END
};

static int
history(struct req *rq, const void *args)
{
	const struct page_in *in = args;
	struct caller who = req_caller_text(rq);
	const char *next;
	struct str list;
	int rc;

	if ((rc = chat_history(rq->mem, in->key, &who, in->limit, in->cursor, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

struct message_in { const char *key, *id; };
static const struct param message_params[] = {
	KEY(struct message_in), P_ID(FROM_PATH, struct message_in, id, "messageId", REQUIRED), PARAM_END
};

static int
message_drop(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	const struct message_in *in = args;

	return reply_said(rq, chat_delete(rq->mem, in->key, &who, in->id), MSG_CHAT_DELETED);
}

/* --- People --- */

struct person_in { const char *key, *user, *reason; int64_t seconds; };
static const struct param sanction_params[] = {
	KEY(struct person_in), P_ID(FROM_JSON, struct person_in, user, "userId", REQUIRED),
	P_INT(FROM_JSON, struct person_in, seconds, "seconds", OPTIONAL, 0, CHAT_SANCTION_S_MAX, "0"),
	P_STR(FROM_JSON, struct person_in, reason, "reason", OPTIONAL, 1, CHAT_REASON_MAX), PARAM_END
};
static const struct param person_params[] = {
	KEY(struct person_in), P_ID(FROM_PATH, struct person_in, user, "userId", REQUIRED), PARAM_END
};
static const struct param moderator_params[] = {
	KEY(struct person_in), P_ID(FROM_JSON, struct person_in, user, "userId", REQUIRED), PARAM_END
};

static int
sanction(struct req *rq, const struct person_in *in, const char *kind)
{
	struct chat_sanction s = { .user = in->user, .kind = kind, .reason = in->reason, .seconds = in->seconds };
	struct caller who = req_caller_text(rq);
	struct str doc;
	int rc = chat_sanction(rq->mem, in->key, &who, &s, &doc);

	return rc < 0 ? rc : reply_data(rq, 201, doc, MSG_CHAT_SANCTIONED);
}

static int
lift(struct req *rq, const struct person_in *in, const char *kind)
{
	struct caller who = req_caller_text(rq);

	return reply_said(rq, chat_lift(rq->mem, in->key, &who, in->user, kind), MSG_CHAT_LIFTED);
}

static int
mute(struct req *rq, const void *args)
{
	return sanction(rq, args, "mute");
}

static int
ban(struct req *rq, const void *args)
{
	return sanction(rq, args, "ban");
}

static int
unmute(struct req *rq, const void *args)
{
	return lift(rq, args, "mute");
}

static int
unban(struct req *rq, const void *args)
{
	return lift(rq, args, "ban");
}

typedef int list_fn(struct arena *mem, const char *key, const struct caller *who, struct str *list);

static int
reply_listed(struct req *rq, const struct key_in *in, list_fn *read)
{
	struct caller who = req_caller_text(rq);
	struct str list;
	int rc = read(rq->mem, in->key, &who, &list);

	return rc < 0 ? rc : reply_list(rq, list, NULL);
}

static int
sanctions(struct req *rq, const void *args)
{
	return reply_listed(rq, args, chat_sanctions);
}

static int
moderators(struct req *rq, const void *args)
{
	return reply_listed(rq, args, chat_moderators);
}

static int
moderator_add(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	const struct person_in *in = args;

	return reply_said(rq, chat_moderator_add(rq->mem, in->key, &who, in->user), MSG_MODERATOR_ADDED);
}

static int
moderator_drop(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	const struct person_in *in = args;

	return reply_said(rq, chat_moderator_drop(rq->mem, in->key, &who, in->user), MSG_MODERATOR_REMOVED);
}

const struct route stream_chat_routes[] = {
	{ "GET", "/api/v1/streams/{key}/chat", history, page_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "What was said, newest first", LIST("ChatMessage") " !CHAT_BANNED", 0 },
	{ "DELETE", "/api/v1/streams/{key}/chat/{messageId}", message_drop, message_params, AUTH_USER, RATE_DEFAULT,
	    DEADLINE_MS,
	    "Take a message away (seller, moderator, admin)", SAID " !FORBIDDEN", 0 },
	{ "GET", "/api/v1/streams/{key}/chat-sanctions", sanctions, key_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "Who is muted or banned (seller, moderator, admin)", LIST("SanctionEntry") " !FORBIDDEN", 0 },
	{ "POST", "/api/v1/streams/{key}/mutes", mute, sanction_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "Mute somebody for some seconds, or (0) for ever (seller, moderator, admin)",
	    "201 " DATA_SAID("Sanction") " !FORBIDDEN", 0 },
	{ "DELETE", "/api/v1/streams/{key}/mutes/{userId}", unmute, person_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "Let somebody speak again (seller, moderator, admin)", SAID " !FORBIDDEN", 0 },
	{ "POST", "/api/v1/streams/{key}/bans", ban, sanction_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "Ban somebody from the chat for some seconds, or (0) for ever (seller, moderator, admin)",
	    "201 " DATA_SAID("Sanction") " !FORBIDDEN", 0 },
	{ "DELETE", "/api/v1/streams/{key}/bans/{userId}", unban, person_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "Let somebody in again (seller, moderator, admin)", SAID " !FORBIDDEN", 0 },
	{ "GET", "/api/v1/streams/{key}/moderators", moderators, key_params, AUTH_USER, RATE_DEFAULT, DEADLINE_MS,
	    "Who keeps order besides the seller (seller, moderator, admin)", LIST("ChatPerson") " !FORBIDDEN", 0 },
	{ "POST", "/api/v1/streams/{key}/moderators", moderator_add, moderator_params, AUTH_SELLER, RATE_DEFAULT,
	    DEADLINE_MS,
	    "Name a moderator", SAID " !CONFLICT", 0 },
	{ "DELETE", "/api/v1/streams/{key}/moderators/{userId}", moderator_drop, person_params, AUTH_SELLER,
	    RATE_DEFAULT, DEADLINE_MS,
	    "Remove a moderator", SAID, 0 },
	{ 0 }
};
