/* system_status.c -- see system_status.h. */
#include "system_status.h"

#include "base/json.h"
#include "base/version.h"
#include "link/pg.h"
#include "link/redis.h"

static struct pg_stmt count_all = PG_STMT("select", "analysis_requests",
    "SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'processing'),"
    "   coalesce(sum(user_count), 0), (SELECT count(*) FROM batch_jobs WHERE next_run_at IS NOT NULL),"
    "   (SELECT count(*) FROM batch_jobs WHERE next_run_at <= now())"
    " FROM analysis_requests WHERE status IN ('pending', 'processing')");
enum { WAITING, RUNNING, WAITING_USERS, SCHEDULED, DUE };

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
	redis_send("HSET system_status analyses %s", analyses.p);
	redis_send("HSET system_status batches %s", batches.p);
	redis_send("HSET system_status version %s", dure_version);
	return 0;
}
