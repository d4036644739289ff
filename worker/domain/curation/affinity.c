/* affinity.c -- see affinity.h. Yields: all. */
#include "affinity.h"

#include "base/conf.h"
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

/* $1 videos, $2 users of each, $3 videos of each user, $4 neighbours kept. `common` estimates the weighted number of
 * common users from the latest ones that are looked at. */
static struct pg_stmt compute_neighbours = PG_STMT("update", "video_affinities",
    "WITH batch AS MATERIALIZED ("
    "  SELECT q.video_id, coalesce(a.users, 1) AS users"
    "  FROM (SELECT video_id FROM video_affinity_queue ORDER BY queued_at, video_id LIMIT $1::int) q"
    "  LEFT JOIN video_affinities a USING (video_id)),"
    " watcher AS MATERIALIZED ("
    "  SELECT b.video_id, b.users, u.user_id, count(*) OVER (PARTITION BY b.video_id) AS sampled"
    "  FROM batch b, LATERAL ("
    "    SELECT user_id FROM user_video_interactions i"
    "    WHERE i.video_id = b.video_id AND interaction_strength(i.type, i.watch_ms) > 0"
    "    GROUP BY user_id ORDER BY max(at) DESC LIMIT $2::int) u),"
    " shelf AS MATERIALIZED ("
    "  SELECT u.user_id, s.video_id, s.strength, 1 / sqrt(count(*) OVER (PARTITION BY u.user_id)) AS share"
    "  FROM (SELECT DISTINCT user_id FROM watcher) u, LATERAL ("
    "    SELECT video_id, max(strength) AS strength FROM ("
    "      SELECT i.video_id, interaction_strength(i.type, i.watch_ms) AS strength FROM user_video_interactions i"
    "      WHERE i.user_id = u.user_id ORDER BY at DESC LIMIT $3::int) r"
    "    WHERE strength > 0 GROUP BY video_id) s),"
    " pair AS ("
    "  SELECT w.video_id, s.video_id AS other, sum(s.strength * s.share) * min(w.users) / min(w.sampled) AS common,"
    "    count(*) AS n, min(w.users) AS users"
    "  FROM watcher w JOIN shelf s USING (user_id)"
    "  WHERE s.video_id <> w.video_id GROUP BY 1, 2),"
    " near AS ("
    "  SELECT p.video_id, p.other, p.common / sqrt(p.users::float8 * greatest(a.users, 1)) * p.n / (p.n + 2.0) AS weight"
    "  FROM pair p JOIN video_affinities a ON a.video_id = p.other),"
    " best AS ("
    "  SELECT video_id, array_agg(other ORDER BY weight DESC, other) AS neighbours,"
    "    array_agg(weight::real ORDER BY weight DESC, other) AS weights"
    "  FROM (SELECT *, row_number() OVER (PARTITION BY video_id ORDER BY weight DESC, other) AS place FROM near) r"
    "  WHERE place <= $4::int GROUP BY 1),"
    " put AS ("
    "  UPDATE video_affinities a SET neighbours = coalesce(x.neighbours, '{}'), weights = coalesce(x.weights, '{}'),"
    "    computed_at = now()"
    "  FROM batch b LEFT JOIN best x USING (video_id) WHERE a.video_id = b.video_id),"
    " done AS (DELETE FROM video_affinity_queue q USING batch b WHERE q.video_id = b.video_id RETURNING 1)"
    " SELECT count(*), (SELECT count(*) FROM video_affinity_queue) FROM done");
enum { DONE, QUEUED, NEIGHBOURS = 60 };

static int
collect(void)
{
	struct pg_rows r;
	int rc;

	do
		rc = pg_query(pg_shared(), &r, &collect_new);
	while (rc == 0 && pg_integer(&r, 0, 0) >= 100000);
	return rc;
}

int
affinity_run(int64_t limit_ms, int64_t *n, int64_t *left)
{
	int64_t until_ms = mono_ms() + limit_ms;
	struct pg_rows r;
	int rc;

	*n = 0;
	*left = 1;
	if ((rc = collect()) < 0)
		return rc;
	while (*left > 0 && mono_ms() < until_ms) {
		rc = pg_query(pg_shared(), &r, &compute_neighbours, pg_int(conf.affinity_batch),
		    pg_int(conf.affinity_users), pg_int(conf.affinity_items), pg_int(NEIGHBOURS));
		if (rc < 0)
			return rc;
		*n += pg_integer(&r, 0, DONE);
		*left = pg_integer(&r, 0, QUEUED) - pg_integer(&r, 0, DONE);
	}
	return 0;
}
