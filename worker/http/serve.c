/* serve.c -- the life of a request, from its first line to its last byte. See serve.h.
 *
 * Decides what a client may send: sizes, types, methods. A body that no handler will read is discarded up to the
 * route's limit, so that the answer reaches the client and the connection stays open. Beyond the limit the request is
 * refused at once and the connection closed behind the answer.
 */
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/trace.h"
#include "clients.h"
#include "cors.h"
#include "handle.h"
#include "id.h"
#include "limit.h"
#include "peer.h"
#include "req_pool.h"
#include "run/co.h"
#include "run/loop.h"
#include "transport.h"
#include "worker/domain/identity/guard.h"
#include "ws_upgrade.h"

enum { STREAM_BUFFER = 256 * 1024 };	/* unread bytes of a stream before its client must wait */

static int
put_labels(size_t id, struct buf *out)
{
	const struct route *r;

	if (id == 0) {
		buf_str(out, "method=\"\",route=\"\"");
		return 0;
	}
	if (id > (size_t)route_count())
		return -1;
	r = route_endpoint((int)id)->route;
	buf_printf(out, "method=\"%s\",route=\"%s\"", r->method, r->path);
	return 0;
}

static int
put_request_labels(size_t cell, struct buf *out)
{
	int status = metric_cell_status(cell % METRIC_STATUSES_MAX);

	if (put_labels(cell / METRIC_STATUSES_MAX, out) < 0)
		return -1;
	if (status > 0)
		buf_printf(out, ",status=\"%d\"", status);
	else
		buf_str(out, ",status=\"other\"");
	return 0;
}

static int
put_duration_labels(size_t cell, struct buf *out)
{
	size_t class = cell % METRIC_CLASSES;

	if (put_labels(cell / METRIC_CLASSES, out) < 0)
		return -1;
	if (class < METRIC_CLASSES - 1)
		buf_printf(out, ",status=\"%zuxx\"", class + 1);
	else
		buf_str(out, ",status=\"other\"");
	return 0;
}

void
serve_init(void)
{
	peer_init();
	metric_labels(M_HTTP_REQUESTS, put_request_labels);
	metric_labels(M_HTTP_DURATION, put_duration_labels);
}

static void
enter_phase(struct req *rq, int phase)
{
	rq->conn->phase = phase;
	rq->conn->since_ms = loop_now_ms();
}

struct req *
serve_begin(struct conn *conn, const char *target, void *mhd)
{
	struct req *rq = req_pool_get();

	rq->conn = conn;
	rq->transport = mhd;
	rq->began_us = mono_us();
	rq->length = -1;
	rq->target_bytes = strlen(target);
	buf_add(&rq->target, target, rq->target_bytes + 1);
	enter_phase(rq, CONN_RECEIVING);
	return rq;
}

/* Two of these in one request are an attempt at request smuggling. */
static bool
must_be_single(enum header h)
{
	return h == HDR_CONTENT_LENGTH || h == HDR_HOST || h == HDR_TRANSFER_ENCODING;
}

void
serve_expect_headers(struct req *rq, size_t bytes)
{
	buf_reserve(&rq->target, bytes);
}

/* Copy into room that was reserved: the values before it must not move. */
void
serve_header(struct req *rq, enum header h, const char *value, size_t n)
{
	struct buf *b = &rq->target;

	if (rq->header[h] != NULL && must_be_single(h) && rq->head_error == 0)
		rq->head_error = E_BAD_REQUEST;
	if (rq->header[h] != NULL && h != HDR_X_FORWARDED_FOR)		/* the last hop's word counts */
		return;
	if (b->cap - b->n <= n) {
		rq->head_error = E_HEADERS;
		return;
	}
	rq->header[h] = b->p + b->n;
	buf_add(b, value, n + 1);
}

static void
learn_peer(struct req *rq)
{
	const struct conn *c = rq->conn;

	rq->loopback = c->loopback;
	rq->trusted = c->trusted;
	rq->ip = c->ip;
	if (c->trusted && rq->header[HDR_X_FORWARDED_FOR] != NULL)
		rq->ip = peer_client(c->ip, rq->header[HDR_X_FORWARDED_FOR], rq->client_ip);
	if (rq->ip == c->ip)
		rq->ip = memcpy(rq->client_ip, c->ip, sizeof(c->ip));
}

static void
learn_caller(struct req *rq)
{
	const char *id = rq->header[HDR_X_REQUEST_ID], *trace = rq->header[HDR_TRACEPARENT];

	if (id != NULL && header_request_id_ok(id))
		memcpy(rq->id, id, strlen(id) + 1);
	else
		id_make(rq->id);
	rq->language = language_accepted(rq->header[HDR_ACCEPT_LANGUAGE]);
	rq->english = language_english(rq->language);
	rq->traceparent = trace != NULL && trace_parent_ok(trace) ? trace : NULL;
	learn_peer(rq);
}

