/* analysis_results.c -- topic analysis-results: the outcome of an analysis. */
#include "base/err.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/kafka/topics_in.h"

struct result_in {
	const char	*request, *product, *status, *summary, *error, *language;
	double		 positive, negative, neutral;	/* per cent */
	int64_t		 total;
	const struct json *sentiment;
};
static const struct param result_params[] = {
	P_ID(FROM_JSON, struct result_in, request, "requestId", REQUIRED),
	P_ID(FROM_JSON, struct result_in, product, "productId", OPTIONAL),
	P_PICK(FROM_JSON, struct result_in, status, "status", REQUIRED, "completed|failed", NULL),
	P_OBJ(FROM_JSON, struct result_in, sentiment, "sentiment", OPTIONAL),
	P_NUM(FROM_JSON, struct result_in, positive, "sentiment.positive", OPTIONAL, 0, 100),
	P_NUM(FROM_JSON, struct result_in, negative, "sentiment.negative", OPTIONAL, 0, 100),
	P_NUM(FROM_JSON, struct result_in, neutral, "sentiment.neutral", OPTIONAL, 0, 100),
	P_STR(FROM_JSON, struct result_in, summary, "summary", OPTIONAL, 0, 20000),
	P_STR(FROM_JSON, struct result_in, language, "language", OPTIONAL, 0, 16),
	P_STR(FROM_JSON, struct result_in, error, "error", OPTIONAL, 0, 4000),
	P_INT(FROM_JSON, struct result_in, total, "totalReviews", OPTIONAL, 0, 1000000000, "0"),
	PARAM_END
};

/* Ends the task: stores its result and keywords, updates the caches, publishes to the room. */
static int
result_apply(struct kmsg *m, const void *args)
{
	const struct result_in *in = args;
	const struct json *keywords = json_get(m->body, "keywords");
	bool completed = strcmp(in->status, "completed") == 0;
	struct analysis_outcome o = {
		.request_id = in->request, .product_id = in->product, .status = in->status, .summary = in->summary,
		.error = in->error, .positive = in->positive, .negative = in->negative, .neutral = in->neutral,
		.total = in->total, .language = in->language, .sent = m->body, .partial = kmsg_from_channel(m),
		.keywords = keywords != NULL && json_type(keywords) == JSON_ARRAY ? keywords : NULL,
	};

	if (completed && in->sentiment == NULL) {
		m->reason = "sentiment: is required of a completed analysis";
		return E_VALIDATION;
	}
	if (analysis_step_read(m->body, &o.step) < 0) {
		m->reason = STEP_REASON;
		return E_VALIDATION;
	}
	if (!completed && o.error == NULL)
		o.error = "UNKNOWN: the analysis pipeline gave no reason";
	return analysis_on_result(m->pg, m->effects, &o);
}

const struct topic_in on_analysis_results[] = {
	{ .topic = "analysis-results", .type = "result", .handler = result_apply, .params = result_params,
	    .args_bytes = sizeof(struct result_in) },
	{ 0 }
};
