/* tier.c -- see tier.h. */
#include "tier.h"

#include <string.h>

#include "base/str.h"

static const char *const tiers[] = { "free", "premium", "pro", "admin" };

const char *
tier_name(enum tier tier)
{
	return tiers[tier];
}

int
tier_rank(const char *tier)
{
	size_t i;

	for (i = 0; i < NELEM(tiers); i++)
		if (strcmp(tiers[i], tier) == 0)
			return (int)i;
	return -1;
}