/* Learn whether and how a body is announced. */
static int
learn_body(struct req *rq)
{
	const char *length = rq->header[HDR_CONTENT_LENGTH];
	bool chunked = rq->header[HDR_TRANSFER_ENCODING] != NULL;

	if (length != NULL && chunked)
		return E_BAD_REQUEST;
	if (length != NULL && !parse_int(length, 0, INT64_MAX, &rq->length))
		return E_BAD_REQUEST;
	rq->has_body = chunked || rq->length > 0;
	rq->limit = conf.body_limit_bytes;
	return 0;
}

static void
list_allowed(struct req *rq)
{
	char *p = rq->allow;
	int m;

	for (m = 0; m < METHOD_OTHER; m++)
		if (rq->match.allowed & 1u << m)
			p += sprintf(p, "%s%s", p == rq->allow ? "" : ", ", method_name((enum method)m));
}

/* On WS_RAW_PORT / means /ws, and there is nothing else. */
static int
find_raw(struct req *rq)
{
	if (rq->uri.n_segments == 0)
		rq->uri.segments[rq->uri.n_segments++] = STR("ws");
	return rq->uri.n_segments == 1 && str_eq(rq->uri.segments[0], STR("ws")) ? 0 : E_NO_ROUTE;
}

static int
find_endpoint(struct req *rq)
{
	int rc;

	if (rq->target_bytes + 1 > URI_BYTES_MAX)
		return E_URI_LONG;
	if ((rc = uri_split(&rq->uri, rq->target.p, rq->target_bytes)) < 0 ||
	    (rq->conn->raw && (rc = find_raw(rq)) < 0))
		return rc;
	route_find(rq->uri.segments, rq->uri.n_segments, rq->method, &rq->match);
	if (rq->match.allowed == 0)
		return E_NO_ROUTE;
	rq->endpoint = rq->match.endpoint;
	if (rq->endpoint == NULL) {
		list_allowed(rq);
		return rq->method == METHOD_OPTIONS ? 0 : E_METHOD;
	}
	if (rq->endpoint->route->flags & ROUTE_TEST && !conf.ws_protocol_test)
		return E_NO_ROUTE;
	rq->route = rq->endpoint->route;
	rq->stream = (rq->route->flags & ROUTE_STREAM) != 0;
	if (rq->stream)
		rq->limit = conf.bulk_body_limit_bytes;
	if (rq->route->flags & ROUTE_RELAY && conf.ws_max_payload + 4096 > rq->limit)
		rq->limit = conf.ws_max_payload + 4096;		/* the fanout says what is too much */
	return 0;
}

static bool
is_ndjson(const char *type)
{
	return header_is_type(type, "application/x-ndjson") || header_is_type(type, "application/ndjson") ||
	    header_is_type(type, "application/jsonl");
}

static int
check_media(struct req *rq)
{
	const char *type = rq->header[HDR_CONTENT_TYPE], *encoding = rq->header[HDR_CONTENT_ENCODING];

	if (!rq->has_body || rq->endpoint == NULL || !(rq->stream || rq->endpoint->takes_json))
		return 0;
	if (encoding != NULL && strcmp(encoding, "identity") != 0) {
		rq->why = rq->english ? "A compressed body is not supported." : "압축된 요청 본문은 지원하지 않습니다.";
		return E_MEDIA;
	}
	if (type == NULL || header_is_type(type, "application/json") || (rq->stream && is_ndjson(type)))
		return 0;
	if (rq->stream)
		rq->why = rq->english ? "The Content-Type must be application/x-ndjson or application/json." :
		    "Content-Type은 application/x-ndjson 또는 application/json이어야 합니다.";
	else
		rq->why = rq->english ? "The Content-Type must be application/json." :
		    "Content-Type은 application/json이어야 합니다.";
	return E_MEDIA;
}

/* Answer with the error now, although the body may still be arriving. */
static enum step
refuse_request(struct req *rq, int rc)
{
	rq->close_after = true;
	if (rq->state < REQ_ANSWERED)
		handle_error(rq, rc);
	return STEP_REFUSE;
}

/* Whether to authenticate before the body is read. A body that did not arrive with its head costs memory and time. A
 * small one that did is in memory already, and the handler's coroutine authenticates then. */
static bool
asks_first(const struct req *rq)
{
	return rq->has_body && rq->endpoint != NULL && !(rq->route->flags & ROUTE_RELAY) && rq->conn->unanswered == 0;
}

/* Start the handler, which waits for the body itself. */
static enum step
start_early(struct req *rq)
{
	int rc = req_charge(rq, rq->stream ? BUDGET_STREAMS : BUDGET_BODIES, 1);

	if (rc < 0)
		return refuse_request(rq, rc);
	rq->charged = true;
	req_enter(rq, REQ_HANDLER);
	if (rq->stream)
		enter_phase(rq, CONN_WORKING);	/* the route's deadline bounds it */
	handle_start(rq);
	return rq->state == REQ_ANSWERED ? refuse_request(rq, 0) : STEP_READ;
}

