/* store_metrics.c -- see store_metrics.h. */
#include "store_metrics.h"

#include "base/conf.h"
#include "base/metric.h"
#include "link/pg.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/domain/ops/store_figures.h"

enum { LIMIT_MS = 10000 };

static struct loop_timer timer;
static struct co_group readings;

static void
set_table_bytes(const char *table, int64_t bytes)
{
	int cell = pg_stat_table(table);

	if (cell >= 0)
		metric_set(M_PG_TABLE_BYTES, (size_t)cell, bytes);
}

static void
read_stores(void *arg)
{
	struct redis_figures redis;
	struct pg_figures pg;
	int i;

	(void)arg;
	if (pg_figures_read(&pg) == 0) {
		for (i = 0; i < PG_SESSIONS; i++)
			metric_set(M_PG_SESSIONS, (size_t)i, pg.sessions[i]);
		metric_set(M_PG_SESSIONS_MAX, 0, pg.sessions_max);
		metric_set(M_PG_LOCK_WAITS, 0, pg.lock_waits);
		metric_set(M_PG_DATABASE_BYTES, 0, pg.database_bytes);
		metric_set(M_BACKUP_LAST, 0, pg.backed_up_s);
		metric_set(M_PG_ARCHIVE_FAILS, 0, pg.archive_fails);
		(void)pg_table_bytes(set_table_bytes);
	}
	if (redis_figures_read(&redis) == 0) {
		metric_set(M_REDIS_MEMORY, 0, redis.memory);
		metric_set(M_REDIS_MEMORY_MAX, 0, redis.memory_max);
		metric_set(M_REDIS_EXPIRED, 0, redis.expired);
		metric_set(M_REDIS_EVICTED, 0, redis.evicted);
		metric_set(M_REDIS_KEYSPACE, 0, redis.hits);
		metric_set(M_REDIS_KEYSPACE, 1, redis.misses);
	}
}

static void
on_store_metrics_timer(struct loop_timer *t)
{
	(void)t;
	if (readings.live == 0)
		co_group_spawn(&readings, read_stores, NULL, LIMIT_MS);
}

void
store_metrics_start(void)
{
	loop_timer_init(&timer, on_store_metrics_timer, NULL);
	loop_timer_start(&timer, 0, conf.store_metrics_interval_s * 1000);
}

void
store_metrics_stop(void)
{
	loop_timer_stop(&timer);
	co_group_wait(&readings);
}
