/* tier.h -- what accounts and API keys may use of the service, from little to all. Pure. */
#ifndef IDENTITY_TIER_H
#define IDENTITY_TIER_H

#define ACCOUNT_TIERS "free|premium|pro|admin"

/* The place of a tier in that order, from 0; -1: there is no such tier. */
int	 tier_rank(const char *tier);

#endif
