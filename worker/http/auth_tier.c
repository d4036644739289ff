/* auth_tier.c -- see auth_tier.h. */
#include "auth_tier.h"

#include "base/err.h"

int
auth_tier(const struct req *rq)
{
	enum tier wanted = route_tier(rq->route);

	if (wanted == TIER_FREE || rq->admin)
		return 0;
	if (rq->user == NULL)
		return E_UNAUTHORIZED;
	return rq->tier != NULL && tier_rank(rq->tier) >= (int)wanted ? 0 : E_TIER;
}
