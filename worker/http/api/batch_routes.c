/* batch_routes.c -- several products analysed again and again, by a schedule. Yields: all. The rules are in
 * domain/analysis/batch.h. */
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "page_in.h"
#include "routes.h"
#include "worker/domain/analysis/batch.h"
#include "worker/domain/core/settings.h"

struct batch_in {
	const char	*schedule;
	struct strs	 products;
	const struct json *options;
	const char	*language;	/* this and the next are checked here, passed on in options */
	bool		 keywords, sentiment, trends;
};
static const struct param batch_params[] = {
	{ "schedule", FROM_JSON, PARAM_STR, PARAM_TYPED(struct batch_in, schedule, const char *), OPTIONAL, 1, 255,
	    "now", NULL },
	P_IDS(FROM_JSON, struct batch_in, products, "productIds", REQUIRED, 1, 1000),
	P_OBJ(FROM_JSON, struct batch_in, options, "options", OPTIONAL),
	P_PICK(FROM_JSON, struct batch_in, language, "options.language", OPTIONAL, "ko|en", NULL),
	P_BOOL(FROM_JSON, struct batch_in, keywords, "options.includeKeywords", OPTIONAL, "true"),
	P_BOOL(FROM_JSON, struct batch_in, sentiment, "options.includeSentiment", OPTIONAL, "true"),
	P_BOOL(FROM_JSON, struct batch_in, trends, "options.includeTrends", OPTIONAL, "false"),
	PARAM_END
};

static int
batch_queue(struct req *rq, const void *args)
{
	const struct batch_in *in = args;
	struct batch_order o = {
		.user_id = rq->user, .products = in->products, .options = in->options, .schedule = in->schedule,
		.announce = true, .traceparent = rq->traceparent,
	};
	struct cronexpr_fault why;
	const char *job;
	int rc;

	if ((rc = settings_analysis()) < 0)
		return rc;
	if (rq->user == NULL && in->products.n > (size_t)conf.batch_anonymous_products) {
		rq->why = arena_printf(rq->mem, rq->english ? "More than %lld products need an account."
		    : "상품이 %lld개를 넘으면 로그인이 필요합니다.", (long long)conf.batch_anonymous_products);
		return E_UNAUTHORIZED;
	}
	if ((rc = batch_create(rq->mem, &o, &job, &why)) == E_VALIDATION && *why.en != '\0') {
		rq->faults = (struct param_faults){ { { "schedule", REASON_SCHEDULE, &batch_params[0] } }, 1 };
		rq->why = arena_strdup(rq->mem, rq->english ? why.en : why.ko);
	}
	if (rc < 0)
		return rc;
	return reply_data(rq, 202, json_obj(rq->mem, JS("jobId", job), JS("topic", "batch-jobs"),
	    JS("status", "queued")), MSG_BATCH_QUEUED);
}

static int
batch_list(struct req *rq, const void *args)
{
	const struct page_in *in = args;
	const char *next = NULL;
	struct str list;
	int rc;

	if ((rc = batch_page(rq->mem, rq->user, in->limit, in->cursor, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

struct job_in { const char *job; };
static const struct param job_params[] = {
	P_ID(FROM_PATH, struct job_in, job, "jobId", REQUIRED), PARAM_END
};

static int
job_read(struct req *rq, const void *args)
{
	const struct job_in *in = args;
	struct batch_caller c = { rq->user, rq->admin };
	struct str doc;
	int rc;

	if ((rc = batch_read(rq->mem, &c, in->job, &doc)) < 0)
		return rc;
	return reply_data(rq, 200, doc, MSG_NONE);
}

static int
job_cancel(struct req *rq, const void *args)
{
	const struct job_in *in = args;
	struct batch_caller c = { rq->user, rq->admin };
	int rc;

	if ((rc = batch_cancel(rq->mem, &c, in->job)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JS("jobId", in->job)), MSG_BATCH_CANCELLED);
}

const struct route batch_routes[] = {
	{ "POST", "/api/kafka/analysis/multi-batch", batch_queue, batch_params, AUTH_OPTIONAL, RATE_DEFAULT, 30000,
	    "Analyse several products by a schedule: now (once), hourly, daily, weekly and monthly (from now on), or a "
	    "cron expression of five fields in UTC; "
	    "runs missed while the server was down are made up for by one. A schedule other than now needs an "
	    "account. Subscribe to the jobId",
	    "202 " DATA_SAID("{jobId:uuid, topic:string = \"batch-jobs\", "
	    "status:'queued'}") " !UNAUTHORIZED !CONFLICT !ANALYSIS_PAUSED", ROUTE_ONCE | ROUTE_BRIEF },
	{ "GET", "/api/kafka/analysis/multi-batch", batch_list, page_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "The caller's jobs, newest first", LIST("BatchJob"), 0 },
	{ "GET", "/api/kafka/analysis/multi-batch/{jobId}", job_read, job_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "One of the caller's jobs, or one that was made without a token, with the progress of its present run",
	    DATA("{...BatchJob, progress:BatchProgress|null}"), 0 },
	{ "DELETE", "/api/kafka/analysis/multi-batch/{jobId}", job_cancel, job_params, AUTH_OPTIONAL, RATE_DEFAULT,
	    5000,
	    "No more runs of it; what runs goes on", DATA_SAID("{jobId:string}"), 0 },
	{ 0 }
};
