/* external_round.c -- see external_round.h. Yields: all. */
#include "external_round.h"

#include "link/pg.h"

static struct pg_stmt claim_round = PG_STMT("insert", "cron_runs",
    "INSERT INTO cron_runs AS c (job, ran_at) VALUES ($1, now()) ON CONFLICT (job) DO UPDATE SET ran_at = now()"
    " WHERE c.ran_at <= now() - make_interval(secs => $2::float8) RETURNING 1");

int
external_round_claim(const char *name, int64_t every_ms, bool *mine)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &claim_round, pg_text(name), pg_num((double)every_ms / 1000));

	*mine = rc == 0 && r.n > 0;
	return rc;
}
