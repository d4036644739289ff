/* search.c -- products found in the database, at once. Yields. Searches through the pipeline: kafka.c. */
#include "../req.h"
#include "worker/domain/search.h"
#include "routes.h"

struct search_in {
	const char	*q, *cursor;
	int64_t		 limit;
};
static const struct param search_params[] = {
	P_STR(FROM_QUERY, struct search_in, q, "q", OPTIONAL, 0, 200),
	P_INT(FROM_QUERY, struct search_in, limit, "limit", OPTIONAL, 1, 100, "20"),
	P_STR(FROM_QUERY, struct search_in, cursor, "cursor", OPTIONAL, 1, 512),
	PARAM_END
};

static int
search_read(struct req *rq, const void *args)
{
	const struct search_in *in = args;
	const char *next = NULL;
	struct str products;
	int64_t total;
	int rc;

	if ((rc = search_products(rq->mem, in->q != NULL ? in->q : "", in->limit, false, in->cursor, &products, &total, &next)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JR("data", products), JS("nextCursor", next),
	    JI("totalCount", total)));
}

const struct route search_routes[] = {
	{ "GET", "/api/search", search_read, search_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "Products whose id or name contains the query",
	    "{\"success\":true,\"data\":[{\"productId\":\"p1\",\"name\":\"…\"}],\"nextCursor\":null,\"totalCount\":1}", ROUTE_CACHEABLE },
	{ 0 }
};
