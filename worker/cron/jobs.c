/* jobs.c -- what is done by the clock. See jobs.h. */
#include "jobs.h"

#include <stddef.h>

#include "base/conf.h"
#include "link/pg.h"
#include "run/co.h"
#include "worker/domain/alert.h"
#include "worker/domain/analysis.h"
#include "worker/domain/cache.h"
#include "worker/domain/partition.h"
#include "worker/domain/retention.h"

enum { HOUR_MS = 3600 * 1000, ALERT_MS = 1000, REVIVE_MAX_MS = 5000 };

static int64_t
hourly(void)
{
	return HOUR_MS;
}

/* Often enough that a stalled request waits little longer than it must. */
static int64_t
by_stall(void)
{
	return conf.analysis_stall_ms / 4 < REVIVE_MAX_MS ? conf.analysis_stall_ms / 4 : REVIVE_MAX_MS;
}

static int64_t
by_warm(void)
{
	return conf.cache_warm_every_s * 1000;
}

/* At once is within a second. */
static int64_t
by_alerts(void)
{
	return *conf.slack_webhook_url != '\0' ? ALERT_MS : HOUR_MS;
}

static int
deliver_alerts(int64_t *n)
{
	return alert_deliver(co_arena(), n);
}

static int
make_partitions(int64_t *n)
{
	return partition_make(pg_shared(), n);
}

/* The count is of what is in the cache now, not of what was missing there: no news. */
static int
warm_cache(int64_t *n)
{
	int64_t warmed;

	*n = 0;
	return cache_warm_popular(co_arena(), &warmed);
}

static int
drop_old_rows(int64_t *n)
{
	return retention_apply(n);
}

static int
revive_analyses(int64_t *n)
{
	int revived = 0, rc = analysis_revive(co_arena(), &revived);

	*n = revived;
	return rc;
}

const struct job jobs[] = {
	{ "revive-analyses", "requests without news are sent again, or given up", by_stall, revive_analyses },
	{ "warm-cache", "the results most asked for are in the cache", by_warm, warm_cache },
	{ "make-partitions", "tables by month have a partition for the months to come", hourly, make_partitions },
	{ "drop-old-rows", "rows older than the RETENTION_ keys and IDEMPOTENCY_TTL say are deleted", hourly, drop_old_rows },
	{ "deliver-alerts", "what people must know at once is posted to SLACK_WEBHOOK_URL", by_alerts, deliver_alerts },
	{ 0 }
};
