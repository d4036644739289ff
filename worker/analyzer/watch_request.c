/* watch_request.c -- a user watches a product: answered from the stored products, as a service that follows prices
 * would. */
#include "request.h"

#include "base/err.h"
#include "base/log.h"
#include "base/param.h"
#include "run/co.h"
#include "worker/child.h"
#include "worker/domain/catalog/product_find.h"

enum { TRIES = 5, RETRY_MS = 300 };

struct watch_in { const char *request, *product, *user, *action; };
static const struct param watch_params[] = {
	P_ID(FROM_JSON, struct watch_in, request, "requestId", REQUIRED),
	P_ID(FROM_JSON, struct watch_in, product, "productId", REQUIRED),
	P_ID(FROM_JSON, struct watch_in, user, "userId", REQUIRED),
	P_PICK(FROM_JSON, struct watch_in, action, "action", OPTIONAL, "add|remove", "add"),
	PARAM_END
};

/* The product's known properties; unknown ones are left out. */
static int
find_product(const char *id, struct str *data)
{
	int rc, tries = 0;

	while ((rc = product_find(co_arena(), id, data)) < 0 && rc != E_NOT_FOUND) {
		if (rc == E_CANCELED || child_stopping() || (rc != E_DOWN && rc != E_BUSY && ++tries == TRIES) ||
		    co_sleep(RETRY_MS) < 0)
			return E_CANCELED;
	}
	if (rc == E_NOT_FOUND)
		*data = STR("{}");
	return 0;
}

int
watch_request_run(const struct request *rq)
{
	struct param_input in = { 0 };
	struct param_faults faults;
	struct watch_in args = { 0 };
	struct str data = STR("{}");
	const char *done;
	int rc;

	if (json_parse(co_arena(), rq->value.p, rq->value.n, &in.body) < 0 ||
	    param_bind(co_arena(), watch_params, &in, &args, &faults) < 0) {
		log_warn("malformed watch request");
		return 0;
	}
	done = strcmp(args.action, "add") == 0 ? "added" : "removed";
	if (*done == 'a' && (rc = find_product(args.product, &data)) < 0)
		return rc;
	rc = request_answer(rq, "watchlist-updates", args.product, args.request, "update",
	    json_obj(co_arena(), JS("requestId", args.request),
	    JS("productId", args.product), JS("userId", args.user), JS("updateType", done), JR("data", data),
	    JT("timestamp", now_ms())));
	return rc == E_CANCELED ? rc : 0;
}
