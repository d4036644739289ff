/* video_external.c -- see video_external.h. Yields: all. */
#include "video_external.h"

#include "base/conf.h"
#include "curation_rule.h"
#include "link/pg.h"
#include "link/redis.h"
#include "video.h"

/* Rows in the order of ids, as an import does, which prevents deadlock. */
static struct pg_stmt store_videos = PG_STMT("insert", "videos",
    "WITH item AS ("
    "  SELECT DISTINCT ON (id) x.*"
    "  FROM jsonb_to_recordset($1::jsonb) AS x (id text, title text, description text, channel text,"
    "    \"channelTitle\" text, published timestamptz, duration int, views bigint, likes bigint, comments bigint,"
    "    keywords text[], quality float8, language text)"
    "  ORDER BY id),"
    " made AS ("
    "  INSERT INTO videos AS v (video_id, title, description, channel_id, channel_title, published_at, duration_s,"
    "    view_count, like_count, comment_count, keywords, quality_score, language, source, search_text)"
    "  SELECT id, title, description, channel, \"channelTitle\", coalesce(published, now()), duration, views, likes,"
    "    comments, keywords, quality, language, '" SOURCE_YOUTUBE "', title || ' ' || \"channelTitle\""
    "  FROM item ORDER BY id"
    "  ON CONFLICT (video_id) DO UPDATE SET"
    "    title = excluded.title, description = excluded.description, channel_id = excluded.channel_id,"
    "    channel_title = excluded.channel_title, published_at = excluded.published_at,"
    "    duration_s = excluded.duration_s, view_count = excluded.view_count, like_count = excluded.like_count,"
    "    comment_count = excluded.comment_count, keywords = excluded.keywords,"
    "    quality_score = excluded.quality_score, language = excluded.language, search_text = excluded.search_text,"
    "    fetched_at = now()"
    "  WHERE v.source = '" SOURCE_YOUTUBE "'"
    "  RETURNING video_id),"
    " gone AS ("
    "  DELETE FROM video_keywords k USING item i, made m"
    "  WHERE k.video_id = i.id AND m.video_id = i.id AND k.keyword <> ALL (i.keywords)),"
    " named AS ("
    "  INSERT INTO video_keywords (video_id, keyword, quality)"
    "  SELECT i.id, k, i.quality FROM item i JOIN made m ON m.video_id = i.id, unnest(i.keywords) k ORDER BY 1, 2"
    "  ON CONFLICT (video_id, keyword) DO UPDATE SET quality = excluded.quality"
    "  WHERE video_keywords.quality <> excluded.quality)"
    " SELECT count(*) FROM made");

static double
derived_quality(const struct external_video *v)
{
	int64_t at_ms;

	if (!conf.youtube_derive || v->published == NULL || !time_parse(v->published, &at_ms))
		return 0;
	return curation_quality(v->views, v->likes, (double)(now_ms() - at_ms) / 86400000);
}

static void
put_video(struct buf *b, struct arena *mem, const struct external_video *v)
{
	const struct json_field f[] = { JS("id", v->id), JS("title", v->title), JS("description", v->description),
		JS("channel", v->channel), JS("channelTitle", v->channel_title), JS("published", v->published),
		JIF(v->duration_s >= 0, JI("duration", v->duration_s)), JI("views", v->views), JI("likes", v->likes),
		JI("comments", v->comments), JR("keywords", strs_json(mem, video_keywords(mem, v->keywords))),
		JD("quality", derived_quality(v)), JS("language", v->language) };

	json_put_obj(b, f, NELEM(f));
}

static void
drop_cached(const char *id)
{
	redis_send("DEL video:%s", id);
}

int
video_external_store(struct arena *mem, const struct external_video *v, size_t n)
{
	struct buf b = { 0 };
	struct str rows;
	size_t i;
	int rc;

	buf_byte(&b, '[');
	for (i = 0; i < n; i++) {
		buf_str(&b, i > 0 ? "," : "");
		put_video(&b, mem, &v[i]);
	}
	buf_byte(&b, ']');
	rows = buf_to_arena(mem, &b);
	if ((rc = pg_query(pg_shared(), NULL, &store_videos, pg_text(rows.p))) < 0)
		return rc;
	for (i = 0; i < n; i++)
		drop_cached(v[i].id);
	return 0;
}

static struct pg_stmt find_stale = PG_STMT("select", "videos",
    "SELECT video_id FROM videos WHERE source = '" SOURCE_YOUTUBE
    "' AND fetched_at < now() - make_interval(days => $1::int)"
    " ORDER BY fetched_at LIMIT $2");

int
video_external_stale(struct arena *mem, int64_t limit, struct strs *ids)
{
	struct pg_rows r;
	int i, rc;

	*ids = (struct strs){ 0 };
	if ((rc = pg_query(pg_shared(), &r, &find_stale, pg_int(conf.youtube_refresh_days), pg_int(limit))) < 0)
		return rc;
	ids->v = arena_alloc(mem, (size_t)(r.n + 1) * sizeof(*ids->v));
	for (i = 0; i < r.n; i++)
		ids->v[ids->n++] = pg_string(&r, i, 0);
	return 0;
}

static struct pg_stmt drop_videos = PG_STMT("delete", "videos",
    "DELETE FROM videos WHERE source = '" SOURCE_YOUTUBE "' AND video_id = ANY ($1::text[]) RETURNING video_id");
static struct pg_stmt expire_videos = PG_STMT("delete", "videos",
    "DELETE FROM videos WHERE source = '" SOURCE_YOUTUBE "' AND fetched_at < now() - make_interval(days => $1::int)"
    " RETURNING video_id");

static void
drop_all_cached(const struct pg_rows *r, int64_t *n)
{
	int i;

	for (i = 0; i < r->n; i++)
		drop_cached(pg_string(r, i, 0));
	*n = r->n;
}

int
video_external_drop(struct arena *mem, struct strs ids, int64_t *n)
{
	struct pg_rows r;
	int rc;

	*n = 0;
	if (ids.n == 0)
		return 0;
	if ((rc = pg_query(pg_shared(), &r, &drop_videos, pg_text(pg_texts(mem, ids.v, ids.n)))) == 0)
		drop_all_cached(&r, n);
	return rc;
}

int
video_external_expire(int64_t *n)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &expire_videos, pg_int(EXTERNAL_DAYS_MAX));

	*n = 0;
	if (rc == 0)
		drop_all_cached(&r, n);
	return rc;
}

static struct pg_stmt find_docs = PG_STMT("select", "videos",
    "SELECT coalesce(json_agg(video_doc(v) ORDER BY n), '[]')::text FROM ("
    "   SELECT v, n FROM unnest($1::text[]) WITH ORDINALITY AS x (id, n) JOIN videos v ON v.video_id = x.id"
    "   WHERE v.hidden_at IS NULL ORDER BY n LIMIT $2) q");

int
video_external_docs(struct arena *mem, struct strs ids, int64_t limit, struct str *list)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &find_docs, pg_text(pg_texts(mem, ids.v, ids.n)), pg_int(limit));

	if (rc == 0)
		*list = pg_value(&r, 0, 0);
	return rc;
}
