/* diagnosis_routes.c -- where the time goes, for operators. Yields: all. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/ops/slow_queries.h"

static int
slow_queries_list(struct req *rq, const void *args)
{
	const char *missing;
	struct str list;
	int rc;

	(void)args;
	if ((rc = slow_queries_read(&list, &missing)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JB("available", missing == NULL),
	    JIF(missing != NULL, JS("reason", missing)), JR("data", list)));
}

const struct route diagnosis_routes[] = {
	{ "GET", "/api/v1/admin/slow-queries", slow_queries_list, NULL, OPERATOR_DIAGNOSE, RATE_DEFAULT, 10000,
	    "The slowest kinds of query by pg_stat_statements, times in ms; where that is missing, the reason",
	    "{success:true, available:bool, ?reason:string, data:[SlowQuery]}", 0 },
	{ 0 }
};
