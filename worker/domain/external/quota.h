/* quota.h -- daily quotas of external services, counted in PostgreSQL for all hosts and over restarts.
 *
 * What a call may cost is reserved before the call: a process that dies in between has spent it. All yield; errors as
 * pg_query, and those named.
 */
#ifndef EXTERNAL_QUOTA_H
#define EXTERNAL_QUOTA_H

#include "external_api.h"

/* Reserves `units` of today's. E_RATE: fewer are left, and nothing was reserved. */
int	 quota_reserve(enum external_bucket bucket, int64_t units);
/* Adds the difference between what was reserved and what was used, which may be negative. */
int	 quota_settle(enum external_bucket bucket, int64_t units);
/* The service says that today's are used up. */
int	 quota_exhaust(enum external_bucket bucket);
/* Sets the gauges of the services that are on, and drops the counts of old days. */
int	 quota_report(void);

#endif
