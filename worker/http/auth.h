/* auth.h -- authenticates a request and checks the role of its route: a Bearer token or an X-API-Key. */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "req.h"

/* Fill rq's caller and check it against rq->route->auth. Yields only for an API key that is not in the local cache. 0;
 * E_UNAUTHORIZED (no credential), E_TOKEN, E_TOKEN_EXPIRED, E_TOKEN_REVOKED, E_API_KEY (a bad credential, also where
 * none is needed), E_FORBIDDEN (the role does not suffice), E_TIER (the tier does not), E_DOWN. */
int	 auth_check(struct req *rq);

#endif
