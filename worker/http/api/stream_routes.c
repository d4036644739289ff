/* stream_routes.c -- streams that sell live: planned, started, ended, and what is shown in them. Yields: all. The rules
 * are in domain/live/stream.h. */
#include "../req.h"
#include "base/err.h"
#include "route_caller.h"
#include "routes.h"
#include "worker/domain/live/stream.h"

enum { DEADLINE_MS = 5000 };

static int
reply_stream(struct req *rq, int rc, int status, struct str json, enum message said)
{
	return rc < 0 ? rc : reply_data(rq, status, json, said);
}

/* --- The stream itself --- */

struct stream_in { const char *key, *title, *description, *scheduled_at, *playback; int64_t slow; };
#define KEY(T) P_ID(FROM_PATH, T, key, "key", REQUIRED)
#define PLAN(need) \
	P_STR(FROM_JSON, struct stream_in, title, "title", need, 1, STREAM_TITLE_MAX), \
	P_STR(FROM_JSON, struct stream_in, description, "description", OPTIONAL, 0, STREAM_DESCRIPTION_MAX), \
	P_TIME(FROM_JSON, struct stream_in, scheduled_at, "scheduledAt", OPTIONAL), \
	P_URL(FROM_JSON, struct stream_in, playback, "playbackUrl", OPTIONAL, STREAM_URL_MAX), \
	P_INT(FROM_JSON, struct stream_in, slow, "slowModeSeconds", OPTIONAL, 0, STREAM_SLOW_MAX_S, NULL)
static const struct param create_params[] = { PLAN(REQUIRED), PARAM_END };
static const struct param change_params[] = { KEY(struct stream_in), PLAN(OPTIONAL), PARAM_END };
static const struct param key_params[] = { KEY(struct stream_in), PARAM_END };

static bool
says(const struct req *rq, const char *name)
{
	const struct json *v = json_get(rq->json, name);

	return v != NULL && json_type(v) != JSON_NULL;
}

/* What plays the stream; null takes it away. */
static const char *
playback_of(const struct req *rq, const struct stream_in *in)
{
	const struct json *v = json_get(rq->json, "playbackUrl");

	return v != NULL && json_type(v) == JSON_NULL ? "" : in->playback;
}

static struct stream_plan
plan_of(const struct req *rq, const struct stream_in *in)
{
	return (struct stream_plan){
		.title = in->title, .description = in->description, .scheduled_at = in->scheduled_at,
		.playback_url = playback_of(rq, in), .slow_mode_s = says(rq, "slowModeSeconds") ? in->slow : -1,
	};
}

static int
create(struct req *rq, const void *args)
{
	struct stream_plan plan = plan_of(rq, args);
	struct str json = { 0 };
	int rc = rq->user != NULL ? stream_create(rq->mem, rq->user, &plan, &json) : E_UNAUTHORIZED;

	return reply_stream(rq, rc, 201, json, MSG_STREAM_CREATED);
}

static int
change(struct req *rq, const void *args)
{
	struct stream_plan plan = plan_of(rq, args);
	struct caller who = req_caller_text(rq);
	struct str json;
	int rc = stream_change(rq->mem, ((const struct stream_in *)args)->key, &who, &plan, &json);

	return reply_stream(rq, rc, 200, json, MSG_NONE);
}

static int
read_one(struct req *rq, const void *args)
{
	struct str json;
	int rc = stream_read(rq->mem, ((const struct stream_in *)args)->key, &json);

	return reply_stream(rq, rc, 200, json, MSG_NONE);
}

static int
start(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	struct str json;
	int rc = stream_start(rq->mem, ((const struct stream_in *)args)->key, &who, &json);

	return reply_stream(rq, rc, 200, json, MSG_STREAM_STARTED);
}

static int
end(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	struct str json;
	int rc = stream_end(rq->mem, ((const struct stream_in *)args)->key, &who, &json);

	return reply_stream(rq, rc, 200, json, MSG_STREAM_ENDED);
}

static int
drop(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	int rc = stream_delete(rq->mem, ((const struct stream_in *)args)->key, &who);

	return rc < 0 ? rc : reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(MSG_STREAM_DELETED, rq->english))));
}

/* --- The list --- */

struct list_in { const char *status, *seller, *cursor; int64_t limit; bool live; };
static const struct param list_params[] = {
	P_BOOL(FROM_QUERY, struct list_in, live, "live", OPTIONAL, "false"),
	P_PICK(FROM_QUERY, struct list_in, status, "status", OPTIONAL, "scheduled|live|ended", NULL),
	P_ID(FROM_QUERY, struct list_in, seller, "sellerId", OPTIONAL),
	P_PAGE(struct list_in, 100, "20"),
	PARAM_END
};

static int
list(struct req *rq, const void *args)
{
	const struct list_in *in = args;
	const char *next;
	struct str rows;
	int rc;

	if ((rc = stream_list(rq->mem, in->live ? "live" : in->status, in->seller, in->limit, in->cursor, &rows,
	    &next)) < 0)
		return rc;
	return reply_list(rq, rows, next);
}

/* --- Products --- */

