/* response_cache.h -- built libmicrohttpd responses, found by the bytes of their body and sent again.
 *
 * Two answers of a ROUTE_CACHEABLE route with the same body differ only in the request id and the rate limit's headers.
 * The cache therefore keeps the built response with its headers and lends it. It is bounded: a slot is reused by the
 * next answer that hashes to it, unless it is lent at that moment. Freshness is no concern: the key is the body, not
 * the URL. response.c owns the cache; it makes and frees the responses. Nothing here yields.
 */
#ifndef HTTP_RESPONSE_CACHE_H
#define HTTP_RESPONSE_CACHE_H

#include "req.h"

enum { RESPONSE_CACHE_BODY_MAX = 8192, RESPONSE_CACHE_OWN = 4 };

struct cached_response {
	uint64_t	 hash;
	const char	*type;
	char		*body;
	size_t		 n;
	bool		 packed;		/* the response is compressed; `body` is not */
	bool		 limited;		/* it has rate-limit headers */
	void		*response;		/* NULL: the slot is empty */
	int		 lent;			/* requests between their handler and their answer that use it */
	char		*own[RESPONSE_CACHE_OWN];	/* values, in the response, of the headers that differ */
};

/* Whether rq->reply may be cached: a whole 200 whose only header of its own is the request id. */
bool			 response_cache_accepts(const struct req *rq);
/* The slot for rq->reply's body. `found`: it holds this answer; otherwise it is empty or may be reused. NULL: it is
 * lent, and the answer cannot be cached. */
struct cached_response	*response_cache_find(const struct req *rq, bool *found);
/* Store a copy of the answer's body in slot `p`. The caller has freed the response it held, and sets `response` and
 * `own` next. */
void			 response_cache_store(struct cached_response *p, const struct req *rq);

#endif
