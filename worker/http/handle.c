/* handle.c -- runs the handler of a request in a coroutine. See handle.h.
 *
 * The arena ends with the coroutine, so the response is built before. Yields: whatever the handler yields in.
 */
#include "handle.h"

#include "auth.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/trace.h"
#include "csrf.h"
#include "limit.h"
#include "maintenance.h"
#include "once.h"
#include "req_pool.h"
#include "req_trace.h"
#include "run/co.h"
#include "spool.h"
#include "transport.h"
#include "worker/child.h"
#include "worker/domain/ops/usage.h"

/* Explain where the JSON is malformed. */
static int
explain_json(struct req *rq, int rc)
{
	size_t at = 0;

	json_check(rq->in.p, rq->in.n, JSON_DEPTH_MAX, &at);
	rq->why = arena_printf(rq->mem, rq->english ? "%s (at byte %zu)" : "%s (%zu번째 바이트)",
	    rq->english ? err_row(rc)->en : err_row(rc)->ko, at + 1);
	return rc;
}

static int
parse_body(struct req *rq)
{
	static const struct param body_row = { .name = "body", .from = FROM_JSON, .kind = PARAM_OBJ };
	int rc;

	if (!rq->endpoint->takes_json || rq->in.n == 0)
		return 0;
	if ((rc = json_parse(rq->mem, rq->in.p, rq->in.n, &rq->json)) < 0)
		return explain_json(rq, rc);
	if (json_type(rq->json) == JSON_OBJECT ||
	    (json_type(rq->json) == JSON_ARRAY && rq->route->flags & ROUTE_LIST))
		return 0;
	rq->faults = (struct param_faults){ { { "body", REASON_TYPE, &body_row } }, 1 };
	return E_VALIDATION;
}

static int
bind_args(struct req *rq, void *args)
{
	const struct endpoint *e = rq->endpoint;
	struct pair path[ROUTE_NAMES_MAX], query[URI_PAIRS_MAX];
	struct param_input in = { .path = path, .query = query, .n_path = e->n_names, .n_query = 0,
	    .body = rq->json };
	size_t i;
	int rc;

	if (e->route->params == NULL)
		return 0;
	for (i = 0; i < e->n_names; i++)
		path[i] = (struct pair){ e->names[i], rq->match.values[i] };
	if (e->takes_query && (rc = uri_pairs(rq->uri.query, query, &in.n_query)) < 0)
		return rc;
	return param_bind(rq->mem, e->route->params, &in, args, &rq->faults);
}

/* Authenticate, authorise and take from the rate limit. A refused caller is counted by its address, so that guessing
 * is limited too. */
static int
let_in(struct req *rq)
{
	int rc, limited;

	if (rq->route->flags & ROUTE_COOKIE && (rc = csrf_check(rq)) < 0)
		return rc;
	if ((rc = auth_check(rq)) == 0 && rq->user != NULL)
		usage_user(rq->user);
	limited = limit_take(rq);
	return limited < 0 ? limited : rc;
}

/* Wait for the body. Once admitted, a client may take as long as the connection's limits allow (mhd.c); the route's
 * deadline applies to the handler alone. */
static int
await_body(struct req *rq)
{
	int rc = 0;

	if (rq->stream || rq->eof)
		return 0;
	co_set_deadline(0);
	while (rc == 0 && !rq->eof)
		rc = rq->error < 0 ? rq->error : co_park(-1);
	co_set_deadline(rq->route->deadline_ms);
	return rc;
}

/* Refuse a large body of an anonymous caller before its JSON is parsed and bound, which costs most. */
static int
check_brief(struct req *rq)
{
	int64_t most = conf.batch_anonymous_bytes;

	if (!(rq->route->flags & ROUTE_BRIEF) || rq->user != NULL)
		return 0;
	if (rq->length <= most && (int64_t)rq->in.n <= most)
		return 0;
	rq->why = arena_printf(rq->mem, rq->english
	    ? "A body of more than %lld bytes needs an account." : "본문이 %lld바이트를 넘으면 로그인이 필요합니다.", (long long)most);
	return E_UNAUTHORIZED;
}

/* A list that refuses its cursor says E_VALIDATION alone. */
static int
explain_cursor(struct req *rq, const void *args)
{
	const struct param *row = rq->route->params;

	if (row == NULL || rq->faults.n > 0 || rq->why != NULL || rq->details.p != NULL)
		return E_VALIDATION;
	while (row->name != NULL && (row->from != FROM_QUERY || strcmp(row->name, "cursor") != 0))
		row++;
	if (row->name != NULL && *(const char *const *)(const void *)((const char *)args + row->offset) != NULL)
		rq->faults = (struct param_faults){ { { row->name, REASON_CURSOR, row } }, 1 };
	return E_VALIDATION;
}

