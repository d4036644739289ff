/* cron_run.c -- records the last run of periodic jobs. See cron_run.h. Yields: all. */
#include "cron_run.h"

#include "link/pg.h"

static struct pg_stmt find_last = PG_STMT("select", "cron_runs",
    "WITH first AS ("
    "  INSERT INTO cron_runs (job, ran_at) VALUES ($1, now()) ON CONFLICT (job) DO NOTHING RETURNING ran_at)"
    " SELECT ran_at <= now() - make_interval(secs => $2), (extract(epoch FROM ran_at) * 1000)::bigint"
    " FROM (SELECT ran_at FROM first UNION ALL SELECT ran_at FROM cron_runs WHERE job = $1) r");
enum { DUE, RAN_MS };
static struct pg_stmt note_run = PG_STMT("insert", "cron_runs",
    "INSERT INTO cron_runs (job, ran_at) VALUES ($1, now()) ON CONFLICT (job) DO UPDATE SET ran_at = now()");

int
cron_run_due(const char *job, int64_t interval_s, bool *due, int64_t *ran_ms)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &find_last, pg_text(job), pg_int(interval_s));

	*due = rc == 0 && r.n > 0 && *pg_string(&r, 0, DUE) == 't';
	*ran_ms = rc == 0 && r.n > 0 ? pg_integer(&r, 0, RAN_MS) : 0;
	return rc;
}

int
cron_run_done(const char *job)
{
	return pg_query(pg_shared(), NULL, &note_run, pg_text(job));
}
