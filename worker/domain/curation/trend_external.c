/* trend_external.c -- see trend_external.h. Yields: all. */
#include "trend_external.h"

#include "base/json.h"
#include "link/pg.h"
#include "link/redis.h"

static struct pg_stmt store_trends = PG_STMT("insert", "trend_keywords",
    "WITH top AS ("
    "  SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (keyword text, score float8)"
    "  WHERE EXISTS (SELECT FROM video_keywords k WHERE k.keyword = x.keyword)),"
    " put AS ("
    "  INSERT INTO trend_keywords AS k (keyword, score, growth, window_s, source)"
    "  SELECT keyword, score, 1, $2::int, $3 FROM top ORDER BY keyword"
    "  ON CONFLICT (keyword) DO UPDATE SET score = excluded.score, growth = 1, window_s = excluded.window_s,"
    "    source = excluded.source, updated_at = now(), is_active = true,"
    "    since = CASE WHEN k.is_active THEN k.since ELSE now() END"
    "  WHERE k.source = $3 OR NOT k.is_active"
    "  RETURNING 1),"
    " over AS ("
    "  UPDATE trend_keywords k SET is_active = false, updated_at = now()"
    "  WHERE is_active AND source = $3 AND NOT EXISTS (SELECT FROM top t WHERE t.keyword = k.keyword))"
    " SELECT count(*) FROM put");

int
trend_external_store(struct arena *mem, const char *source, int64_t window_s, const struct external_trend *v, size_t n,
    int64_t *stored)
{
	struct buf b = { 0 };
	struct pg_rows r;
	size_t i;
	int rc;

	buf_byte(&b, '[');
	for (i = 0; i < n; i++) {
		buf_str(&b, i > 0 ? "," : "");
		json_put_obj(&b, (struct json_field[]){ JS("keyword", v[i].keyword), JD("score", v[i].score) }, 2);
	}
	buf_byte(&b, ']');
	rc = pg_query(
	    pg_shared(), &r, &store_trends, pg_text(buf_to_arena(mem, &b).p), pg_int(window_s), pg_text(source));
	if (rc < 0)
		return rc;
	*stored = pg_integer(&r, 0, 0);
	redis_send("DEL trends:active");
	return 0;
}