struct pin_in { const char *key, *product; int64_t position; bool highlight; };
static const struct param pin_params[] = {
	KEY(struct pin_in), P_ID(FROM_JSON, struct pin_in, product, "productId", REQUIRED),
	P_INT(FROM_JSON, struct pin_in, position, "position", OPTIONAL, 0, 100000, NULL),
	P_BOOL(FROM_JSON, struct pin_in, highlight, "highlighted", OPTIONAL, "false"), PARAM_END
};
static const struct param arrange_params[] = {
	KEY(struct pin_in), P_ID(FROM_PATH, struct pin_in, product, "productId", REQUIRED),
	P_INT(FROM_JSON, struct pin_in, position, "position", OPTIONAL, 0, 100000, NULL),
	P_BOOL(FROM_JSON, struct pin_in, highlight, "highlighted", OPTIONAL, "false"), PARAM_END
};
static const struct param unpin_params[] = {
	KEY(struct pin_in), P_ID(FROM_JSON, struct pin_in, product, "productId", REQUIRED), PARAM_END
};

static int64_t
place_of(const struct req *rq, const struct pin_in *in)
{
	return says(rq, "position") ? in->position : -1;
}

static int
reply_products(struct req *rq, int rc, int status, struct str rows)
{
	return rc < 0 ? rc : reply_data(rq, status, rows, MSG_NONE);
}

static int
products(struct req *rq, const void *args)
{
	struct str rows;
	int rc = stream_products(rq->mem, ((const struct stream_in *)args)->key, &rows);

	return rc < 0 ? rc : reply_list(rq, rows, NULL);
}

static int
pin(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	const struct pin_in *in = args;
	struct str rows;
	int rc = stream_pin(rq->mem, in->key, &who, in->product, place_of(rq, in), in->highlight, &rows);

	return reply_products(rq, rc, 201, rows);
}

static int
arrange(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	const struct pin_in *in = args;
	struct str rows;
	int rc = stream_arrange(rq->mem, in->key, &who, in->product, place_of(rq, in),
	    says(rq, "highlighted") ? in->highlight : -1, &rows);

	return reply_products(rq, rc, 200, rows);
}

static int
unpin(struct req *rq, const void *args)
{
	struct caller who = req_caller_text(rq);
	const struct pin_in *in = args;
	struct str rows;
	int rc = stream_unpin(rq->mem, in->key, &who, in->product, &rows);

	return reply_products(rq, rc, 200, rows);
}

const struct route stream_routes[] = {
	{ "POST", "/api/v1/streams", create, create_params, AUTH_SELLER, RATE_WRITE, DEADLINE_MS,
	    "Plan a stream", "201 " DATA_SAID("StreamDetail"), ROUTE_ONCE },
	{ "GET", "/api/v1/streams", list, list_params, AUTH_OPTIONAL, RATE_DEFAULT, DEADLINE_MS,
	    "Streams: live ones, scheduled ones, ended ones", LIST("Stream"), ROUTE_CACHEABLE },
	{ "GET", "/api/v1/streams/{key}", read_one, key_params, AUTH_OPTIONAL, RATE_DEFAULT, DEADLINE_MS,
	    "A stream with its products and how many watch", DATA("StreamDetail"), ROUTE_CACHEABLE },
	{ "PATCH", "/api/v1/streams/{key}", change, change_params, AUTH_SELLER, RATE_DEFAULT, DEADLINE_MS,
	    "Change a stream's title, time, playback address (null: none) or slow mode",
	    DATA("StreamDetail") " !STREAM_ENDED !CONFLICT !FORBIDDEN", 0 },
	{ "DELETE", "/api/v1/streams/{key}", drop, key_params, AUTH_SELLER, RATE_DEFAULT, DEADLINE_MS,
	    "Take back a stream that was never live", SAID " !STREAM_ENDED !CONFLICT !FORBIDDEN", 0 },
	{ "POST", "/api/v1/streams/{key}/start", start, key_params, AUTH_SELLER, RATE_DEFAULT, DEADLINE_MS, "Go live",
	    DATA_SAID("StreamDetail") " !STREAM_ENDED !CONFLICT !FORBIDDEN", 0 },
	{ "POST", "/api/v1/streams/{key}/end", end, key_params, AUTH_SELLER, RATE_DEFAULT, DEADLINE_MS, "End it",
	    DATA_SAID("StreamDetail") " !STREAM_ENDED !CONFLICT !FORBIDDEN", 0 },
	{ "GET", "/api/v1/streams/{key}/products", products, key_params, AUTH_OPTIONAL, RATE_DEFAULT, DEADLINE_MS,
	    "The products a stream shows, in order", LIST("StreamProduct"), ROUTE_CACHEABLE },
	{ "POST", "/api/v1/streams/{key}/products", pin, pin_params, AUTH_SELLER, RATE_DEFAULT, DEADLINE_MS,
	    "Show one of the seller's products in the stream",
	    "201 " DATA("[StreamProduct]") " !STREAM_ENDED !CONFLICT !FORBIDDEN", ROUTE_ONCE },
	{ "PATCH", "/api/v1/streams/{key}/products/{productId}", arrange, arrange_params, AUTH_SELLER, RATE_DEFAULT,
	    DEADLINE_MS,
	    "Move a product, or put it in the foreground", DATA("[StreamProduct]") " !STREAM_ENDED !FORBIDDEN", 0 },
	{ "DELETE", "/api/v1/streams/{key}/products", unpin, unpin_params, AUTH_SELLER, RATE_DEFAULT, DEADLINE_MS,
	    "Take a product out of the stream", DATA("[StreamProduct]") " !STREAM_ENDED !FORBIDDEN", 0 },
	{ 0 }
};
