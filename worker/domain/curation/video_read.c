/* video_read.c -- reads one video, or pages of them. See video.h. Yields: all but the cached reads.
 *
 * Keyset pagination as in catalog/product_list.c: the cursor is "<sort>:<key>:<id>".
 */
#include <math.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "run/co.h"
#include "video.h"
#include "video_external.h"
#include "worker/domain/catalog/search_words.h"
#include "worker/domain/core/answer_cache.h"
#include "worker/domain/core/sort_cursor.h"
#include "worker/domain/external/external_api.h"
#include "worker/domain/external/external_ask.h"

static struct pg_stmt find_one = PG_STMT("select", "videos",
    "SELECT video_doc(v)::text FROM videos v WHERE video_id = $1 AND ($2::boolean OR hidden_at IS NULL)");

static int
find_video(const char *id, bool all, struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &find_one, pg_text(id), pg_bool(all))) < 0)
		return rc;
	*json = pg_value(&r, 0, 0);
	return 0;
}

static int
make_answer(struct arena *mem, const char *id, struct answer *out)
{
	(void)mem;
	return find_video(id, false, &out->value);
}

int
video_get(struct arena *mem, const char *id, bool all, struct str *json)
{
	struct answer a = { 0 };
	int rc;

	if (all)
		rc = find_video(id, true, json);
	else if ((rc = answer_find(mem, arena_key(mem, "video", id), conf.video_cache_ttl, make_answer, id, &a)) == 0)
		*json = a.value;
	return rc == E_NOT_FOUND ? E_VIDEO_NOT_FOUND : rc;
}

/* $1 pattern, $2 words, $3 channel, $4 keyword, $5 limit, $6 key, $7 id. A search by words uses the text index alone
 * and sorts its result; any other page is read in the order of an index. */
#define PAGE_OF(with, source, key, column, type) PG_STMT("select", "videos", \
	with " page AS (" \
	"  SELECT v.video_id, " key " AS k FROM " source \
	"    AND v.hidden_at IS NULL AND ($3::text IS NULL OR v.channel_id = $3)" \
	"    AND ($4::text IS NULL OR v.keywords @> ARRAY[$4::text])" \
	"    AND ($6::text IS NULL OR (" column ", v.video_id) < (" type ", $7))" \
	"  ORDER BY " column " DESC, v.video_id DESC LIMIT $5)," \
	" docs AS (" \
	"  SELECT video_doc(v)::text AS doc, k, v.video_id AS id," \
	"    row_number() OVER (ORDER BY k DESC, v.video_id DESC) AS n" \
	"  FROM page q JOIN videos v USING (video_id))" \
	" SELECT '[' || coalesce(string_agg(doc, ',' ORDER BY n), '') || ']', count(*)," \
	"   (array_agg(k::text ORDER BY n DESC))[1], (array_agg(id ORDER BY n DESC))[1]" \
	" FROM docs")
enum { PAGE_LIST, PAGE_COUNT, LAST_KEY, LAST_ID };
#define FOUND \
	"WITH found AS MATERIALIZED (" \
	"  SELECT video_id, channel_id, keywords, published_at, view_count, quality_score, hidden_at FROM videos" \
	"  WHERE search_grams(search_text) @> search_query_grams($2) AND search_text ILIKE $1),"
#define BOTH(key, column, type) \
	PAGE_OF("WITH", "videos v WHERE $1::text IS NULL AND $2::text IS NULL", key, column, type), \
	PAGE_OF(FOUND, "found v WHERE true", key, column, type)

static struct {
	const char	*name;
	struct pg_stmt	 page, found;		/* without and with words */
} sorts[] = {
	{ "newest", BOTH("(extract(epoch FROM v.published_at) * 1000000)::bigint", "v.published_at",
	    "'epoch'::timestamptz + $6::bigint * interval '1 microsecond'") },
	{ "popular", BOTH("v.view_count", "v.view_count", "$6::bigint") },
	{ "quality", BOTH("v.quality_score", "v.quality_score", "$6::float8") },
};

enum { SCORE_DIGITS = 24 };
#define MICROSECONDS_MAX INT64_C(9000000000000000000)	/* the year 287167, within PostgreSQL's range; and of views */

/* A finite number as PostgreSQL writes one. */
static bool
is_score(const char *key)
{
	char *end;
	double v = strtod(key, &end);

	return end != key && *end == '\0' && isfinite(v) && strlen(key) <= SCORE_DIGITS &&
	    strspn(key, "0123456789.e-") == strlen(key);
}

