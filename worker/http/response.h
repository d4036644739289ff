/* response.h -- an answer as libmicrohttpd takes it: built from req.reply, or lent from the shelf (shelf.h) and given
 * this request's names. For mhd.c alone. Nothing here yields.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "req.h"

struct MHD_Response;

/* Build it, once a request: req.response or req.place. An answer in the middle of a body, which the library cannot
 * send, becomes text in req.out instead. */
void			 response_build(struct req *rq);
/* What is to be queued, and at once: a lent one is the next request's then. */
struct MHD_Response	*response_named(struct req *rq);
/* Give up what was built, if anything was. */
void			 response_return(struct req *rq);

#endif
