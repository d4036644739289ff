/* product_search_results.c -- topic product-search-results: the results of a search. */
#include "base/err.h"
#include "worker/domain/catalog/search.h"
#include "worker/kafka/topics_in.h"

struct found_in {
	const char	*message, *status, *query, *error;
	int64_t		 total;
	double		 took;		/* ms */
};
static const struct param found_params[] = {
	P_ID(FROM_JSON, struct found_in, message, "messageId", REQUIRED),
	P_PICK(FROM_JSON, struct found_in, status, "status", REQUIRED, "completed|failed", NULL),
	P_STR(FROM_JSON, struct found_in, query, "query", OPTIONAL, 0, 1000),
	P_STR(FROM_JSON, struct found_in, error, "error", OPTIONAL, 0, 4000),
	P_INT(FROM_JSON, struct found_in, total, "totalCount", OPTIONAL, 0, 1000000000, "0"),
	P_NUM(FROM_JSON, struct found_in, took, "executionTime", OPTIONAL, 0, 1000000000),
	PARAM_END
};

/* Stores the results, publishes to the search's room. */
static int
found_apply(struct kmsg *m, const void *args)
{
	const struct found_in *in = args;
	const struct json *products = json_get(m->body, "products");
	struct search_outcome o = {
		.message_id = in->message, .status = in->status, .query = in->query, .error = in->error,
		.products = products, .total = in->total, .execution_ms = (int64_t)in->took,
	};

	if (strcmp(in->status, "completed") == 0 && (products == NULL || json_type(products) != JSON_ARRAY)) {
		m->reason = "products: must be an array";
		return E_VALIDATION;
	}
	if (products != NULL && json_type(products) != JSON_ARRAY)
		o.products = NULL;
	if (strcmp(in->status, "failed") == 0 && o.error == NULL)
		o.error = "UNKNOWN: the search gave no reason";
	return search_on_result(m->pg, m->effects, &o);
}

const struct topic_in on_product_search_results[] = {
	{ .topic = "product-search-results", .type = "result", .handler = found_apply, .params = found_params,
	    .args_bytes = sizeof(struct found_in) },
	{ 0 }
};
