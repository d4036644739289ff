/* csrf.h -- protects requests that a cookie authenticates by double submit. Nothing here yields.
 *
 * Only Dure's own pages can read the cookie `csrf-token`; they send it back as X-CSRF-Token. A request with a
 * credential that a browser does not add by itself (Authorization, X-API-Key) needs no token, nor does one of the same
 * origin (Sec-Fetch-Site).
 */
#ifndef HTTP_CSRF_H
#define HTTP_CSRF_H

#include "req.h"

#define CSRF_COOKIE	"csrf-token"
#define REFRESH_COOKIE	"refreshToken"

/* For a ROUTE_COOKIE route: 0 or E_CSRF. */
int	 csrf_check(struct req *rq);
/* Set a csrf-token cookie on the answer. `fresh`: a new token, with a login; otherwise the client's own, or a new one
 * where it has none, with a refreshed login or a refusal. */
void	 csrf_set(struct req *rq, bool fresh);
/* Delete it, with a logout. */
void	 csrf_clear(struct req *rq);

/* The client's token, or a new one, which becomes its cookie. In rq->mem. */
const char *csrf_token(struct req *rq);

#endif
