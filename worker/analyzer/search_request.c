/* search_request.c -- one product search, answered from the stored products and reviews. See request.h. */
#include "request.h"

#include "base/param.h"
#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "worker/child.h"
#include "worker/domain/catalog/search.h"

enum { LIMIT_MAX = 100, TRIES = 5, RETRY_MS = 300 };

struct search_in {
	const char	*message, *query;
	int64_t		 limit;
	bool		 reviews;
};
static const struct param search_params[] = {
	P_ID(FROM_JSON, struct search_in, message, "messageId", REQUIRED),
	P_STR(FROM_JSON, struct search_in, query, "query", REQUIRED, 1, 500),
	P_INT(FROM_JSON, struct search_in, limit, "options.limit", OPTIONAL, 1, LIMIT_MAX, "10"),
	P_BOOL(FROM_JSON, struct search_in, reviews, "options.includeReviews", OPTIONAL, "false"),
	PARAM_END
};

static struct str
found_json(const struct search_in *in, struct str products, int64_t total, int64_t began_ms)
{
	return json_obj(co_arena(), JS("messageId", in->message), JS("status", "completed"), JS("query", in->query),
	    JR("products", products), JI("totalCount", total), JI("executionTime", mono_ms() - began_ms),
	    JT("timestamp", now_ms()));
}

static struct str
failed_json(const struct search_in *in, const char *error)
{
	return json_obj(co_arena(), JS("messageId", in->message), JS("status", "failed"), JS("query", in->query),
	    JR("products", STR("[]")), JI("totalCount", 0), JS("error", error), JT("timestamp", now_ms()));
}

static int
answer_request(const struct request *rq, const struct search_in *in, struct str value)
{
	return request_answer(rq, "product-search-results", in->message, in->message, "result", value);
}

static int
run_search(const struct request *rq, const struct search_in *in)
{
	int64_t began_ms = mono_ms(), total = 0;
	int rc, tries = 0;
	struct str products;
	const char *next;

	while ((rc = search_products(co_arena(), in->query, in->limit, in->reviews, NULL, &products, &total,
	    &next)) < 0) {
		if (rc != E_DOWN && rc != E_BUSY && ++tries == TRIES)
			return answer_request(rq, in, failed_json(in,
			    "INTERNAL_ERROR: the products could not be read"));
		if (rc == E_CANCELED || child_stopping() || co_sleep(RETRY_MS) < 0)
			return E_CANCELED;
	}
	if ((rc = answer_request(rq, in, found_json(in, products, total, began_ms))) == E_TOO_LARGE)
		rc = answer_request(rq, in, failed_json(in, "TOO_LARGE: the products found do not fit into a message"));
	return rc;
}

int
search_request_run(const struct request *rq)
{
	struct param_input in = { 0 };
	struct param_faults faults;
	struct search_in args = { 0 };

	if (json_parse(co_arena(), rq->value.p, rq->value.n, &in.body) < 0 ||
	    param_bind(co_arena(), search_params, &in, &args, &faults) < 0) {
		log_warn("malformed search request");
		return 0;
	}
	return run_search(rq, &args) == E_CANCELED ? E_CANCELED : 0;
}
