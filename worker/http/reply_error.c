/* reply_error.c -- an error of the table as an answer: this API's own shape, RFC 9457, or a page. See req.h. */
#include <stdio.h>

#include "api/page.h"
#include "base/err.h"
#include "csrf.h"
#include "limit.h"
#include "req.h"

static const char *
problem_title(const struct err_row *e, const struct req *rq)
{
	return rq->why != NULL ? rq->why : rq->english ? e->en : e->ko;
}

static void
put_problem(struct req *rq, const struct err_row *e, struct str details)
{
	struct json_field f[] = {
		JS("type", "about:blank"), JS("title", problem_title(e, rq)), JI("status", e->status),
		    JS("code", e->code),
		JIF(details.p != NULL, JR("errors", details)), JS("requestId", rq->id),
	};

	json_put_obj(&rq->out, f, NELEM(f));
}

static void
put_failure(struct req *rq, const struct err_row *e, struct str details)
{
	struct json_field error[] = {
		JS("code", e->code), JS("message", problem_title(e, rq)),
		    JIF(details.p != NULL, JR("details", details)),
	};

	buf_str(&rq->out, "{\"success\":false,\"error\":");
	json_put_obj(&rq->out, error, NELEM(error));
	buf_str(&rq->out, ",\"requestId\":");
	json_put_str(&rq->out, rq->id, strlen(rq->id));
	buf_byte(&rq->out, '}');
}

void
reply_error(struct req *rq, int rc)
{
	bool problem = header_lists(rq->header[HDR_ACCEPT], "application/problem+json");
	const struct err_row *e = err_row(rc);
	struct str details = rq->details;

	if (rc == E_VALIDATION && details.p == NULL && rq->mem != NULL && rq->faults.n > 0)
		details = param_faults_json(rq->mem, &rq->faults, rq->english);
	rq->reply = (struct reply){ 0 };
	if (rc == E_NO_ROUTE && page_missing(rq))
		return;
	buf_reset(&rq->out);
	if (problem)
		put_problem(rq, e, details);
	else
		put_failure(rq, e, details);
	rq->reply.status = e->status;
	rq->reply.type = problem ? "application/problem+json; charset=utf-8" : "application/json; charset=utf-8";
	rq->reply.body = (struct str){ rq->out.p, rq->out.n };
	if (e->status == 429 && rq->rate.max > 0)
		limit_postpone(rq);
	if (rq->rate.retry_s > 0)
		snprintf(rq->retry_after, sizeof(rq->retry_after), "%lld", (long long)rq->rate.retry_s);
	if (e->status == 429 || e->status == 503 || rq->rate.retry_s > 0)
		reply_header(rq, "Retry-After", rq->rate.retry_s > 0 ? rq->retry_after : "1");
	if (rc == E_CSRF && rq->mem != NULL)
		csrf_set(rq, false);
	if (rc == E_UPGRADE)
		reply_header(rq, "Sec-WebSocket-Version", "13");
	if (rc == E_METHOD)
		reply_header(rq, "Allow", rq->allow);
	if (rc == E_UNAUTHORIZED)
		reply_header(rq, "WWW-Authenticate", "Bearer");
	if (rc == E_TOKEN || rc == E_TOKEN_EXPIRED || rc == E_TOKEN_REVOKED)
		reply_header(rq, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
}
