/* csrf.h -- whether a request that a cookie authenticates was meant by its user: double submit. Nothing here yields.
 *
 * The cookie `csrf-token` can be read by our own pages only, which send it back as X-CSRF-Token. Requests with
 * credentials that a browser does not add by itself (Authorization, X-API-Key) need none, nor do those of the same
 * origin (Sec-Fetch-Site).
 */
#ifndef HTTP_CSRF_H
#define HTTP_CSRF_H

#include "req.h"

#define CSRF_COOKIE	"csrf-token"
#define REFRESH_COOKIE	"refreshToken"

/* For a ROUTE_COOKIE route: 0 or E_CSRF. */
int	 csrf_check(struct req *rq);
/* Set a csrf-token cookie on the answer: a new one with a login; the client's own again, or a new one for want of any,
 * with a refreshed login or a refusal. */
void	 csrf_give(struct req *rq, bool fresh);
/* Delete it, with a logout. */
void	 csrf_take_back(struct req *rq);

/* The client's token, or a new one, which becomes its cookie. In rq->mem. */
const char *csrf_token(struct req *rq);

#endif
