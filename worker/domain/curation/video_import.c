/* video_import.c -- bulk import of videos. See video.h. Yields: its part of catalog/import.h. */
#include "base/err.h"
#include "curation_rule.h"
#include "run/co.h"
#include "video.h"
#include "worker/domain/catalog/import.h"

struct video_import {
	struct import	 import;
	int64_t		 created, updated;
};

struct video_in {
	const char	*id, *title, *description, *channel, *channel_title, *published, *language, *source;
	int64_t		 duration_s, views, likes, comments;
	struct strs	 keywords;
	const struct json *emotions;
};
static const struct param line_params[] = {
	P_ID(FROM_JSON, struct video_in, id, "videoId", REQUIRED),
	P_STR(FROM_JSON, struct video_in, title, "title", REQUIRED, 1, VIDEO_TITLE_MAX),
	P_STR(FROM_JSON, struct video_in, description, "description", OPTIONAL, 0, VIDEO_TEXT_MAX),
	P_STR(FROM_JSON, struct video_in, channel, "channelId", OPTIONAL, 0, 255),
	P_STR(FROM_JSON, struct video_in, channel_title, "channelTitle", OPTIONAL, 0, 255),
	P_TIME(FROM_JSON, struct video_in, published, "publishedAt", OPTIONAL),
	P_INT(FROM_JSON, struct video_in, duration_s, "durationSeconds", OPTIONAL, 0, 31536000, NULL),
	P_INT(FROM_JSON, struct video_in, views, "viewCount", OPTIONAL, 0, VIDEO_COUNT_MAX, NULL),
	P_INT(FROM_JSON, struct video_in, likes, "likeCount", OPTIONAL, 0, VIDEO_COUNT_MAX, NULL),
	P_INT(FROM_JSON, struct video_in, comments, "commentCount", OPTIONAL, 0, VIDEO_COUNT_MAX, NULL),
	P_STRS(FROM_JSON, struct video_in, keywords, "keywords", OPTIONAL, 0, 500),
	P_OBJ(FROM_JSON, struct video_in, emotions, "emotions", OPTIONAL),
	P_STR(FROM_JSON, struct video_in, language, "language", OPTIONAL, 2, 35),
	P_STR(FROM_JSON, struct video_in, source, "source", OPTIONAL, 1, 64),
	PARAM_END
};

/* Rows in the order of ids: two imports lock in the same order, which prevents deadlock. Of several lines for one video
 * the last counts. */
static struct pg_stmt add_videos = PG_STMT("insert", "videos",
    "WITH item AS ("
    "  SELECT DISTINCT ON (id) x.*"
    "  FROM jsonb_to_recordset($1::jsonb) AS x (n bigint, id text, title text, description text, channel text,"
    "    \"channelTitle\" text, published timestamptz, duration int, views bigint, likes bigint, comments bigint,"
    "    keywords text[], emotions jsonb, quality float8, language text, source text)"
    "  ORDER BY id, n DESC),"
    " made AS ("
    "  INSERT INTO videos AS v (video_id, title, description, channel_id, channel_title, published_at, duration_s,"
    "    view_count, like_count, comment_count, keywords, emotions, quality_score, language, source, search_text)"
    "  SELECT id, title, description, channel, \"channelTitle\", coalesce(published, now()), duration, views, likes,"
    "    comments, keywords, emotions, quality, language, source, title || ' ' || \"channelTitle\""
    "  FROM item ORDER BY id"
    "  ON CONFLICT (video_id) DO UPDATE SET"
    "    title = excluded.title, description = excluded.description, channel_id = excluded.channel_id,"
    "    channel_title = excluded.channel_title, duration_s = excluded.duration_s,"
    "    published_at = CASE WHEN (SELECT i.published FROM item i WHERE i.id = v.video_id) IS NULL"
    "      THEN v.published_at ELSE excluded.published_at END,"
    "    view_count = excluded.view_count, like_count = excluded.like_count,"
    "    comment_count = excluded.comment_count, keywords = excluded.keywords, emotions = excluded.emotions,"
    "    quality_score = excluded.quality_score, language = excluded.language, source = excluded.source,"
    "    search_text = excluded.search_text, fetched_at = now()"
    "  RETURNING video_id, xmax = 0 AS fresh),"
    " gone AS ("
    "  DELETE FROM video_keywords k USING item i, made m"
    "  WHERE k.video_id = i.id AND m.video_id = i.id AND NOT m.fresh AND k.keyword <> ALL (i.keywords)),"
    " named AS ("
    "  INSERT INTO video_keywords (video_id, keyword, quality)"
    "  SELECT i.id, k, i.quality FROM item i JOIN made m ON m.video_id = i.id, unnest(i.keywords) k"
    "  ORDER BY 1, 2"
    "  ON CONFLICT (video_id, keyword) DO UPDATE SET quality = excluded.quality"
    "  WHERE video_keywords.quality <> excluded.quality)"
    " SELECT (SELECT count(*) FROM made WHERE fresh), (SELECT count(*) FROM made),"
    "   (SELECT coalesce(array_to_json(array_agg(id)), '[]')::text FROM item)");
