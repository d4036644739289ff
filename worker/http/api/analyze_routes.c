/* analyze_routes.c -- analyses: asked for, followed, read. Yields: all. The rules are in domain/analysis/analysis.h. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/core/settings.h"

struct analyze_in {
	const char	*product, *url;
	struct strs	 keywords;
	const struct json *options;
	const char	*language;	/* checked here, passed on in options */
};
static const struct param analyze_params[] = {
	P_ID(FROM_JSON, struct analyze_in, product, "productId", REQUIRED),
	P_URL(FROM_JSON, struct analyze_in, url, "url", OPTIONAL, 2048),
	P_STRS(FROM_JSON, struct analyze_in, keywords, "keywords", OPTIONAL, 0, 50),
	P_OBJ(FROM_JSON, struct analyze_in, options, "options", OPTIONAL),
	P_PICK(FROM_JSON, struct analyze_in, language, "options.language", OPTIONAL, "ko|en", NULL),
	PARAM_END
};

/* POST /api/analyze -- start one, join the running one, or point to the fresh result. */
static int
analyze_start(struct req *rq, const void *args)
{
	const struct analyze_in *in = args;
	struct analysis_order o = {
		.product_id = in->product, .url = in->url, .user_id = rq->user, .keywords = in->keywords,
		.options = in->options, .accepted = rq->language, .kind = ANALYSIS_PLAIN,
		.traceparent = rq->traceparent,
	};
	struct analysis_ticket t;
	enum message m;
	int rc;

	if ((rc = settings_analysis()) < 0 || (rc = analysis_start(rq->mem, &o, true, &t)) < 0)
		return rc;
	m = t.from_cache ? MSG_ANALYSIS_CACHED : MSG_ANALYSIS_STARTED;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JS("message", message_text(m, rq->english)),
	    JS("taskId", t.task_id), JI("estimatedTime", t.estimated_s), JB("fromCache", t.from_cache)));
}

struct product_in { const char *product; };
static const struct param product_params[] = {
	P_ID(FROM_PATH, struct product_in, product, "productId", REQUIRED), PARAM_END
};

static int
analyze_status(struct req *rq, const void *args)
{
	const struct product_in *in = args;
	struct str body;
	int rc;

	if ((rc = analysis_status(rq->mem, in->product, &body)) < 0)
		return rc;
	return reply_json(rq, 200, body);
}

static int
analyze_result(struct req *rq, const void *args)
{
	const struct product_in *in = args;
	struct str body;
	int rc, status;

	if ((rc = analysis_result(rq->mem, in->product, &body, &status)) < 0)
		return rc;
	return reply_json(rq, status, body);
}

struct task_in { const char *task; };
static const struct param task_params[] = { P_ID(FROM_PATH, struct task_in, task, "taskId", REQUIRED), PARAM_END };

/* Anyone who knows the task's id may read its status, which names no user. */
static int
course_read(struct req *rq, const void *args)
{
	const struct task_in *in = args;
	struct str json;
	int rc;

	if ((rc = analysis_course(in->task, &json)) < 0)
		return rc;
	return reply_data(rq, 200, json, MSG_NONE);
}

static const struct param courses_params[] = {
	P_ID(FROM_QUERY, struct course_filter, product_id, "productId", OPTIONAL),
	P_PICK(FROM_QUERY, struct course_filter, status, "status", OPTIONAL, "pending|processing|completed|failed",
	NULL), P_PAGE(struct course_filter, 100, "20"),
	PARAM_END
};

static int
courses_read(struct req *rq, const void *args)
{
	const struct caller who = { rq->user, rq->admin };
	const char *next = NULL;
	struct str list;
	int rc;

	if ((rc = analysis_courses(rq->mem, &who, args, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

const struct route analyze_routes[] = {
	{ "POST", "/api/analyze", analyze_start, analyze_params, AUTH_OPTIONAL, RATE_DEFAULT, 10000,
	    "Start the analysis of a product's reviews, join the running one, or find the fresh result. The summary "
	    "is in options.language, else in the "
	    "language of Accept-Language, else in the reviews'; with options.language a fresh result in another "
	    "language is not enough",
	    "{success:true, message:string, taskId:string, estimatedTime:int = 120, "
	    "fromCache:bool} !ANALYSIS_PAUSED", ROUTE_ONCE },
	{ "GET", "/api/analyze/status/{productId}", analyze_status, product_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "How far the analysis of a product is",
	    "{status:AnalysisState, progress:int = 40, ?estimatedTime:int = 60, fromCache:bool, *:any}", 0 },
	{ "GET", "/api/analyze/result/{productId}", analyze_result, product_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "The result of a product's analysis; 202 with the status while it runs; 200 with success false, status failed, "
	    "the step and error {code,message} after a failure",
	    "{success:true, status:'completed', result:AnalysisResult, "
	    "fromCache:bool}|AnalysisProgress 202 AnalysisProgress", ROUTE_CACHEABLE },
	{ "GET", "/api/analyze/sessions", courses_read, courses_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "How the analyses that the caller asked for went or go, newest first; for an admin all of them, with who "
	    "waits", LIST("AnalysisCourse"), 0 },
	{ "GET", "/api/analyze/sessions/{taskId}", course_read, task_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "The course of one analysis: its stages, how it ended and how long it took", DATA("AnalysisCourse"), 0 },
	{ 0 }
};
