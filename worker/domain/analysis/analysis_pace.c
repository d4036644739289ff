/* analysis_pace.c -- see analysis_pace.h. */
#include "analysis_pace.h"

#include <math.h>

#include "base/conf.h"
#include "base/metric.h"
#include "base/str.h"
#include "link/pg.h"
#include "proc/scoreboard.h"
#include "run/co.h"

#define NEWEST_SHARE	0.2	/* weight of the newest measurement in the mean */
enum { EMBEDDED_FIRST_S = 2, LEAST_MS = 10, MOST_MS = 86400000 };

static struct {
	double	log_ms;
	bool	known;
} mean;

void
analysis_pace_add(int64_t ms)
{
	double now = log((double)(ms < LEAST_MS ? LEAST_MS : ms > MOST_MS ? MOST_MS : ms));

	mean.log_ms = mean.known ? mean.log_ms + NEWEST_SHARE * (now - mean.log_ms) : now;
	mean.known = true;
	metric_set(M_ANALYSIS_PACE, 0, llround(exp(mean.log_ms)));
}

static struct pg_stmt last_courses = PG_STMT("select", "realtime_analysis_sessions",
    "SELECT (doc ->> 'durationMs')::bigint"
    " FROM (SELECT seq, doc FROM realtime_analysis_sessions ORDER BY seq DESC LIMIT 50) s"
    " WHERE doc ->> 'status' = 'completed' AND doc ->> 'durationMs' IS NOT NULL"
    " ORDER BY seq");

/* Without PostgreSQL the estimate starts with the first measurement. */
static void
load_courses(void *arg)
{
	struct pg_rows r;
	int i;

	(void)arg;
	if (pg_query(pg_shared(), &r, &last_courses) < 0)
		return;
	for (i = 0; i < r.n; i++)
		analysis_pace_add(pg_integer(&r, i, 0));
}

void
analysis_pace_start(void)
{
	co_spawn(load_courses, NULL, 0);
}

/* During the replacement of a bridge there are two for a moment: either one's value is good. */
static int64_t
measured_ms(void)
{
	uint64_t *blocks[SCOREBOARD_SLOTS], ms = 0;
	size_t i, n = scoreboard_blocks(blocks);

	for (i = 0; i < n && ms == 0; i++)
		ms = metric_total(&blocks[i], 1, M_ANALYSIS_PACE, 0);
	return (int64_t)ms;
}

int64_t
analysis_pace_s(void)
{
	int64_t ms = measured_ms();

	if (ms > 0)
		return (ms + 999) / 1000;
	return strcmp(conf.analyzer, "embedded") == 0 && conf.analysis_estimated_s > EMBEDDED_FIRST_S
	    ? EMBEDDED_FIRST_S : conf.analysis_estimated_s;
}
