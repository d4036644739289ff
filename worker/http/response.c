/* response.c -- answers as libmicrohttpd takes them. See response.h. */
#include "response.h"

#include <stdlib.h>
#include <time.h>

#include "libmicrohttpd.h"
#include "limit.h"
#include "response_cache.h"
#include "spool.h"

enum { SPOOL_BLOCK_BYTES = 64 * 1024 };

static struct MHD_Response *
add_headers(struct MHD_Response *r, const struct reply_header *h, int n)
{
	int i;

	if (r == NULL)
		abort();
	for (i = 0; i < n; i++)
		MHD_add_response_header(r, h[i].name, h[i].value);
	return r;
}

static ssize_t
read_spool(void *spool, uint64_t at, char *out, size_t n)
{
	ssize_t got = spool_read(spool, at, out, n);

	return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *
make_response(struct str body, enum MHD_ResponseMemoryMode mode, const struct reply_header *h, int n)
{
	return add_headers(MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, mode), h, n);
}

/* The headers of a cached response that differ from request to request; own_count() of them are there. */
static const char *const own_names[RESPONSE_CACHE_OWN] = { "X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining",
    "X-RateLimit-Reset" };

static int
own_count(const struct cached_response *p)
{
	return p->limited ? RESPONSE_CACHE_OWN : 1;
}

/* The library keeps each value in memory of its own: remember where. */
static void
find_own(struct cached_response *p)
{
	int i;

	for (i = 0; i < own_count(p); i++)
		p->own[i] = (char *)(uintptr_t)MHD_get_response_header(p->response, own_names[i]);
}

/* Lend the response from the cache, building it there first where needed. The library gets its own copy of the body:
 * it may still be sending when the slot is reused. */
static bool
lend_response(struct req *rq)
{
	struct reply_header h[REPLY_ALL_HEADERS];
	struct cached_response *p;
	bool found;
	int n;

	if (!response_cache_accepts(rq) || (p = response_cache_find(rq, &found)) == NULL)
		return false;
	if (!found) {
		if (p->response != NULL)
			MHD_destroy_response(p->response);
		response_cache_store(p, rq);
		n = reply_finish(rq, h);
		p->response = make_response(rq->reply.body, MHD_RESPMEM_MUST_COPY, h, n);
		find_own(p);
	}
	p->lent++;
	rq->cached = p;
	return true;
}

/* The lent response with this request's id and rate limit. The library copies the headers before any other request can
 * change them. A value of the same length overwrites the old one. */
static struct MHD_Response *
personalise_cached(struct req *rq)
{
	struct cached_response *p = rq->cached;
	struct reply_header h[RESPONSE_CACHE_OWN] = { { own_names[0], rq->id } };
	bool moved = false;
	int i;

	limit_headers(rq, h + 1);
	for (i = 0; i < own_count(p); i++) {
		size_t n = strlen(h[i].value);

		if (strlen(p->own[i]) == n) {
			memcpy(p->own[i], h[i].value, n);
			continue;
		}
		MHD_del_response_header(p->response, own_names[i], p->own[i]);
		MHD_add_response_header(p->response, own_names[i], h[i].value);
		moved = true;
	}
	if (moved)
		find_own(p);
	return p->response;
}

/* As the library would have it (RFC 9110 5.6.7). */
static void
put_date(struct buf *text)
{
	time_t now = (time_t)(now_ms() / 1000);
	char date[40];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	buf_printf(text, "Date: %s\r\n", date);
}

/* The whole answer as text in rq->out. */
static void
build_text(struct req *rq, const struct reply_header *h, int n)
{
	struct buf text = { 0 };
	int i;

	buf_printf(&text, "HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n", rq->reply.status,
	    MHD_get_reason_phrase_for((unsigned)rq->reply.status), rq->reply.body.n);
	put_date(&text);
	for (i = 0; i < n; i++)
		buf_printf(&text, "%s: %s\r\n", h[i].name, h[i].value);
	buf_str(&text, "\r\n");
	if (rq->method != METHOD_HEAD)
		buf_add(&text, rq->reply.body.p, rq->reply.body.n);
	buf_fini(&rq->out);
	rq->out = text;
}

void
response_build(struct req *rq)
{
	struct reply_header h[REPLY_ALL_HEADERS];
	int n;

	if (lend_response(rq))
		return;
	n = reply_finish(rq, h);
	if (rq->reply.spool != NULL)		/* the library closes it */
		rq->response = add_headers(MHD_create_response_from_callback((uint64_t)rq->reply.spool->bytes,
		    SPOOL_BLOCK_BYTES, read_spool, rq->reply.spool, spool_close), h, n);
	else if (rq->eof)
		rq->response = make_response(rq->reply.body, MHD_RESPMEM_PERSISTENT, h, n);
	else
		build_text(rq, h, n);
}

struct MHD_Response *
response_named(struct req *rq)
{
	return rq->cached != NULL ? personalise_cached(rq) : rq->response;
}

void
response_return(struct req *rq)
{
	if (rq->cached != NULL)
		rq->cached->lent--;
	if (rq->response != NULL)
		MHD_destroy_response(rq->response);
	rq->cached = NULL;
	rq->response = NULL;
}