enum { FRESH, ALL, IDS };

static void
drop_cached(struct str ids)
{
	struct effects *effects = effects_new(co_arena());
	const struct json *list, *id;

	if (json_parse(co_arena(), ids.p, ids.n, &list) < 0)
		return;
	for (id = json_first(list); id != NULL; id = json_next(id))
		effects_del(effects, arena_key(co_arena(), "video", json_str(id)));
	effects_apply(effects);
}

static int
write_rows(struct import *rows)
{
	struct video_import *im = (struct video_import *)rows;
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &add_videos, pg_text(rows->rows.p))) < 0)
		return rc;
	drop_cached(pg_value(&r, 0, IDS));
	im->created += pg_integer(&r, 0, FRESH);
	im->updated += rows->pending - pg_integer(&r, 0, FRESH);
	return 0;
}

/* The known emotions of the object, each between 0 and 1; others are left out. */
static struct str
known_emotions(struct arena *mem, const struct json *given)
{
	struct json_field f[EMOTIONS];
	size_t i, n = 0;

	for (i = 0; i < EMOTIONS; i++) {
		double v = json_num(json_get(given, emotion_name(i)), 0);

		if (v > 0)
			f[n++] = JD(emotion_name(i), v < 1 ? v : 1);
	}
	return json_obj_n(mem, f, n);
}

static double
quality_of(const struct video_in *in)
{
	int64_t at_ms, now = now_ms();

	if (in->published == NULL || !time_parse(in->published, &at_ms))
		at_ms = now;
	return curation_quality(in->views, in->likes, (double)(now - at_ms) / 86400000);
}

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static int
add_item(struct import *rows, int64_t line, const char *p, size_t n)
{
	struct arena *mem = &rows->item;
	const struct json *body;
	struct video_in in = { 0 };

	if (!import_bind(rows, line_params, line, p, n, &in, &body))
		return 0;
	import_row(rows,
	    (struct json_field[]){ JI("n", line), JS("id", in.id), JS("title", in.title),
		JS("description", text_or_empty(in.description)), JS("channel", text_or_empty(in.channel)),
		JS("channelTitle", text_or_empty(in.channel_title)), JS("published", in.published),
		JIF(json_get(body, "durationSeconds") != NULL, JI("duration", in.duration_s)), JI("views", in.views),
		JI("likes", in.likes), JI("comments", in.comments),
		JR("keywords", strs_json(mem, video_keywords(mem, in.keywords))),
		JR("emotions", known_emotions(mem, in.emotions)), JD("quality", quality_of(&in)),
		JS("language", in.language), JS("source", in.source != NULL ? in.source : "import") },
	    16);
	return 0;
}

static size_t
count_videos(const struct import *rows, struct json_field *f)
{
	const struct video_import *im = (const struct video_import *)rows;

	f[0] = JB("success", true);
	f[1] = JI("created", im->created);
	f[2] = JI("updated", im->updated);
	return 3;
}

struct import *
video_import(void)
{
	static const struct import_kind kind = { .rows_max = 1000, .take = add_item, .write = write_rows,
	    .count = count_videos };
	struct video_import *im = arena_zalloc(co_arena(), sizeof(*im));

	import_init(&im->import, &kind);
	return &im->import;
}
