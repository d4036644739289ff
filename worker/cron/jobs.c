/* jobs.c -- what is done by the clock. See jobs.h. */
#include "jobs.h"

#include <stddef.h>

#include "base/conf.h"
#include "link/pg.h"
#include "run/co.h"
#include "worker/domain/alert.h"
#include "worker/domain/analysis.h"
#include "worker/domain/order.h"
#include "worker/domain/partition.h"
#include "worker/domain/product_news.h"
#include "worker/domain/retention.h"

enum { HOUR_MS = 3600 * 1000, ALERT_MS = 1000, EXPIRE_MS = 5000, RETELL_MS = 2000, REVIVE_MAX_MS = 5000 };

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

/* Stock that nobody pays for is wanted by others. */
static int64_t
by_payment_timeout(void)
{
	return conf.order_payment_s >= 60 ? EXPIRE_MS : EXPIRE_MS / 10;
}

static int64_t
by_seconds(void)
{
	return RETELL_MS;
}

const struct job jobs[] = {
	{ "revive-analyses", "requests without news are sent again, or given up", by_stall, revive_analyses },
	{ "make-partitions", "tables by month have a partition for the months to come", hourly, make_partitions },
	{ "drop-old-rows", "rows older than the RETENTION_ keys and IDEMPOTENCY_TTL say are deleted", hourly, drop_old_rows },
	{ "deliver-alerts", "what people must know at once is posted to SLACK_WEBHOOK_URL", by_alerts, deliver_alerts },
	{ "expire-orders", "orders not paid within ORDER_PAYMENT_TIMEOUT are cancelled; their stock goes back", by_payment_timeout, order_expire },
	{ "retell-products", "changes of products that a process recorded and did not live to tell are told", by_seconds, product_news_retell },
	{ 0 }
};