enum step
serve_headers(struct req *rq, const char *method)
{
	int rc;

	req_enter(rq, REQ_BODY);
	rq->method = method_find(method);
	learn_caller(rq);
	if ((rc = limit_blocked(rq)) < 0)
		return refuse_request(rq, rc);
	if (rq->head_error < 0)
		return refuse_request(rq, rq->head_error);
	rq->close_after = rq->header[HDR_UPGRADE] != NULL;	/* the framing ends with it (framing.h) */
	if ((rc = learn_body(rq)) < 0)
		return refuse_request(rq, rc);
	if ((rc = find_endpoint(rq)) == 0)
		rc = check_media(rq);
	rq->error = rc;
	if (rq->length > rq->limit)
		return refuse_request(rq, rc < 0 ? rc : E_TOO_LARGE);
	if (rc < 0 && rq->header[HDR_EXPECT] != NULL)
		return refuse_request(rq, rc);
	if (rc == 0 && ((rq->stream && rq->has_body) || asks_first(rq)))
		return start_early(rq);
	return STEP_READ;
}

static enum step
stream_body(struct req *rq, const char *p, size_t n)
{
	if (rq->state >= REQ_ANSWERED)
		return refuse_request(rq, 0);
	buf_add(&rq->in, p, n);
	if (rq->co != NULL)
		co_wake(rq->co);
	return rq->in.n > STREAM_BUFFER || rq->received > rq->limit ? STEP_WAIT : STEP_READ;
}

/* The body is at fault. Where a handler waits for it, the handler ends with the error, which is then answered. */
static enum step
fail_body(struct req *rq, int rc)
{
	if (rq->error == 0)
		rq->error = rc;
	if (rq->co == NULL)
		return refuse_request(rq, rq->error);
	co_wake(rq->co);
	return STEP_WAIT;
}

enum step
serve_body(struct req *rq, const char *p, size_t n)
{
	int rc;

	rq->received += (int64_t)n;
	if (rq->stream && rq->state >= REQ_HANDLER)
		return stream_body(rq, p, n);
	if (rq->received > rq->limit)
		return fail_body(rq, E_TOO_LARGE);
	if (rq->error < 0)
		return STEP_READ;
	if (rq->client != NULL) {
		if ((rc = req_charge(rq, BUDGET_BYTES, (int64_t)n)) < 0)
			return fail_body(rq, rc);
		rq->charged_bytes += (int64_t)n;
	}
	buf_add(&rq->in, p, n);
	return STEP_READ;
}

static enum step
send_answer(struct req *rq)
{
	enter_phase(rq, CONN_ANSWERING);
	return STEP_ANSWER;
}

enum step
serve_whole(struct req *rq)
{
	rq->eof = true;
	if (rq->state >= REQ_ANSWERED)
		return send_answer(rq);
	enter_phase(rq, CONN_WORKING);
	if (rq->error < 0) {
		handle_error(rq, rq->error);
	} else if (rq->endpoint == NULL) {
		cors_options(rq);
		handle_finish(rq);
	} else if (ws_upgrade_asked(rq)) {
		if ((rq->error = ws_upgrade_check(rq)) == 0)
			return STEP_UPGRADE;
		handle_error(rq, rq->error);
	} else if (rq->state == REQ_BODY) {
		req_enter(rq, REQ_HANDLER);
		handle_start(rq);
	} else if (rq->co != NULL) {
		co_wake(rq->co);
	}
	return rq->state == REQ_ANSWERED ? send_answer(rq) : STEP_WAIT;
}

int
serve_upgrade(struct req *rq)
{
	int rc;

	rq->method = METHOD_GET;
	learn_caller(rq);
	if (guard_blocked(rq->ip, &rq->rate.retry_s))
		return E_BLOCKED;
	if ((rc = learn_body(rq)) < 0 || (rc = find_endpoint(rq)) < 0)
		return rc;
	if (rq->head_error < 0 || rq->has_body || rq->header[HDR_EXPECT] != NULL || rq->header[HDR_HOST] == NULL ||
	    !ws_upgrade_asked(rq))
		return E_BAD_REQUEST;
	return ws_upgrade_check(rq);
}

void
serve_malformed(struct conn *c, int rc, const char *ko, const char *en)
{
	struct req *rq = serve_begin(c, "*", NULL);

	learn_caller(rq);
	rq->why = rq->english ? en : ko;
	(void)refuse_request(rq, rc);
	transport->send_now(rq);
	serve_end(rq, true);
}

void
serve_end(struct req *rq, bool answered)
{
	if (rq->conn != NULL)
		enter_phase(rq, CONN_WAITING);
	rq->conn = NULL;
	rq->transport = NULL;
	rq->suspended = false;		/* there is nothing to resume */
	if (rq->co == NULL)
		req_pool_put(rq);
	else if (!answered)
		co_cancel(rq->co);
}
