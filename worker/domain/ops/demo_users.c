/* demo_users.c -- see demo_users.h. Yields: demo_users_seed. */
#include "demo_users.h"

#include "base/err.h"
#include "demo_curation.h"
#include "link/pg.h"

/* The hash is of no password. */
static struct pg_stmt add_users = PG_STMT("insert", "users",
    "INSERT INTO users (id, email, password_hash)"
    " SELECT md5('demo taste ' || n)::uuid::text, 'taste-' || lpad(n::text, 3, '0') || '@dure.local', '!'"
    " FROM generate_series(1, 200) n ON CONFLICT DO NOTHING");

/* $1 the buyer, $2 the emails of the users of known taste. A user's first taste makes 65 % of what the user watched, a
 * second one 20 %, chance the rest. Of a taste's videos the first ones are watched most. Times are denser towards now:
 * a seventh lies in the last hour, and two of five of those are of two tastes, which makes them trends. */
static struct pg_stmt add_history = PG_STMT("insert", "user_video_interactions",
    "WITH person AS MATERIALIZED ("
    "  SELECT id, n FROM ("
    "    SELECT id::text AS id, substr(email, 7, 3)::int AS n FROM users WHERE email LIKE $2"
    "    UNION ALL SELECT $1::text, 203) u"
    "  WHERE NOT EXISTS (SELECT FROM user_video_interactions i WHERE i.user_id = u.id)),"
    " chance AS ("
    "  SELECT id, n, k, ('x' || substr(h, 1, 6))::bit(24)::int / 16777216.0 AS a,"
    "    ('x' || substr(h, 7, 6))::bit(24)::int / 16777216.0 AS b,"
    "    ('x' || substr(h, 13, 6))::bit(24)::int / 16777216.0 AS c,"
    "    ('x' || substr(h, 19, 6))::bit(24)::int / 16777216.0 AS d"
    "  FROM person, generate_series(1, 40) k, md5('demo ' || n || ' ' || k) h),"
    " choice AS MATERIALIZED ("
    "  SELECT id, k, c, d,"
    "    CASE WHEN k <= 6 AND d < 0.4 THEN 2 + n % 2 * 4 WHEN a < 0.65 THEN n % 10"
    "      WHEN a < 0.85 THEN (n * 7 + 3) % 10 ELSE floor(c * 10)::int END AS taste,"
    "    a < 0.85 AS liked, floor(200 * b * b)::int AS place FROM chance),"
    " kept AS ("
    "  INSERT INTO user_video_interactions (user_id, video_id, type, watch_ms, at)"
    "  SELECT id, 'demo-' || taste || '-' || place,"
    "    CASE WHEN NOT liked AND c < 0.3 THEN 'skip' WHEN NOT liked AND c < 0.4 THEN 'hide'"
    "      WHEN NOT liked OR c < 0.7 THEN 'view' WHEN c < 0.88 THEN 'like' WHEN c < 0.95 THEN 'save' ELSE 'share' END,"
    "    20000 + floor(d * 400000)::bigint,"
    "    now() - power(k / 40.0, 3) * interval '14 days' - d * interval '1 minute'"
    "  FROM choice ORDER BY k DESC, id"
    "  RETURNING user_id, video_id, type, watch_ms),"
    " moved AS ("
    "  SELECT i.user_id, k.keyword, sum(interaction_weight(type)) AS w,"
    "    sum(interaction_weight(type) * interaction_target(type, watch_ms)) / sum(interaction_weight(type)) AS t"
    "  FROM kept i JOIN video_keywords k USING (video_id) GROUP BY 1, 2)"
    " INSERT INTO user_keyword_preferences (user_id, keyword, interaction_score, events)"
    " SELECT user_id, keyword, t * (1 - power(0.9, w)) + 0.5 * power(0.9, w), w FROM moved ORDER BY user_id, keyword"
    " ON CONFLICT DO NOTHING");

/* Without statistics the planner takes new tables for small ones. */
static struct pg_stmt count_rows = PG_STMT("other", "", "ANALYZE videos, video_keywords, user_video_interactions");

int
demo_users_seed(const char *buyer)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &add_users)) < 0)
		return rc;
	if ((rc = pg_query(pg_shared(), &r, &add_history, pg_text(buyer), pg_text(DEMO_TASTE_USERS))) < 0)
		return rc;
	return pg_query(pg_shared(), &r, &count_rows);
}
