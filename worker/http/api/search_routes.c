/* search_routes.c -- products found in the database, at once. Yields. Searches through the pipeline: kafka.c. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/catalog/search_cache.h"

struct search_in {
	const char	*q, *cursor;
	int64_t		 limit;
};
static const struct param search_params[] = {
	P_STR(FROM_QUERY, struct search_in, q, "q", OPTIONAL, 0, 200),
	P_PAGE(struct search_in, 100, "20"),
	PARAM_END
};

static int
search_read(struct req *rq, const void *args)
{
	const struct search_in *in = args;
	struct search_ask a = { .query = in->q != NULL ? in->q : "", .cursor = in->cursor, .user = rq->user,
	    .limit = in->limit };
	struct str body;
	int rc;

	if ((rc = search_answer(rq->mem, &a, &body)) < 0)
		return rc;
	return reply_json(rq, 200, body);
}

struct popular_in { int64_t limit; };
static const struct param popular_params[] = {
	P_INT(FROM_QUERY, struct popular_in, limit, "limit", OPTIONAL, 1, 100, "10"), PARAM_END
};

static int
popular_read(struct req *rq, const void *args)
{
	const struct popular_in *in = args;
	struct str list;
	int rc;

	if ((rc = search_popular(rq->mem, in->limit, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

static int
recent_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = search_recent(rq->mem, rq->user, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

struct forget_in { const char *q; };
static const struct param forget_params[] = {
	P_STR(FROM_QUERY, struct forget_in, q, "q", OPTIONAL, 1, 200), PARAM_END
};

static int
recent_delete(struct req *rq, const void *args)
{
	const struct forget_in *in = args;
	int64_t n = 0;
	int rc;

	if ((rc = search_recent_forget(rq->user, in->q, &n)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JI("deleted", n)), MSG_RECENT_DELETED);
}

const struct route search_routes[] = {
	{ "GET", "/api/search", search_read, search_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "Products whose id or name contains the query",
	    "{success:true, data:[FoundProduct], nextCursor:null|string, totalCount:int}", ROUTE_CACHEABLE },
	{ "GET", "/api/search/popular", popular_read, popular_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "What is searched for most; yesterday's searches count half",
	    LIST("{query:string = \"이어폰\", count:int = 12}"), 0 },
	{ "GET", "/api/search/recent", recent_read, NULL, AUTH_USER, RATE_DEFAULT, 5000,
	    "What the caller searched for last", LIST("{query:string = \"이어폰\"}"), 0 },
	{ "DELETE", "/api/search/recent", recent_delete, forget_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "Forget what the caller searched for, or only the query q", DATA_SAID("{deleted:int = 3}"), 0 },
	{ 0 }
};
