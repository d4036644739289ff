/* operator.c -- which clients may see the state of the server. See operator.h. */
#include "operator.h"

#include <strings.h>

#include "base/conf.h"
#include "peer.h"

static bool
has_token(const struct req *rq)
{
	const char *given = rq->header[HDR_AUTHORIZATION];

	return *conf.metrics_token != '\0' && given != NULL && strncasecmp(given, "bearer ", 7) == 0 &&
	    str_eq_secret(str_of(given + 7), str_of(conf.metrics_token));
}

bool
operator_admitted(const struct req *rq)
{
	if (!conf.strict || has_token(rq))
		return true;
	return (!rq->forwarded || rq->trusted) && peer_is_operator(rq->ip);
}
