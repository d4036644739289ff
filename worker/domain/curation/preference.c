/* preference.c -- see preference.h. Yields: all. */
#include "preference.h"

#include "base/conf.h"
#include "interaction_fold.h"
#include "link/pg.h"
#include "recommendation.h"
#include "run/co.h"

static struct pg_stmt list_keywords = PG_STMT("select", "user_keyword_preferences",
    "SELECT coalesce(json_agg(json_build_object('keyword', keyword, 'score', round(interaction_score::numeric, 4),"
    "   'boost', boost_factor, 'events', events, 'updatedAt', iso(updated_at))"
    "   ORDER BY abs(interaction_score - 0.5) DESC, keyword), '[]')::text"
    " FROM (SELECT * FROM user_keyword_preferences WHERE user_id = $1"
    "   ORDER BY abs(interaction_score - 0.5) DESC, keyword LIMIT $2) p");

int
preference_list(struct arena *mem, const char *user, int64_t limit, struct str *list)
{
	struct pg_rows r;
	int rc;

	(void)mem;
	if ((rc = interaction_fold_user(user)) < 0)
		return rc;
	if ((rc = pg_query(pg_as(user), &r, &list_keywords, pg_text(user), pg_int(limit))) == 0)
		*list = pg_value(&r, 0, 0);
	return rc;
}

/* $1 user, $2 [{keyword,score}], $3 whether to forget the others. Of several for one keyword the last counts. */
static struct pg_stmt set_keywords = PG_STMT("insert", "user_keyword_preferences",
    "WITH given AS ("
    "  SELECT DISTINCT ON (keyword) x ->> 'keyword' AS keyword, (x ->> 'score')::float8 AS score"
    "  FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS t (x, n), LATERAL (SELECT x ->> 'keyword') k (keyword)"
    "  ORDER BY keyword, n DESC),"
    " gone AS ("
    "  DELETE FROM user_keyword_preferences p WHERE user_id = $1 AND CASE WHEN $3::boolean"
    "    THEN keyword NOT IN (SELECT keyword FROM given WHERE score >= 0)"
    "    ELSE keyword IN (SELECT keyword FROM given WHERE score < 0) END)"
    " INSERT INTO user_keyword_preferences AS p (user_id, keyword, interaction_score)"
    " SELECT $1, keyword, score FROM given WHERE score >= 0 ORDER BY keyword"
    " ON CONFLICT (user_id, keyword) DO UPDATE SET interaction_score = excluded.interaction_score, updated_at = now()");

int
preference_set(const char *user, const struct preference *v, size_t n, bool replace)
{
	struct buf b = { 0 };
	struct str list;
	size_t i;
	int rc;

	if ((rc = interaction_fold_user(user)) < 0)
		return rc;
	buf_byte(&b, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		json_put_obj(&b, (struct json_field[]){ JS("keyword", v[i].keyword), JD("score", v[i].score) }, 2);
	}
	buf_byte(&b, ']');
	list = buf_to_arena(co_arena(), &b);
	rc = pg_query(pg_as(user), NULL, &set_keywords, pg_text(user), pg_text(list.p), pg_bool(replace));
	if (rc == 0)
		recommendation_drop(user);
	return rc;
}

static struct pg_stmt trim_keywords = PG_STMT("delete", "user_keyword_preferences",
    "DELETE FROM user_keyword_preferences WHERE (user_id, keyword) IN ("
    "  SELECT user_id, keyword FROM ("
    "    SELECT user_id, keyword, row_number() OVER (PARTITION BY user_id ORDER BY updated_at DESC, keyword) AS n"
    "    FROM user_keyword_preferences"
    "    WHERE user_id IN (SELECT user_id FROM user_keyword_preferences GROUP BY user_id HAVING count(*) > $1"
    "      LIMIT 1000)) p"
    "  WHERE n > $1)");

int
preference_trim(int64_t *n)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &trim_keywords, pg_int(conf.preferences_max));

	*n = rc == 0 ? r.affected : 0;
	return rc;
}