static int
call_handler(struct req *rq)
{
	void *args = arena_zalloc(rq->mem, rq->endpoint->args_bytes + 1);
	int rc;

	if ((rq->route->flags & ROUTE_TRIAL) && conf.strict)
		return E_NO_ROUTE;
	if ((rc = let_in(rq)) < 0 || (rc = maintenance_check(rq)) < 0 || (rc = check_brief(rq)) < 0 ||
	    (rc = await_body(rq)) < 0 || (rc = check_brief(rq)) < 0 || (rc = parse_body(rq)) < 0 ||
	    (rc = bind_args(rq, args)) < 0)
		return rc;
	if (rq->route->flags & ROUTE_ONCE && rq->header[HDR_IDEMPOTENCY_KEY] != NULL)
		return once_call(rq, args);
	rc = rq->route->handler(rq, args);
	return rc == E_VALIDATION ? explain_cursor(rq, args) : rc;
}

static int64_t
reply_bytes(const struct req *rq)
{
	return rq->reply.spool != NULL ? rq->reply.spool->bytes : (int64_t)rq->reply.body.n;
}

/* Sample evenly: a request is logged when LOG_ACCESS_PERCENT of the count reaches the next whole number. */
static bool
is_sampled(const struct req *rq)
{
	static uint64_t n;
	uint64_t share = (uint64_t)conf.log_access_percent;

	n++;
	return n * share / 100 != (n - 1) * share / 100 || rq->reply.status >= 500;
}

static void
log_access(const struct req *rq, int64_t took_us)
{
	log_info("request", JS("method", method_name(rq->method)), JS("route", rq->route != NULL
	    ? rq->route->path : ""),
	    JI("status", rq->reply.status), JD("ms", (double)took_us / 1e3), JS("ip", rq->ip),
	    JI("bytes", reply_bytes(rq)), JIF(rq->user != NULL, JS("user", rq->user)));
}

void
handle_finish(struct req *rq)
{
	int64_t took_us = mono_us() - rq->began_us;
	size_t id = rq->endpoint != NULL ? (size_t)rq->endpoint->id : 0;

	req_enter(rq, REQ_ANSWERED);
	metric_add(M_HTTP_REQUESTS, id * METRIC_STATUSES_MAX + metric_status_cell(rq->reply.status), 1);
	metric_observe_us(M_HTTP_DURATION, id * METRIC_CLASSES + metric_class_cell(rq->reply.status), took_us);
	if (conf.log_access && is_sampled(rq))
		log_access(rq, took_us);
	if (rq->trace != NULL) {
		metric_exemplar(M_HTTP_DURATION, id * METRIC_CLASSES + metric_class_cell(rq->reply.status), took_us,
		    rq->trace->id);
		req_trace_end(rq, took_us);
	}
	transport->build(rq);
}

static void
begin_work(struct req *rq)
{
	if (trace_sample(rq->traceparent))
		req_trace_begin(rq);
	rq->work = (struct log_work){ rq->id, rq->traceparent, rq->trace, req_log_fields };
	log_work(&rq->work);
}

void
handle_error(struct req *rq, int rc)
{
	const struct log_work *outer = log_work_now();

	begin_work(rq);
	reply_error(rq, rc);
	handle_finish(rq);
	log_work(outer);
}

/* Clear what may lie in the arena, when the error is answered after the coroutine has ended. */
static void
forget_caller(struct req *rq)
{
	rq->user = rq->tier = rq->role = rq->sid = rq->jti = rq->api_key = rq->why = NULL;
	rq->details = (struct str){ 0 };
	rq->once = NULL;
	rq->reply = (struct reply){ 0 };
}

/* Postpone the answer of a refusal until the rest of a small body has come and gone, so that the connection stays open.
 */
static bool
postpone_refusal(struct req *rq, int rc)
{
	if (req_client_left(rq) || rq->eof || rq->stream || rq->error < 0 || !rq->has_body ||
	    rq->header[HDR_EXPECT] != NULL || rq->length > conf.http_swallow_bytes)
		return false;
	req_enter(rq, REQ_BODY);
	rq->error = rc;
	rq->limit = conf.http_swallow_bytes;
	buf_reset(&rq->in);
	return true;
}

/* The last act of a request's coroutine. */
static void
end_handler(struct req *rq)
{
	if (req_client_left(rq))
		req_pool_put(rq);
	else if (rq->has_body && !rq->eof && rq->state == REQ_ANSWERED)
		transport->refuse_now(rq);
	else if (rq->suspended)
		transport->resume(rq);
}

static void
run_handler(void *arg)
{
	struct req *rq = arg;
	int rc;

	begin_work(rq);
	rq->mem = co_arena();
	rc = call_handler(rq);
	if (rc == E_CANCELED && child_stopping())
		rc = E_BUSY;
	if (rc == 0 && rq->reply.status == 0)
		bug("a handler that neither answered nor failed");
	if (rc < 0 && postpone_refusal(rq, rc)) {
		forget_caller(rq);
	} else {
		if (rc < 0)
			reply_error(rq, rc);
		handle_finish(rq);
	}
	rq->mem = NULL;
	rq->json = NULL;
	rq->co = NULL;
	end_handler(rq);
}

void
handle_start(struct req *rq)
{
	struct co *c = co_spawn(run_handler, rq, rq->route->deadline_ms);

	if (c != NULL)
		rq->co = c;
}