/* The key and the id in a cursor of this sort, into `mem`. False: malformed. */
static bool
parse_cursor(struct arena *mem, const char *cursor, const char *sort, const char **key, const char **id)
{
	int64_t v;

	return sort_cursor_split(mem, cursor, sort, key, id) &&
	    (strcmp(sort, "quality") == 0 ? is_score(*key) : parse_int(*key, INT64_MIN, MICROSECONDS_MAX, &v));
}

int
video_list(struct arena *mem, const struct video_filter *f, struct str *list, const char **next)
{
	const char *key = NULL, *id = NULL, *words = search_normal(mem, f->q != NULL ? f->q : "");
	bool some = *words != '\0';
	struct pg_rows r;
	size_t i;
	int rc;

	for (i = 0; i < NELEM(sorts) - 1 && strcmp(sorts[i].name, f->sort) != 0; i++)
		;
	if (f->cursor != NULL && !parse_cursor(mem, f->cursor, sorts[i].name, &key, &id))
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, some ? &sorts[i].found : &sorts[i].page,
	    pg_text(some ? search_pattern(mem, words) : NULL), pg_text(some ? words : NULL), pg_text(f->channel),
	    pg_text(f->keyword != NULL ? video_keyword(mem, f->keyword) : NULL), pg_int(f->limit), pg_text(key),
	    pg_text(id));
	if (rc < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < f->limit ? NULL
	    : arena_printf(mem, "%s:%s:%s", sorts[i].name, pg_string(&r, 0, LAST_KEY), pg_string(&r, 0, LAST_ID));
	return 0;
}

static struct pg_stmt record_search = PG_STMT("insert", "video_search_sessions",
    "INSERT INTO video_search_sessions (user_id, query, results, source)"
    " VALUES ($1, left($2, 500), json_array_length($3::json), $4)");

/* What the external search finds, in its order; false: it does not answer in time, or finds nothing. */
static bool
search_outside(struct arena *mem, const struct video_filter *f, struct str *list)
{
	struct strs ids = { 0 };
	const struct json *answer, *id;

	if (!external_on(&conf, API_YOUTUBE) || f->q == NULL ||
	    external_ask(mem, "videos", f->q, conf.external_search_wait_ms, &answer) < 0)
		return false;
	answer = json_get(answer, "ids");
	ids.v = arena_alloc(mem, (json_count(answer) + 1) * sizeof(*ids.v));
	for (id = json_first(answer); id != NULL; id = json_next(id))
		if (json_str(id) != NULL)
			ids.v[ids.n++] = json_str(id);
	return ids.n > 0 && video_external_docs(mem, ids, f->limit, list) == 0 && list->n > strlen("[]");
}

/* Anonymous callers could use up the day's searches: they get our own videos. A search is answered even where it could
 * not be recorded. */
int
video_search(struct arena *mem, const struct video_filter *f, const char *user, struct str *list, const char **next,
    const char **source)
{
	int rc = 0;

	*next = NULL;
	*source = user != NULL && f->cursor == NULL && search_outside(mem, f, list) ? SOURCE_YOUTUBE : "local";
	if (strcmp(*source, "local") == 0)
		rc = video_list(mem, f, list, next);
	if (rc == 0 && f->cursor == NULL)
		(void)pg_query(user != NULL ? pg_as(user) : pg_shared(), NULL, &record_search, pg_text(user),
		    pg_text(f->q), pg_text(list->p), pg_text(*source));
	return rc;
}

static struct pg_stmt most_viewed = PG_STMT("select", "videos",
    "SELECT video_id FROM videos WHERE hidden_at IS NULL ORDER BY view_count DESC, video_id DESC LIMIT $1");

/* Fills what is not cached, as a reader would: a change meanwhile is never overwritten by what was read before it. */
int
video_warm(int64_t *n)
{
	struct pg_rows r;
	struct str doc;
	int i, rc;

	*n = 0;
	if (conf.video_warm_count == 0)
		return 0;
	if ((rc = pg_query(pg_shared(), &r, &most_viewed, pg_int(conf.video_warm_count))) < 0)
		return rc;
	for (i = 0; i < r.n && rc == 0; i++)
		if ((rc = video_get(co_arena(), pg_string(&r, i, 0), false, &doc)) == E_VIDEO_NOT_FOUND)
			rc = 0;
	*n = i;
	return rc;
}
