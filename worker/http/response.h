/* response.h -- a reply as libmicrohttpd sends it: built from req.reply, or lent from the cache (response_cache.h).
 *
 * For mhd.c alone. Nothing here yields.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "req.h"

struct MHD_Response;

/* Build req.response, or borrow req.cached; once a request. A reply that comes while the body is still arriving, which
 * the library cannot send, becomes text in req.out instead. */
void			 response_build(struct req *rq);
/* The response to queue, with this request's id and rate limit. Queue it at once: the next request may change it. */
struct MHD_Response	*response_named(struct req *rq);
/* Release what response_build made or borrowed, if anything. */
void			 response_return(struct req *rq);

#endif
