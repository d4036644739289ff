/* notification_routes.c -- the caller's notifications. Yields: all. The rules are in domain/core/notification.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/notification.h"

struct list_in {
	const char	*cursor;
	int64_t		 limit;
	bool		 unread;
};
static const struct param list_params[] = {
	P_PAGE(struct list_in, 100, "20"),
	P_BOOL(FROM_QUERY, struct list_in, unread, "unread", OPTIONAL, "false"),
	PARAM_END
};

static int
notification_page(struct req *rq, const void *args)
{
	const struct list_in *in = args;
	const struct notification_filter f = { .cursor = in->cursor, .language = rq->english ? "en" : "ko",
		.limit = in->limit, .unread_only = in->unread };
	const char *next = NULL;
	int64_t unread = 0;
	struct str list;
	int rc;

	if ((rc = notification_list(rq->mem, rq->user, &f, &list, &next, &unread)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JR("data", list), JS("nextCursor", next),
	    JI("unreadCount", unread)));
}

static int
reply_unread(struct req *rq, int64_t unread, enum message m)
{
	return reply_data(rq, 200, json_obj(rq->mem, JI("unreadCount", unread)), m);
}

static int
unread_count(struct req *rq, const void *args)
{
	int64_t unread = 0;
	int rc;

	(void)args;
	if ((rc = notification_unread(rq->user, &unread)) < 0)
		return rc;
	return reply_unread(rq, unread, MSG_NONE);
}

struct one_in { int64_t id; };
static const struct param one_params[] = {
	P_INT(FROM_PATH, struct one_in, id, "id", REQUIRED, 1, INT64_MAX, NULL), PARAM_END
};

static int
read_one(struct req *rq, const void *args)
{
	const struct one_in *in = args;
	int64_t unread = 0;
	int rc;

	if ((rc = notification_read(rq->mem, rq->user, in->id, &unread)) < 0)
		return rc;
	return reply_unread(rq, unread, MSG_NOTIFICATION_READ);
}

static int
read_all(struct req *rq, const void *args)
{
	int64_t unread = 0;
	int rc;

	(void)args;
	if ((rc = notification_read(rq->mem, rq->user, 0, &unread)) < 0)
		return rc;
	return reply_unread(rq, unread, MSG_NOTIFICATION_READ);
}

static int
delete_one(struct req *rq, const void *args)
{
	const struct one_in *in = args;
	int rc;

	if ((rc = notification_delete(rq->mem, rq->user, in->id)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JI("id", in->id)), MSG_NOTIFICATION_DELETED);
}

const struct route notification_routes[] = {
	{ "GET", "/api/notifications", notification_page, list_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "What the caller was told, newest first; also live as the event notification in the room user:{userId}",
	    "{success:true, data:[Notification], nextCursor:null|string, unreadCount:int}", 0 },
	{ "GET", "/api/notifications/unread-count", unread_count, NULL, AUTH_USER, RATE_DEFAULT, 5000,
	    "How many of them are unread", DATA("{unreadCount:int}"), 0 },
	{ "POST", "/api/notifications/read-all", read_all, NULL, AUTH_USER, RATE_DEFAULT, 5000, "Mark all as read",
	    DATA_SAID("{unreadCount:int = 0}"), 0 },
	{ "PATCH", "/api/notifications/read-all", read_all, NULL, AUTH_USER, RATE_DEFAULT, 5000, "The same",
	    DATA_SAID("{unreadCount:int = 0}"), 0 },
	{ "POST", "/api/notifications/{id}/read", read_one, one_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "Mark one as read", DATA_SAID("{unreadCount:int = 0}"), 0 },
	{ "PATCH", "/api/notifications/{id}/read", read_one, one_params, AUTH_USER, RATE_DEFAULT, 5000, "The same",
	    DATA_SAID("{unreadCount:int = 0}"), 0 },
	{ "DELETE", "/api/notifications/{id}", delete_one, one_params, AUTH_USER, RATE_DEFAULT, 5000, "Delete one",
	    DATA_SAID("{id:int = 7}"), 0 },
	{ 0 }
};
