/* system_status.c -- see system_status.h. */
#include "system_status.h"

#include "base/json.h"
#include "base/version.h"
#include "link/pg.h"
#include "link/redis.h"

static struct pg_stmt count_all = PG_STMT("select", "analysis_requests",
    "SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'processing'),"
    "   coalesce(sum(user_count), 0), (SELECT count(*) FROM batch_jobs WHERE next_run_at IS NOT NULL),"
    "   (SELECT count(*) FROM batch_jobs WHERE next_run_at <= now()),"
    "   (SELECT CASE WHEN reltuples > 100000 THEN reltuples::bigint ELSE (SELECT count(*) FROM users) END"
    "     FROM pg_class WHERE oid = 'users'::regclass)"
    " FROM analysis_requests WHERE status IN ('pending', 'processing')");
enum { WAITING, RUNNING, WAITING_USERS, SCHEDULED, DUE, TOTAL_USERS };

int
system_status_write(struct arena *mem)
{
	struct str analyses, batches;
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &count_all)) < 0)
		return rc;
	analyses = json_obj(mem, JI("waiting", pg_integer(&r, 0, WAITING)), JI("running", pg_integer(&r, 0, RUNNING)),
	    JI("users", pg_integer(&r, 0, WAITING_USERS)), JT("updatedAt", now_ms()));
	batches = json_obj(mem, JI("scheduled", pg_integer(&r, 0, SCHEDULED)), JI("due", pg_integer(&r, 0, DUE)),
	    JT("updatedAt", now_ms()));
	redis_send("HSET system_status analyses %s batches %s version %s total_users %lld active_analyses %lld"
	    " queue_size %lld", analyses.p, batches.p, dure_version, (long long)pg_integer(&r, 0, TOTAL_USERS),
	    (long long)pg_integer(&r, 0, RUNNING), (long long)pg_integer(&r, 0, WAITING));
	return 0;
}
