/* reply_finish.c -- what every answer gets at its end: ETag and 304, compression, the headers. See req.h. */
#include "base/conf.h"
#include "base/zip.h"
#include "cors.h"
#include "limit.h"
#include "req.h"

enum { GZIP_FROM_BYTES = 1024 };

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

static bool
is_page(const struct reply *r)
{
	return r->type != NULL && strncmp(r->type, "text/html", 9) == 0;
}

/* Of every answer. Cross-Origin-Opener-Policy says something of pages alone. */
static int
put_fixed(const struct req *rq, struct reply_header *headers)
{
	int n = 0;

	ADD("Content-Security-Policy", rq->reply.policy != NULL ? rq->reply.policy : "default-src 'self'");
	ADD("X-Frame-Options", "DENY");
	ADD("X-Content-Type-Options", "nosniff");
	ADD("Referrer-Policy", "strict-origin-when-cross-origin");
	ADD("Permissions-Policy", "geolocation=(), microphone=(), camera=()");
	if (is_page(&rq->reply))
		ADD("Cross-Origin-Opener-Policy", "same-origin");
	ADD("Cross-Origin-Resource-Policy", rq->route != NULL && rq->route->flags & ROUTE_SHARED
	    ? "cross-origin" : "same-origin");
	ADD("Vary", "Origin, Accept-Encoding");
	if (conf.strict)
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
