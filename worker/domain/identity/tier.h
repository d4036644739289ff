/* tier.h -- the tiers of accounts and API keys, from the least privileged to the most. Pure. */
#ifndef IDENTITY_TIER_H
#define IDENTITY_TIER_H

#define ACCOUNT_TIERS "free|premium|pro|admin"

/* The rank of a tier, from 0; -1: unknown. */
int	 tier_rank(const char *tier);

#endif
