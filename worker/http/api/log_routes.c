/* log_routes.c -- warnings and errors of all processes and hosts, for operators. Yields. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/ops/app_log.h"
#include "worker/domain/ops/log_analysis.h"

struct log_in {
	struct app_log_filter filter;
	const char	*level;
};
#define TO(f) filter.f
static const struct param log_params[] = {
	P_PICK(FROM_QUERY, struct log_in, level, "level", OPTIONAL, "debug|info|warn|error", "debug"),
	P_STR(FROM_QUERY, struct log_in, TO(service), "service", OPTIONAL, 1, 64),
	P_ID(FROM_QUERY, struct log_in, TO(request_id), "requestId", OPTIONAL),
	P_ID(FROM_QUERY, struct log_in, TO(host), "host", OPTIONAL),
	P_TIME(FROM_QUERY, struct log_in, TO(since), "since", OPTIONAL),
	P_TIME(FROM_QUERY, struct log_in, TO(until), "until", OPTIONAL),
	P_STR(FROM_QUERY, struct log_in, TO(q), "q", OPTIONAL, 1, 200),
	P_INT(FROM_QUERY, struct log_in, TO(limit), "limit", OPTIONAL, 1, 200, "50"),
	P_STR(FROM_QUERY, struct log_in, TO(cursor), "cursor", OPTIONAL, 1, 32),
	PARAM_END
};

static int
log_read(struct req *rq, const void *args)
{
	const struct log_in *in = args;
	struct app_log_filter f = in->filter;
	const char *next = NULL;
	struct str list;
	int rc;

	log_level_parse(in->level, &f.level);
	if ((rc = app_log_list(rq->mem, &f, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

static const struct param analysis_params[] = {
	P_PICK(FROM_QUERY, struct log_in, level, "level", OPTIONAL, "warn|error", "warn"),
	P_STR(FROM_QUERY, struct log_in, TO(service), "service", OPTIONAL, 1, 64),
	P_ID(FROM_QUERY, struct log_in, TO(host), "host", OPTIONAL),
	P_TIME(FROM_QUERY, struct log_in, TO(since), "since", OPTIONAL),
	P_TIME(FROM_QUERY, struct log_in, TO(until), "until", OPTIONAL),
	P_STR(FROM_QUERY, struct log_in, TO(q), "q", OPTIONAL, 1, 200),
	PARAM_END
};

static int
log_analyse(struct req *rq, const void *args)
{
	const struct log_in *in = args;
	struct app_log_filter f = in->filter;
	struct str answer;
	int rc;

	log_level_parse(in->level, &f.level);
	if ((rc = log_analysis(rq->mem, &f, &answer)) < 0)
		return rc;
	return reply_data(rq, 200, answer, MSG_NONE);
}

const struct route log_routes[] = {
	{ "GET", "/api/v1/logs", log_read, log_params, OPERATOR_LOGS_READ, RATE_DEFAULT, 10000,
	    "Warnings and errors of all processes and hosts, newest first", LIST("LogLine"), 0 },
	{ "GET", "/api/v1/logs/analysis", log_analyse, analysis_params, OPERATOR_LOGS_READ, RATE_DEFAULT, 15000,
	    "The same lines of the last day (or since …) by pattern and by hour, with advice",
	    DATA("{topErrors:[{pattern:string, count:int, message:string|null, lastSeen:time}], "
	    "errorsByHour:{*:int} = {\"2026-01-31T09\":3}, totalErrors:int, suggestions:[string]}"), 0 },
	{ 0 }
};
