/* recommend_candidates.c -- see recommend_candidates.h. Yields: recommend_candidates. */
#include "recommend_candidates.h"

#include <math.h>
#include <stdlib.h>

#include "base/conf.h"
#include "interaction_fold.h"
#include "link/pg.h"

/* What is known of the user: keywords, farthest from neutral first, as [[keyword, score], …]; the mean emotions
 * of the last 20 liked videos; how many interactions there are, up to 1. With a video: its keywords and emotions. */
static struct pg_stmt read_taste = PG_STMT("select", "user_keyword_preferences",
    "WITH seed AS ("
    "  SELECT v.keywords, v.emotions FROM videos v WHERE v.video_id = $2::text"
    "  UNION ALL SELECT v.keywords, v.emotions FROM ("
    "    SELECT video_id FROM user_video_interactions WHERE user_id = $1::text AND $2::text IS NULL"
    "      AND interaction_strength(type, watch_ms) > 0 ORDER BY at DESC LIMIT 20) i JOIN videos v USING (video_id))"
    " SELECT CASE WHEN $2::text IS NULL"
    "   THEN (SELECT json_agg(json_build_array(keyword, interaction_score)) FROM ("
    "     SELECT * FROM user_keyword_preferences WHERE user_id = $1::text"
    "     ORDER BY abs(interaction_score - 0.5) DESC, keyword LIMIT 200) p)"
    "   ELSE (SELECT json_agg(json_build_array(k, 1)) FROM seed, unnest(keywords) k) END::text,"
    "   (SELECT json_object_agg(key, sum) FROM ("
    "     SELECT key, sum(value::text::float8) FROM seed, jsonb_each(emotions) GROUP BY key) e)::text,"
    "   (SELECT count(*) FROM (SELECT FROM user_video_interactions WHERE user_id = $1::text LIMIT 1) x)");
enum { TASTE_KEYWORDS, TASTE_EMOTIONS, TASTE_KNOWN };

/* $1 user, $2 video or NULL. Up to about 700 rows. `near`: neighbours of what was watched, the latest first; `worded`:
 * then the best of liked keywords and of trends, what is watched most now, and the highest quality. The lookup by
 * OFFSET 0 keeps the planner from reading all videos. */
