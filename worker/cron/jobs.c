/* jobs.c -- the table of periodic jobs. See jobs.h. */
#include "jobs.h"

#include <string.h>

#include "backup_schedule.h"
#include "base/conf.h"
#include "base/str.h"
#include "link/mail.h"
#include "link/pg.h"
#include "run/co.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/analysis/batch.h"
#include "worker/domain/catalog/product_change.h"
#include "worker/domain/catalog/search_cache.h"
#include "worker/domain/catalog/watch.h"
#include "worker/domain/core/room_outbox.h"
#include "worker/domain/curation/affinity.h"
#include "worker/domain/curation/interaction_fold.h"
#include "worker/domain/curation/preference.h"
#include "worker/domain/curation/recommend_count.h"
#include "worker/domain/curation/trend.h"
#include "worker/domain/curation/video.h"
#include "worker/domain/identity/account_mail.h"
#include "worker/domain/ops/alert.h"
#include "worker/domain/ops/cache_admin.h"
#include "worker/domain/ops/consistency.h"
#include "worker/domain/ops/kpi.h"
#include "worker/domain/ops/partition.h"
#include "worker/domain/ops/retention.h"
#include "worker/domain/ops/system_status.h"
#include "worker/domain/order/order.h"

enum {
	MINUTE_MS	= 60 * 1000,
	HOUR_MS		= 3600 * 1000,
	DAY_S		= 86400,
	ALERT_MS	= 1000,
	EXPIRE_MS	= 5000,
	REPUBLISH_MS	= 2000,
	REPORT_MS	= 10 * 1000,
	REVIVE_MAX_MS	= 5000,
	AFFINITY_MS	= 20 * 1000,
};

static int64_t
by_hour(void)
{
	return HOUR_MS;
}

static int64_t
by_minute(void)
{
	return MINUTE_MS;
}

/* Often enough that a stalled request waits little longer than its limit. */
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

/* An alert is to go out within a second. */
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

static int64_t
by_mails(void)
{
	return mail_on() ? ALERT_MS : HOUR_MS;
}

static int
deliver_mails(int64_t *n)
{
	return account_mail_deliver(co_arena(), n);
}

static int
make_partitions(int64_t *n)
{
	return partition_make(pg_shared(), n);
}

/* The count is of cached results, not of newly cached ones: nothing to log. */
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

static int64_t
by_batches(void)
{
	return conf.batch_poll_ms;
}

static int64_t
by_price_alerts(void)
{
	return conf.price_alert_check_ms;
}

/* Daily jobs are checked every minute, since hosts restart. */
static int64_t
by_day(void)
{
	return conf.consistency_interval_s * 1000 < MINUTE_MS ? conf.consistency_interval_s * 1000 : MINUTE_MS;
}

static int
run_batches(int64_t *n)
{
	return batch_run_due(co_arena(), n);
}

static int
check_price_alerts(int64_t *n)
{
	return watch_check_alerts(co_arena(), n);
}

static int
compare_caches(int64_t *n)
{
	return consistency_check(co_arena(), n);
}

static int64_t
consistency_s(void)
{
	return conf.consistency_interval_s;
}

static int64_t
day_s(void)
{
	return DAY_S;
}

/* Unpaid stock is missing in the shop. */
static int64_t
by_payment_timeout(void)
{
	return conf.order_payment_s >= 60 ? EXPIRE_MS : EXPIRE_MS / 10;
}

static int64_t
by_seconds(void)
{
	return REPUBLISH_MS;
}

static int64_t
by_report(void)
{
	return REPORT_MS;
}

static int
report_status(int64_t *n)
{
	(void)n;
	return system_status_write(co_arena());
}

static int64_t
by_trends(void)
{
	return conf.trends_every_s * 1000;
}

static int64_t
by_affinity(void)
{
	return conf.affinity_every_s * 1000;
}

/* Videos that are left are done in the next round. */
static int
compute_affinities(int64_t *n)
{
	int64_t left;

	return affinity_run(AFFINITY_MS, n, &left);
}

/* The count is of cached videos, as in warm_cache. */
static int
warm_videos(int64_t *n)
{
	int64_t warmed;

	*n = 0;
	return video_warm(&warmed);
}

const struct job jobs[] = {
	{ "revive-analyses", "resends requests without progress, and finally fails them", by_stall, revive_analyses },
	{ "warm-cache", "loads the most requested results into the cache", by_warm, warm_cache },
	{ "run-batches", "runs scheduled batch jobs, missed ones too", by_batches, run_batches },
	{ "check-price-alerts", "checks armed price alerts, in case a price change was lost", by_price_alerts,
	    check_price_alerts },
	{ "check-consistency", "compares caches with the tables, every CONSISTENCY_CHECK_INTERVAL", by_day,
	    compare_caches },
	{ "age-searches", "halves the counts of popular searches every day", by_day, search_age_popular },
	{ "warm-videos", "loads the most viewed videos into the cache", by_warm, warm_videos },
	{ "snapshot-trends", "computes which keywords rise", by_trends, trend_snapshot },
	{ "compute-affinities", "computes which videos are watched together", by_affinity, compute_affinities },
	{ "measure-recommendations", "sets recommendation_accuracy", by_minute, recommend_count_accuracy },
	{ "fold-interactions", "moves preferences for interactions of processes that died", by_report,
	    interaction_fold_all },
	{ "trim-preferences", "deletes the least recent keywords of users beyond PREFERENCES_MAX, daily", by_day,
	    preference_trim },
	{ "report-status", "writes the numbers of analyses and batch jobs to system_status", by_report, report_status },
	{ "count-kpis", "counts the KPIs of today so far and of the last days", by_hour, kpi_count },
	{ "make-partitions", "creates the partitions of the coming months", by_hour, make_partitions },
	{ "drop-old-rows", "deletes rows older than the RETENTION_ keys and IDEMPOTENCY_TTL allow", by_hour,
	    drop_old_rows },
	{ "back-up", "asks the master for a backup when BACKUP_SCHEDULE is due", by_minute, backup_ask_full },
	{ "back-up-tables", "asks for a copy of BACKUP_TABLES every hour, with BACKUP_SCHEDULE", by_minute,
	    backup_ask_tables },
	{ "deliver-alerts", "posts urgent alerts to SLACK_WEBHOOK_URL", by_alerts, deliver_alerts },
	{ "deliver-mails", "sends mails about accounts to SMTP_URL or MAIL_WEBHOOK_URL", by_mails, deliver_mails },
	{ "expire-links", "deletes links of mails that have expired", by_hour, account_mail_expire },
	{ "expire-orders", "cancels orders not paid within ORDER_PAYMENT_TIMEOUT and returns their stock",
	    by_payment_timeout, order_expire },
	{ "retell-products", "publishes product changes that a dead process left unpublished",
	    by_seconds, product_change_republish },
	{ "retell-rooms", "publishes room events that a dead process stored while Redis was down",
	    by_seconds, room_outbox_retell },
	{ 0 }
};

static const struct { const char *job; int64_t (*interval_s)(void); } rare[] = {
	{ "check-consistency", consistency_s },
	{ "age-searches", day_s },
	{ "trim-preferences", day_s },
	{ "back-up", backup_schedule_full_s },
	{ "back-up-tables", backup_schedule_tables_s },
};

int64_t
job_interval_s(const struct job *j)
{
	size_t i;

	for (i = 0; i < NELEM(rare) && strcmp(rare[i].job, j->name) != 0; i++)
		;
	return i < NELEM(rare) ? rare[i].interval_s() : 0;
}
