/* batch_request.c -- a run of a batch job: only acknowledged here; its analyses arrive one by one on
 * analysis-requests. */
#include "request.h"

#include "base/err.h"
#include "base/language.h"
#include "base/log.h"
#include "base/param.h"
#include "run/co.h"

enum { PRODUCTS_MAX = 1000 };

struct batch_in {
	const char	*job, *language;
	struct strs	 products;
};
static const struct param batch_params[] = {
	P_ID(FROM_JSON, struct batch_in, job, "jobId", REQUIRED),
	P_IDS(FROM_JSON, struct batch_in, products, "productIds", REQUIRED, 1, PRODUCTS_MAX),
	P_STR(FROM_JSON, struct batch_in, language, "options.language", OPTIONAL, 0, 16),
	PARAM_END
};

int
batch_request_run(const struct request *rq)
{
	struct param_input in = { 0 };
	struct param_faults faults;
	struct batch_in args = { 0 };
	const char *message;
	int rc;

	if (json_parse(co_arena(), rq->value.p, rq->value.n, &in.body) < 0 ||
	    param_bind(co_arena(), batch_params, &in, &args, &faults) < 0) {
		log_warn("malformed batch job");
		return 0;
	}
	message = arena_printf(co_arena(), language_english(language_find(args.language))
	    ? "The batch analysis of %zu products has started." : "상품 %zu개의 일괄 분석을 시작했습니다.", args.products.n);
	rc = request_answer(rq, "batch-job-status", args.job, arena_printf(co_arena(), "%s-taken", args.job), "status",
	    json_obj(co_arena(), JS("jobId", args.job), JS("status", "processing"), JI("progress", 0),
	    JI("total", (int64_t)args.products.n), JS("message", message), JT("timestamp", now_ms())));
	return rc == E_CANCELED ? rc : 0;
}