static struct pg_stmt read_candidates = PG_STMT("select", "videos",
    "WITH seen AS MATERIALIZED ("
    "  SELECT video_id, max(at) AS at, max(id) AS id, max(interaction_strength(type, watch_ms)) AS best,"
    "    min(interaction_strength(type, watch_ms)) AS worst"
    "  FROM user_video_interactions WHERE user_id = $1::text GROUP BY video_id"
    "  UNION ALL SELECT $2::text, now(), 0, 0, 0 WHERE $2::text IS NOT NULL),"
    " seed AS MATERIALIZED ("
    "  SELECT $2::text AS video_id, 1::float8 AS best, 1::float8 AS w WHERE $2::text IS NOT NULL"
    "  UNION ALL (SELECT video_id, best, best * power(0.5, (row_number() OVER (ORDER BY at DESC, id DESC) - 1) / 4.0::float8)"
    "    FROM seen WHERE $2::text IS NULL AND best > 0 AND worst > -2 ORDER BY at DESC, id DESC LIMIT 100)),"
    " near AS MATERIALIZED ("
    "  SELECT k.video_id, n.score, n.lasting, n.because FROM ("
    "    SELECT x.key, sum(s.w * x.weight) AS score, sum(s.best * x.weight) AS lasting,"
    "      (array_agg(s.video_id ORDER BY s.w * x.weight DESC, s.video_id))[1] AS because"
    "    FROM seed s JOIN video_affinities a USING (video_id), unnest(a.neighbour_keys, a.weights) AS x (key, weight)"
    "    WHERE x.key NOT IN (SELECT hashtextextended(video_id, 0) FROM seen)"
    "    GROUP BY x.key ORDER BY sum((s.w + 0.1 * s.best) * x.weight) DESC, 1 LIMIT 300) n"
    "  JOIN video_affinities k USING (key)),"
    " taste AS ("
    "  (SELECT keyword FROM user_keyword_preferences WHERE user_id = $1::text AND $2::text IS NULL AND interaction_score > 0.5"
    "    ORDER BY interaction_score DESC, events DESC, keyword LIMIT 12)"
    "  UNION SELECT unnest(keywords) FROM videos WHERE video_id = $2::text),"
    " trend AS MATERIALIZED (SELECT keyword, score FROM trend_keywords WHERE is_active ORDER BY score DESC LIMIT 12),"
    " edited AS MATERIALIZED (SELECT action, target, value, factor FROM editor_lists WHERE until > now()),"
    " pin AS MATERIALIZED ("
    "  SELECT video_id FROM videos WHERE pinned_until > now() AND $2::text IS NULL"
    "  UNION SELECT value FROM edited WHERE action = 'pin' AND target = 'video' AND $2::text IS NULL"
    "  UNION SELECT b.video_id FROM edited e, LATERAL (SELECT video_id FROM video_keywords k"
    "    WHERE k.keyword = e.value ORDER BY quality DESC, video_id LIMIT 5) b"
    "    WHERE action = 'pin' AND target = 'keyword' AND $2::text IS NULL"
    "  UNION SELECT b.video_id FROM edited e, LATERAL (SELECT video_id FROM videos v"
    "    WHERE v.channel_id = e.value ORDER BY quality_score DESC, video_id LIMIT 5) b"
    "    WHERE action = 'pin' AND target = 'channel' AND $2::text IS NULL),"
    " id AS MATERIALIZED (SELECT video_id, max(score) AS score, max(lasting) AS lasting, max(because) AS because FROM ("
    "  SELECT video_id, score, lasting, because FROM near"
    "  UNION ALL SELECT b.video_id, NULL, NULL, NULL FROM taste t, LATERAL (SELECT video_id FROM video_keywords k"
    "    WHERE k.keyword = t.keyword ORDER BY quality DESC, video_id LIMIT 25) b"
    "  UNION ALL SELECT b.video_id, NULL, NULL, NULL FROM trend t, LATERAL (SELECT video_id FROM video_keywords k"
    "    WHERE k.keyword = t.keyword ORDER BY quality DESC, video_id LIMIT 15) b WHERE $2::text IS NULL"
    "  UNION ALL (SELECT video_id, NULL, NULL, NULL FROM video_affinities WHERE $2::text IS NULL ORDER BY heat DESC LIMIT 100)"
    "  UNION ALL (SELECT video_id, NULL, NULL, NULL FROM videos WHERE hidden_at IS NULL AND $2::text IS NULL"
    "    ORDER BY quality_score DESC, video_id DESC LIMIT 60)"
    "  UNION ALL SELECT video_id, NULL, NULL, NULL FROM pin) u"
    "  WHERE video_id NOT IN (SELECT video_id FROM seen) GROUP BY video_id)"
    " SELECT v.video_id, v.channel_id, array_to_json(v.keywords)::text, extract(epoch FROM v.published_at)::bigint,"
    "   CASE WHEN v.source <> 'youtube' OR $3::boolean THEN v.view_count ELSE 0 END,"
    "   CASE WHEN v.source <> 'youtube' OR $3::boolean THEN v.like_count ELSE 0 END, v.emotions::text, id.score, id.because, a.heat,"
    "   (SELECT keyword FROM trend t WHERE t.keyword = ANY (v.keywords) ORDER BY t.score DESC LIMIT 1),"
    "   (SELECT exp(sum(ln(factor))) FROM edited e WHERE action = 'boost' AND ((target = 'video' AND value = v.video_id)"
    "     OR (target = 'channel' AND value = v.channel_id) OR (target = 'keyword' AND value = ANY (v.keywords)))),"
    "   v.video_id IN (SELECT video_id FROM pin), id.lasting"
    " FROM id CROSS JOIN LATERAL (SELECT * FROM videos w WHERE w.video_id = id.video_id OFFSET 0) v"
    "   LEFT JOIN video_affinities a ON a.video_id = v.video_id"
    " WHERE v.hidden_at IS NULL"
    "   AND NOT EXISTS (SELECT FROM edited e WHERE action = 'block' AND ((target = 'video' AND value = v.video_id)"
    "     OR (target = 'channel' AND value = v.channel_id) OR (target = 'keyword' AND value = ANY (v.keywords))))"
    " ORDER BY v.video_id");
enum { ID, CHANNEL, KEYWORDS, PUBLISHED, VIEWS, LIKES, V_EMOTIONS, SCORE, BECAUSE, HEAT, TREND, BOOST, PINNED,
	LASTING };

enum { WEEK_S = 604800, YEAR_2025_S = 1735689600 };

