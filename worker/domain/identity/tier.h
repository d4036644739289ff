/* tier.h -- the tiers of accounts and API keys, from the least privileged to the most. Pure. */
#ifndef IDENTITY_TIER_H
#define IDENTITY_TIER_H

#define ACCOUNT_TIERS "free|premium|pro|admin"
enum tier { TIER_FREE, TIER_PREMIUM, TIER_PRO, TIER_ADMIN };

/* The rank of a tier, an enum tier; -1: unknown. And its name. */
int	 tier_rank(const char *tier);
const char *tier_name(enum tier tier);

#endif
