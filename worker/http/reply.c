/* reply.c -- what handlers answer with, and the headers that every answer carries. See req.h.
 *
 * A body is copied into req.out, which the transport sends from, so that it may come from the coroutine's arena.
 */
#include "req.h"

#include <stdio.h>

#include "api/page.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/zip.h"
#include "cors.h"
#include "csrf.h"
#include "limit.h"

enum { GZIP_FROM_BYTES = 1024 };

static const char json_type_name[] = "application/json; charset=utf-8";

int
reply_text(struct req *rq, int status, const char *type, struct str body)
{
	rq->reply.status = status;
	rq->reply.type = type;
	buf_reset(&rq->out);
	buf_add(&rq->out, body.p, body.n);
	rq->reply.body = (struct str){ rq->out.p, rq->out.n };
	return 0;
}

int
reply_json(struct req *rq, int status, struct str body)
{
	return reply_text(rq, status, json_type_name, body);
}

int
reply_static(struct req *rq, const char *type, struct str body, struct str gzipped, const char *etag)
{
	bool packed = gzipped.p != NULL && header_lists(rq->header[HDR_ACCEPT_ENCODING], "gzip");

	rq->reply = (struct reply){ .status = 200, .type = type, .body = packed ? gzipped : body, .etag = etag,
	    .encoding = packed ? "gzip" : "identity" };
	return 0;
}

/* req.out holds a JSON answer. */
static int
reply_out(struct req *rq, int status, const char *type)
{
	rq->reply.status = status;
	rq->reply.type = type;
	rq->reply.body = (struct str){ rq->out.p, rq->out.n };
	return 0;
}

int
reply_data(struct req *rq, int status, struct str data, enum message message)
{
	struct json_field f[] = {
		JB("success", true), JR("data", data), JIF(message != MSG_NONE,
		    JS("message", message_text(message, rq->english))),
	};

	buf_reset(&rq->out);
	json_put_obj(&rq->out, f, NELEM(f));
	return reply_out(rq, status, json_type_name);
}

int
reply_list(struct req *rq, struct str list, const char *next)
{
	struct json_field f[] = { JB("success", true), JR("data", list), JS("nextCursor", next) };

	buf_reset(&rq->out);
	json_put_obj(&rq->out, f, NELEM(f));
	return reply_out(rq, 200, json_type_name);
}

void
reply_header(struct req *rq, const char *name, const char *value)
{
	if (rq->reply.n_extra < REPLY_HEADERS_MAX)
		rq->reply.extra[rq->reply.n_extra++] = (struct reply_header){ name, value };
}

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
	reply_out(rq, e->status, problem ? "application/problem+json; charset=utf-8" : json_type_name);
	if (rq->rate.retry_s > 0)
		snprintf(rq->retry_after, sizeof(rq->retry_after), "%lld", (long long)rq->rate.retry_s);
	if (e->status == 429 || e->status == 503 || rq->rate.retry_s > 0)
		reply_header(rq, "Retry-After", rq->rate.retry_s > 0 ? rq->retry_after : "1");
	if (rc == E_CSRF && rq->mem != NULL)
		csrf_give(rq, false);
	if (rc == E_UPGRADE)
		reply_header(rq, "Sec-WebSocket-Version", "13");
	if (rc == E_METHOD)
		reply_header(rq, "Allow", rq->allow);
	if (rc == E_UNAUTHORIZED)
		reply_header(rq, "WWW-Authenticate", "Bearer");
	if (rc == E_TOKEN || rc == E_TOKEN_EXPIRED || rc == E_TOKEN_REVOKED)
		reply_header(rq, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
}

static void
make_etag(struct req *rq)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t h = hash_fast(rq->reply.body.p, rq->reply.body.n);
	char *p = rq->etag;
	int i;

	*p++ = 'W';
	*p++ = '/';
	*p++ = '"';
	for (i = 60; i >= 0; i -= 4)
		*p++ = hex[h >> i & 15];
	*p++ = '"';
	*p = '\0';
	rq->reply.etag = rq->etag;
}

/* Weak comparison, RFC 9110 13.1.2. */
static bool
etag_known(const char *list, const char *etag)
{
	const char *mine = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;

	return list != NULL && (strcmp(list, "*") == 0 || strstr(list, mine) != NULL);
}

static void
check_fresh(struct req *rq)
{
	struct reply *r = &rq->reply;

	if (r->etag == NULL)
		make_etag(rq);
	if (!etag_known(rq->header[HDR_IF_NONE_MATCH], r->etag))
		return;
	r->status = 304;
	r->type = NULL;
	r->encoding = NULL;
	r->body = (struct str){ 0 };
}

static bool
is_compressible(const char *type)
{
	return strncmp(type, "application/json", 16) == 0 || strncmp(type, "text/", 5) == 0 ||
	    strncmp(type, "application/problem", 19) == 0;
}

static void
compress_body(struct req *rq)
{
	struct reply *r = &rq->reply;

	if (r->encoding != NULL || r->type == NULL || r->body.n < GZIP_FROM_BYTES || !is_compressible(r->type))
		return;
	if (!header_lists(rq->header[HDR_ACCEPT_ENCODING], "gzip") || !zip_gzip(&rq->out, r->body))
		return;
	r->body = (struct str){ rq->out.p, rq->out.n };
	r->encoding = "gzip";
}

#define ADD(name, value) (headers[n++] = (struct reply_header){ name, value })

/* Of every answer. */
static int
put_fixed(const struct req *rq, struct reply_header *headers)
{
	int n = 0;

	ADD("Content-Security-Policy", rq->reply.policy != NULL ? rq->reply.policy : "default-src 'self'");
	ADD("X-Frame-Options", "DENY");
	ADD("X-Content-Type-Options", "nosniff");
	ADD("Referrer-Policy", "strict-origin-when-cross-origin");
	ADD("Permissions-Policy", "geolocation=(), microphone=(), camera=()");
	ADD("Cross-Origin-Opener-Policy", "same-origin");
	ADD("Cross-Origin-Resource-Policy", rq->route != NULL && rq->route->flags & ROUTE_SHARED ? "cross-origin"
	    : "same-origin");
	ADD("Vary", "Origin, Accept-Encoding");
	if (conf.production)
		ADD("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
	return n;
}

int
reply_finish(struct req *rq, struct reply_header headers[REPLY_ALL_HEADERS])
{
	bool cacheable = rq->route != NULL && rq->route->flags & ROUTE_CACHEABLE && rq->reply.status == 200;
	struct reply *r = &rq->reply;
	int i, n = 0;

	if (cacheable)
		check_fresh(rq);
	compress_body(rq);
	ADD("X-Request-Id", rq->id);		/* the first: response.c exchanges it */
	n += limit_headers(rq, headers + n);	/* the next three too */
	if (r->status != 101)			/* no page, nothing to cache */
		n += put_fixed(rq, headers + n);
	if (r->type != NULL)
		ADD("Content-Type", r->type);
	if (r->status != 101)
		ADD("Cache-Control", !cacheable ? "no-store" : r->cache != NULL ? r->cache : "no-cache");
	if (cacheable)
		ADD("ETag", r->etag);
	if (r->encoding != NULL && *r->encoding != 'i')
		ADD("Content-Encoding", r->encoding);
	for (i = 0; i < r->n_extra; i++)
		ADD(r->extra[i].name, r->extra[i].value);
	n += cors_headers(rq, headers + n);
	if (rq->close_after)
		ADD("Connection", "close");
	return n;
}
