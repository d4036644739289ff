/* analysis_lock.c -- restores analysis_lock:{productId} in Redis from the tables. See analysis.h. */
#include "analysis_text.h"

#include "analysis_pace.h"
#include "base/conf.h"
#include "link/redis.h"

enum { LOCKS_MAX = 10000 };

static struct pg_stmt find_running = PG_STMT("select", "analysis_requests",
    "SELECT product_id, " ANALYSIS_LOCK_SQL("$1")
    " FROM analysis_requests WHERE status IN ('pending', 'processing')"
    " LIMIT $2");
enum { PRODUCT, LOCK };

int
analysis_restore_locks(struct arena *mem, int64_t *n)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply *set;
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg_shared(), &r, &find_running, pg_int(analysis_pace_s()), pg_int(LOCKS_MAX))) < 0 ||
	    r.n == 0)
		return rc;
	set = arena_alloc(mem, (size_t)r.n * sizeof(*set));
	for (i = 0; i < r.n; i++)
		redis_add(b, "SET analysis_lock:%s %s NX EX %lld", pg_string(&r, i, PRODUCT), pg_string(&r, i, LOCK),
		    (long long)conf.analysis_lock_ttl);
	if ((rc = redis_run(b, set)) < 0)
		return rc;
	for (i = 0; i < r.n; i++)
		*n += set[i].type != REDIS_NIL;
	return 0;
}
