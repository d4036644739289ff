/* interaction_undo.c -- see interaction.h. Yields: interaction_undo. */
#include "base/err.h"
#include "base/user_id.h"
#include "interaction.h"
#include "interaction_fold.h"
#include "link/pg.h"
#include "recommendation.h"

/* $1 user, $2 video, $3 type. Each row moved a score towards its target t by 1 - 0.9^weight; the way back is
 * t + (score - t) / 0.9^weight. Rows that have not been folded yet are left, and so are their moves. */
static struct pg_stmt undo_interactions = PG_STMT("delete", "user_video_interactions",
    "WITH gone AS ("
    "  DELETE FROM user_video_interactions WHERE user_id = $1 AND video_id = $2 AND type = $3"
    "    AND tx NOT IN (SELECT tx FROM interaction_batches) RETURNING type, watch_ms),"
    " back AS ("
    "  SELECT count(*) AS n, sum(interaction_weight(type)) AS w, max(interaction_target(type, watch_ms)) AS t FROM gone),"
    " moved AS ("
    "  UPDATE user_keyword_preferences p SET updated_at = now(), events = greatest(0, p.events - w),"
    "    interaction_score = least(1, greatest(0, t + (p.interaction_score - t) / power(0.9::float8, w)))"
    "  FROM back, videos v WHERE n > 0 AND v.video_id = $2 AND p.user_id = $1 AND p.keyword = ANY (v.keywords)),"
    " queued AS ("
    "  INSERT INTO video_affinity_queue (video_id) SELECT $2::text FROM back WHERE n > 0 ON CONFLICT DO NOTHING)"
    " SELECT n FROM back");

int
interaction_undo(const char *user, const char *video, const char *type, int64_t *n)
{
	struct pg_rows r;
	int rc;

	if (user == NULL || !user_id_valid(user))
		return E_FORBIDDEN;
	if ((rc = interaction_fold_user(user)) < 0 ||
	    (rc = pg_query(pg_as(user), &r, &undo_interactions, pg_text(user), pg_text(video), pg_text(type))) < 0)
		return rc;
	if ((*n = pg_integer(&r, 0, 0)) > 0)
		recommendation_drop(user);
	return 0;
}
