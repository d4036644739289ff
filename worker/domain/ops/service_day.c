/* service_day.c -- see service_day.h. Yields: service_day_record. */
#include "service_day.h"

#include "base/host.h"
#include "host_figures.h"
#include "link/pg.h"
#include "proc/scoreboard.h"
#include "run/co.h"

static struct host_figures stored;		/* up to there */

void
service_day_start(void)
{
	host_figures_read(&stored);
}

static struct pg_stmt add_day = PG_STMT("insert", "service_days",
    "INSERT INTO service_days AS s (day, host, requests, failures, took)"
    " VALUES ((now() AT TIME ZONE 'UTC')::date, $1, $2, $3, $4::bigint[])"
    " ON CONFLICT (day, host) DO UPDATE SET requests = s.requests + EXCLUDED.requests,"
    "   failures = s.failures + EXCLUDED.failures,"
    "   took = (SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY i)"
    "     FROM unnest(s.took, EXCLUDED.took) WITH ORDINALITY AS t(a, b, i))");
static struct pg_stmt add_minute = PG_STMT("insert", "service_minutes",
    "INSERT INTO service_minutes (minute) VALUES (date_trunc('minute', now())) ON CONFLICT DO NOTHING");

int
service_day_record(void)
{
	struct host_figures now;
	int64_t took[METRIC_HISTOGRAM_CELLS];
	int i, rc;

	host_figures_read(&now);
	for (i = 0; i < METRIC_HISTOGRAM_CELLS; i++)
		took[i] = (int64_t)(now.took[i] - stored.took[i]);
	rc = pg_query(pg_shared(), NULL, &add_day, pg_text(host_name()), pg_int(now.requests - stored.requests),
	    pg_int(now.failures - stored.failures), pg_text(pg_bigints(co_arena(), took, METRIC_HISTOGRAM_CELLS)));
	if (rc < 0)
		return rc;
	stored = now;
	return scoreboard_ready(PROC_HTTP) ? pg_query(pg_shared(), NULL, &add_minute) : 0;
}
