/* watchlist_routes.c -- what the caller watches. Yields: all. The rules are in domain/catalog/watch.h. */
#include "../req.h"
#include "base/err.h"
#include "page_in.h"
#include "routes.h"
#include "worker/domain/catalog/watch.h"

enum { PRICE_MAX = 1000000000 };

static int
watch_read(struct req *rq, const void *args)
{
	const struct page_in *in = args;
	const char *next = NULL;
	struct str list;
	int rc;

	if ((rc = watch_page(rq->mem, rq->user, in->limit, in->cursor, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

struct watch_in {
	const char	*product, *frequency, *frequency_too;
	const struct json *options;
	double		 target, target_too;
	bool		 notifications, notifications_too, alerts, alerts_too;	/* checked here, read where they are */
};
#define OPTIONS(prefix, too) \
	P_PICK(FROM_JSON, struct watch_in, frequency##too, prefix "frequency", OPTIONAL, WATCH_FREQUENCIES, NULL), \
	P_BOOL(FROM_JSON, struct watch_in, notifications##too, prefix "notifications", OPTIONAL, NULL), \
	P_BOOL(FROM_JSON, struct watch_in, alerts##too, prefix "priceAlerts", OPTIONAL, NULL), \
	P_NUM(FROM_JSON, struct watch_in, target##too, prefix "targetPrice", OPTIONAL, 0, PRICE_MAX)
static const struct param watch_params[] = {
	P_ID(FROM_JSON, struct watch_in, product, "productId", REQUIRED),
	P_OBJ(FROM_JSON, struct watch_in, options, "options", OPTIONAL),
	OPTIONS("", ),
	OPTIONS("options.", _too),
	PARAM_END
};

/* A member of the body or of its options; NULL: neither has it. */
static const struct json *
body_option(const struct req *rq, const struct watch_in *in, const char *name)
{
	const struct json *given = json_get(rq->json, name);

	if (given == NULL || json_type(given) == JSON_NULL)
		given = json_get(in->options, name);
	return given == NULL || json_type(given) == JSON_NULL ? NULL : given;
}

static const char *
switch_text(const struct json *given)
{
	return given == NULL ? NULL : json_bool(given, false) ? "true" : "false";
}

static int
watch_take(struct req *rq, const struct watch_in *in, struct watch_ticket *t)
{
	struct watch_order o = {
		.user = rq->user, .product = in->product, .traceparent = rq->traceparent,
		.frequency = json_str(body_option(rq, in, "frequency")),
		.notifications = switch_text(body_option(rq, in, "notifications")),
		.price_alerts = switch_text(body_option(rq, in, "priceAlerts")),
		.target = json_num(body_option(rq, in, "targetPrice"), -1),
	};

	return watch_add(rq->mem, &o, t);
}

static int
watch_create(struct req *rq, const void *args)
{
	struct watch_ticket t;
	int rc;

	if ((rc = watch_take(rq, args, &t)) < 0)
		return rc;
	return reply_data(rq, t.created ? 201 : 200, t.doc, t.created ? MSG_WATCH_ADDED : MSG_WATCH_CHANGED);
}

static int
watch_queue(struct req *rq, const void *args)
{
	struct watch_ticket t;
	int rc;

	if ((rc = watch_take(rq, args, &t)) < 0)
		return rc;
	return reply_data(rq, 202, json_obj(rq->mem, JS("requestId", t.request_id), JS("topic", "watchlist-requests"),
	    JS("status", "queued")), MSG_WATCH_QUEUED);
}

struct drop_in { const char *named, *product; };	/* product last: one of the rows has no other */
static const struct param drop_params[] = {
	P_ID(FROM_PATH, struct drop_in, product, "productId", REQUIRED), PARAM_END
};
static const struct param drop_body_params[] = {
	P_ID(FROM_JSON, struct drop_in, product, "productId", OPTIONAL),
	P_ID(FROM_QUERY, struct drop_in, named, "productId", OPTIONAL),
	PARAM_END
};

static int
watch_delete(struct req *rq, const void *args)
{
	const struct drop_in *in = args;
	const char *product = in->product != NULL ? in->product : in->named, *id;
	int rc;

	if (product == NULL) {		/* in the body or in the query */
		rq->faults = (struct param_faults){ { { "productId", REASON_REQUIRED, &drop_body_params[0] } }, 1 };
		return E_VALIDATION;
	}
	if ((rc = watch_remove(rq->mem, rq->user, product, rq->traceparent, &id)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JS("productId", product)), MSG_WATCH_REMOVED);
}

const struct route watchlist_routes[] = {
	{ "GET", "/api/watchlist", watch_read, page_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "What the caller watches, newest first", LIST("Watch"), 0 },
	{ "POST", "/api/watchlist", watch_create, watch_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "Watch a product, or change how (200); targetPrice (0: none) says from which price on to be alerted, "
	    "without one every fall counts", DATA_SAID("Watch") " 201 " DATA_SAID("Watch") " !CONFLICT", ROUTE_ONCE },
	{ "DELETE", "/api/watchlist", watch_delete, drop_body_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "Watch a product no longer: productId in the body or in the query",
	    DATA_SAID("{productId:string}") " !NOT_FOUND", 0 },
	{ "DELETE", "/api/watchlist/{productId}", watch_delete, drop_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "Watch a product no longer", DATA_SAID("{productId:string}"), 0 },
	{ "POST", "/api/kafka/watchlist/add", watch_queue, watch_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "Watch a product through the pipeline; updates come as watchlist-update to the room user:{userId}",
	    "202 " DATA_SAID("{requestId:uuid, topic:string = \"watchlist-requests\", "
	    "status:'queued'}") " !CONFLICT", ROUTE_ONCE },
	{ 0 }
};
