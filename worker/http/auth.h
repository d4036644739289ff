/* auth.h -- who asks, and whether the route's row lets them: a Bearer token or an X-API-Key. */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "req.h"

/* Fill rq's caller and hold it against rq->route->auth. Yields only for an API key not seen lately. 0; E_UNAUTHORIZED
 * (nobody), E_TOKEN, E_TOKEN_EXPIRED, E_TOKEN_REVOKED, E_API_KEY (what was shown is no good, even where nobody need be
 * known), E_FORBIDDEN (somebody else may), E_DOWN. */
int	 auth_check(struct req *rq);

#endif