static void
read_emotions(struct arena *mem, const char *text, double out[EMOTIONS])
{
	const struct json *j;
	size_t i;

	if (text == NULL || json_parse(mem, text, strlen(text), &j) < 0)
		return;
	for (i = 0; i < EMOTIONS; i++)
		out[i] = json_num(json_get(j, emotion_name(i)), 0);
}

static struct strs
read_words(struct arena *mem, struct str text)
{
	const struct json *list, *w;
	struct strs out = { NULL, 0 };

	if (json_parse(mem, text.p, text.n, &list) < 0)
		return out;
	out.v = arena_alloc(mem, (json_count(list) + 1) * sizeof(char *));
	for (w = json_first(list); w != NULL; w = json_next(w))
		out.v[out.n++] = json_str(w);
	return out;
}

static void
read_keywords(struct arena *mem, const char *text, struct rank_taste *t)
{
	const struct json *list, *row;

	if (text == NULL || json_parse(mem, text, strlen(text), &list) < 0)
		return;
	t->keywords = arena_alloc(mem, (json_count(list) + 1) * sizeof(char *));
	t->pulls = arena_alloc(mem, (json_count(list) + 1) * sizeof(double));
	for (row = json_first(list); row != NULL; row = json_next(row)) {
		const struct json *word = json_first(row);
		double score = json_num(json_next(word), 0.5);

		t->keywords[t->n] = json_str(word);
		t->pulls[t->n++] = keyword_pull(score, curation_boost(score));
	}
}

static int
find_taste(struct arena *mem, struct pg *pg, const struct recommend_ask *ask, struct recommend_pool *out)
{
	struct rank_taste *t = &out->taste;
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &read_taste, pg_text(ask->user), pg_text(ask->video))) < 0)
		return rc;
	*t = (struct rank_taste){ .now_s = ask->now_s > 0 ? ask->now_s : now_ms() / 1000, .mood = ask->emotion >= 0 };
	read_keywords(mem, pg_string(&r, 0, TASTE_KEYWORDS), t);
	if (ask->emotion >= 0)
		t->emotions[ask->emotion] = 1;
	else
		read_emotions(mem, pg_string(&r, 0, TASTE_EMOTIONS), t->emotions);
	out->cold = ask->video == NULL && t->n == 0 && pg_integer(&r, 0, TASTE_KNOWN) == 0;
	return 0;
}

/* The weekly halving count as of now. */
static double
present_heat(const struct pg_rows *r, int row, int64_t now_s)
{
	return pg_string(r, row, HEAT) == NULL ? 0
	    : exp2(pg_number(r, row, HEAT) - (double)(now_s - YEAR_2025_S) / WEEK_S);
}

static void
read_video(struct arena *mem, const struct pg_rows *r, int i, int64_t now_s, struct rank_video *v)
{
	*v = (struct rank_video){ .id = pg_string(r, i, ID), .channel = pg_string(r, i, CHANNEL),
	    .keywords = read_words(mem, pg_value(r, i, KEYWORDS)), .published_s = pg_integer(r, i, PUBLISHED),
	    .views = pg_integer(r, i, VIEWS), .likes = pg_integer(r, i, LIKES), .neighbour = pg_number(r, i, SCORE),
	    .lasting = pg_number(r, i, LASTING),
	    .because = pg_string(r, i, BECAUSE), .heat = present_heat(r, i, now_s), .trend = pg_string(r, i, TREND),
	    .boost = pg_string(r, i, BOOST) != NULL ? pg_number(r, i, BOOST) : 1,
	    .pinned = pg_integer(r, i, PINNED) == 1 };
	read_emotions(mem, pg_string(r, i, V_EMOTIONS), v->emotions);
}

int
recommend_candidates(struct arena *mem, const struct recommend_ask *ask, struct recommend_pool *out)
{
	struct pg *pg = ask->pg != NULL ? ask->pg : ask->user != NULL ? pg_as(ask->user) : pg_shared();
	struct pg_rows r;
	int i, rc;

	if (ask->pg == NULL && ask->user != NULL && (rc = interaction_fold_user(ask->user)) < 0)
		return rc;
	if ((rc = find_taste(mem, pg, ask, out)) < 0 ||
	    (rc = pg_query(pg, &r, &read_candidates, pg_text(ask->user), pg_text(ask->video),
	    pg_bool(conf.youtube_derive))) < 0)
		return rc;
	out->n = (size_t)r.n;
	out->v = arena_alloc(mem, (out->n + 1) * sizeof(*out->v));
	for (i = 0; i < r.n; i++)
		read_video(mem, &r, i, out->taste.now_s, &out->v[i]);
	return 0;
}
