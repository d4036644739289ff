/* trace_routes.c -- traces of requests, for operators. Yields. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/ops/trace_store.h"

struct trace_in {
	const char	*request_id;
};
static const struct param trace_params[] = {
	P_ID(FROM_PATH, struct trace_in, request_id, "requestId", REQUIRED),
	PARAM_END
};

static int
trace_read(struct req *rq, const void *args)
{
	const struct trace_in *in = args;
	struct str trace;
	int rc;

	if ((rc = trace_store_read(rq->mem, in->request_id, &trace)) < 0)
		return rc;
	return reply_json(rq, 200, trace);
}

static const struct param list_params[] = {
	P_STR(FROM_QUERY, struct trace_filter, route, "route", OPTIONAL, 1, 128),
	P_INT(FROM_QUERY, struct trace_filter, min_ms, "minMs", OPTIONAL, 0, 86400000, "0"),
	P_INT(FROM_QUERY, struct trace_filter, limit, "limit", OPTIONAL, 1, 200, "50"),
	PARAM_END
};

static int
trace_list(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	if ((rc = trace_store_list(rq->mem, args, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

const struct route trace_routes[] = {
	{ "GET", "/api/v1/trace/{requestId}", trace_read, trace_params, OPERATOR_TRACES_READ, RATE_DEFAULT, 10000,
	    "One traced request from HTTP over SQL, outbox, Kafka and effects to the sockets; start and duration of spans in µs from "
	    "its start, other durations in ms", "Trace !TRACE_NOT_FOUND", 0 },
	{ "GET", "/api/v1/traces", trace_list, list_params, OPERATOR_TRACES_READ, RATE_DEFAULT, 10000,
	    "Requests that were traced, newest first; route is a part of the route's path",
	    LIST("{requestId:string, traceId:string, route:string|null = \"/api/analyze\", "
	    "status:int|null = 200, startedAt:time, durationMs:num, spans:int = 9}"), 0 },
	{ 0 }
};
