/* auth_tier.h -- routes for some tiers only (ROUTE_TIER). */
#ifndef HTTP_AUTH_TIER_H
#define HTTP_AUTH_TIER_H

#include "req.h"

/* Check the caller's tier against what rq->route demands; admins have every tier. 0, E_UNAUTHORIZED (nobody), E_TIER.
 * Does not yield. */
int	 auth_tier(const struct req *rq);

#endif
