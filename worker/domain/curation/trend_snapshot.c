/* trend_snapshot.c -- which keywords are trends, in trend_keywords. See trend.h. Yields: all. */
#include <stdlib.h>

#include "base/conf.h"
#include "base/json.h"
#include "curation_rule.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"
#include "trend.h"
#include "trend_count.h"
#include "worker/domain/core/answer_cache.h"

#define TRENDS_KEY "trends:active"
/* Less than this is noise. */
#define COUNT_MIN 1.0
#define GROWTH_MIN 0.8
enum { LOOKED_AT = 20 };	/* times TRENDS_MAX */

/* $1 [{keyword,score,growth}], $2 the half-life, s. */
static struct pg_stmt store_trends = PG_STMT("insert", "trend_keywords",
    "WITH top AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (keyword text, score float8, growth float8)),"
    " new AS ("
    "  SELECT count(*) AS n FROM top t"
    "  WHERE NOT EXISTS (SELECT FROM trend_keywords k WHERE k.keyword = t.keyword AND k.is_active)),"
    " put AS ("
    "  INSERT INTO trend_keywords AS k (keyword, score, growth, window_s)"
    "  SELECT keyword, score, growth, $2::int FROM top ORDER BY keyword"
    "  ON CONFLICT (keyword) DO UPDATE SET score = excluded.score, growth = excluded.growth,"
    "    window_s = excluded.window_s, updated_at = now(), is_active = true, source = 'interactions',"
    "    since = CASE WHEN k.is_active THEN k.since ELSE now() END),"
    " over AS ("
    "  UPDATE trend_keywords k SET is_active = false, updated_at = now()"
    "  WHERE is_active AND source = 'interactions' AND NOT EXISTS (SELECT FROM top t WHERE t.keyword = k.keyword))"
    " SELECT n FROM new");

static int
by_score(const void *a, const void *b)
{
	const struct trend_keyword *x = a, *y = b;

	return x->score < y->score ? 1 : x->score > y->score ? -1 : strcmp(x->keyword, y->keyword);
}

/* The trends among them as JSON. */
static struct str
trends_json(struct arena *mem, struct trend_keyword *v, size_t n)
{
	struct buf b = { 0 };
	int64_t put = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		v[i].growth = trend_growth(v[i].fast, (double)conf.trends_half_life_s / 3600, v[i].usual,
		    (double)conf.trends_usual_half_life_s / 3600);
		v[i].score = trend_score(v[i].fast, v[i].growth);
	}
	qsort(v, n, sizeof(*v), by_score);
	buf_byte(&b, '[');
	for (i = 0; i < n && put < conf.trends_max; i++) {
		if (v[i].fast < COUNT_MIN || v[i].growth < GROWTH_MIN)
			continue;
		if (put++ > 0)
			buf_byte(&b, ',');
		json_put_obj(&b, (struct json_field[]){ JS("keyword", v[i].keyword), JD("score", v[i].score),
		    JD("growth", v[i].growth) }, 3);
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

int
trend_snapshot(int64_t *n)
{
	struct arena *mem = co_arena();
	struct trend_keyword *top;
	struct pg_rows r;
	struct str list;
	size_t n_top;
	int rc;

	if ((rc = trend_count_mend(mem)) < 0 ||
	    (rc = trend_count_top(mem, conf.trends_max * LOOKED_AT, &top, &n_top)) < 0)
		return rc;
	list = trends_json(mem, top, n_top);
	rc = pg_query(pg_shared(), &r, &store_trends, pg_text(list.p), pg_int(conf.trends_half_life_s));
	if (rc < 0)
		return rc;
	*n = pg_integer(&r, 0, 0);
	redis_send("DEL " TRENDS_KEY);
	return trend_active(mem, &list);
}

static struct pg_stmt read_trends = PG_STMT("select", "trend_keywords",
    "SELECT coalesce(json_agg(json_build_object('keyword', keyword, 'score', round(score::numeric, 3),"
    "   'growth', round(growth::numeric, 3), 'source', source, 'since', iso(since), 'updatedAt', iso(updated_at))"
    "   ORDER BY score DESC, keyword), '[]')::text"
    " FROM trend_keywords WHERE is_active");

static int
make_answer(struct arena *mem, const char *id, struct answer *out)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &read_trends);

	(void)mem;
	(void)id;
	if (rc == 0)
		out->value = pg_value(&r, 0, 0);
	return rc;
}

int
trend_active(struct arena *mem, struct str *list)
{
	struct answer a = { 0 };
	int rc = answer_find(mem, TRENDS_KEY, conf.trends_cache_ttl, make_answer, "", &a);

	*list = a.value;
	return rc;
}
