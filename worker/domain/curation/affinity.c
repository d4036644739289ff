/* affinity.c -- see affinity.h. Yields: all. */
#include "affinity.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "link/pg.h"
#include "run/co.h"

/* Weeks since the beginning of 2025: the exponent of a weekly halving count. */
#define WEEKS "greatest(extract(epoch FROM i.at - timestamptz '2025-01-01 00:00:00+00')::float8 / 604800, -900)"

/* At most 100,000 interactions a statement, and all of the last transaction. A restored database may have begun its
 * transactions anew: then all interactions are new. Besides the touched videos, the last ten of each user are queued,
 * whose neighbours change as well. Rows: how many interactions there were. */
static struct pg_stmt collect_new = PG_STMT("insert", "video_affinity_queue",
    "WITH edge AS MATERIALIZED ("
    "  SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,"
    "    coalesce((SELECT value FROM curation_state WHERE name = 'affinity'), 0) AS was),"
    " start AS MATERIALIZED (SELECT xmin, CASE WHEN was > xmin THEN 0 ELSE was END AS lo FROM edge),"
    " range AS MATERIALIZED ("
    "  SELECT lo, least(xmin, (SELECT max(tx) + 1 FROM (SELECT tx FROM user_video_interactions WHERE tx >= lo"
    "    ORDER BY tx LIMIT 100000) t)) AS hi FROM start),"
    " touched AS MATERIALIZED ("
    "  SELECT user_id, video_id, count(*) AS n FROM user_video_interactions"
    "  WHERE tx >= (SELECT lo FROM range) AND tx < (SELECT hi FROM range) GROUP BY 1, 2),"
    " counted AS ("
    "  INSERT INTO video_affinities (video_id, users, heat)"
    "  SELECT t.video_id, count(DISTINCT i.user_id), coalesce(ln(sum(power(2, " WEEKS "))) / ln(2), -900)"
    "  FROM (SELECT DISTINCT video_id FROM touched) t LEFT JOIN user_video_interactions i"
    "    ON i.video_id = t.video_id AND interaction_strength(i.type, i.watch_ms) > 0"
    "  GROUP BY t.video_id ORDER BY 1"
    "  ON CONFLICT (video_id) DO UPDATE SET users = excluded.users, heat = excluded.heat),"
    " queued AS ("
    "  INSERT INTO video_affinity_queue (video_id)"
    "  SELECT video_id FROM touched"
    "  UNION SELECT l.video_id FROM (SELECT DISTINCT user_id FROM touched) u, LATERAL ("
    "    SELECT video_id FROM user_video_interactions i WHERE i.user_id = u.user_id ORDER BY at DESC LIMIT 10) l"
    "  ORDER BY 1 ON CONFLICT (video_id) DO NOTHING),"
    " moved AS ("
    "  INSERT INTO curation_state (name, value) SELECT 'affinity', hi FROM range"
    "  ON CONFLICT (name) DO UPDATE SET value = excluded.value)"
    " SELECT coalesce(sum(n), 0)::bigint FROM touched");

static struct pg_stmt compute_neighbours = PG_STMT("update", "video_affinities",
    "SELECT done, queued FROM compute_affinities($1, $2, $3, $4)");
enum { DONE, QUEUED, NEIGHBOURS = 60 };

static int
collect(struct pg *pg)
{
	struct pg_rows r;
	int rc;

	do
		rc = pg_query(pg, &r, &collect_new);
	while (rc == 0 && pg_integer(&r, 0, 0) >= 100000);
	return rc;
}

/* How many users a statement considers: few enough that it ends within a fraction of PostgreSQL's time limit, on a busy
 * server too. */
static int64_t share;
enum { SHARE_FIRST = 4000, SHARE_MIN = 200, QUICK_MS = 1500, SLOW_MS = 6000 };

static void
adapt_share(int rc, int64_t took_ms)
{
	if (rc == E_TIMEOUT || took_ms > SLOW_MS)
		share /= 2;
	else if (took_ms < QUICK_MS)
		share *= 2;
	if (share < SHARE_MIN)
		share = SHARE_MIN;
	if (share > conf.affinity_batch)
		share = conf.affinity_batch;
}

static int
compute_batch(struct pg *pg, int64_t *n, int64_t *left)
{
	int64_t began_ms = mono_ms();
	struct pg_rows r;
	int rc;

	if (share == 0)
		share = SHARE_FIRST;
	rc = pg_query(pg, &r, &compute_neighbours, pg_int(share), pg_int(conf.affinity_users),
	    pg_int(conf.affinity_items), pg_int(NEIGHBOURS));
	adapt_share(rc, mono_ms() - began_ms);
	if (rc < 0)
		return rc;
	*n += pg_integer(&r, 0, DONE);
	*left = pg_integer(&r, 0, QUEUED);
	return 0;
}

int
affinity_run_in(struct pg *pg, int64_t limit_ms, int64_t *n, int64_t *left)
{
	int64_t until_ms = mono_ms() + limit_ms;
	int rc;

	*n = 0;
	*left = 1;
	rc = collect(pg);
	while (rc == 0 && *left > 0 && mono_ms() < until_ms)
		rc = compute_batch(pg, n, left);
	return rc;
}

int
affinity_run(int64_t limit_ms, int64_t *n, int64_t *left)
{
	return affinity_run_in(pg_shared(), limit_ms, n, left);
}
