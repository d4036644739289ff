/* response_cache.c -- one slot a hash, no chains. See response_cache.h. */
#include "response_cache.h"

#include <stdlib.h>

enum { SLOTS = 512 };

static struct cached_response slots[SLOTS];

bool
response_cache_accepts(const struct req *rq)
{
	const struct reply *r = &rq->reply;

	return rq->route != NULL && rq->route->flags & ROUTE_CACHEABLE && r->status == 200 && r->encoding == NULL &&
	    r->n_extra == 0 && r->body.n <= RESPONSE_CACHE_BODY_MAX && rq->header[HDR_ORIGIN] == NULL &&
	    !rq->close_after && rq->header[HDR_IF_NONE_MATCH] == NULL;
}

static bool
takes_gzip(const struct req *rq)
{
	return header_lists(rq->header[HDR_ACCEPT_ENCODING], "gzip");
}

struct cached_response *
response_cache_find(const struct req *rq, bool *found)
{
	struct str body = rq->reply.body;
	uint64_t hash = hash_fast(body.p, body.n);
	bool packed = takes_gzip(rq);
	struct cached_response *p = &slots[(hash + packed) % SLOTS];

	*found = p->response != NULL && p->hash == hash && p->packed == packed && p->limited == (rq->rate.max > 0) &&
	    p->n == body.n && p->type == rq->reply.type &&
	    memcmp(p->body, body.p, body.n) == 0;
	return *found || p->lent == 0 ? p : NULL;
}

void
response_cache_store(struct cached_response *p, const struct req *rq)
{
	struct str body = rq->reply.body;

	free(p->body);
	if ((p->body = malloc(body.n + 1)) == NULL)
		abort();
	memcpy(p->body, body.p, body.n);
	p->n = body.n;
	p->hash = hash_fast(body.p, body.n);
	p->type = rq->reply.type;
	p->packed = takes_gzip(rq);
	p->limited = rq->rate.max > 0;
}
