/* eval_data.c -- see eval_data.h. Yields: eval_open, eval_read. */
#include "eval_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "link/pg.h"
#include "run/co.h"

/* A name resolves to the table of the server until a temporary one hides it. */
static struct pg_stmt limits = PG_STMT("select", "user_video_interactions",
    "SELECT set_config('statement_timeout', '600s', true), set_config('idle_in_transaction_session_timeout', '0', true),"
    " set_config('work_mem', '64MB', true)");
static struct pg_stmt create_interactions = PG_STMT("create", "user_video_interactions",
    "CREATE TEMP TABLE eval_interactions ("
    " id bigint, user_id text, video_id text, type text, watch_ms bigint, at timestamptz, liked boolean)");
static struct pg_stmt read_interactions = PG_STMT("select", "user_video_interactions",
    "INSERT INTO eval_interactions SELECT i.id, i.user_id, i.video_id, i.type, i.watch_ms, i.at,"
    "   interaction_strength(i.type, i.watch_ms) > 0"
    " FROM user_video_interactions i JOIN videos v USING (video_id) WHERE v.hidden_at IS NULL"
    " ORDER BY i.at DESC, i.id DESC LIMIT $1::bigint");
static struct pg_stmt create_cuts[] = {
	PG_STMT("create", "user_video_interactions",
	    "CREATE TEMP TABLE eval_first AS SELECT DISTINCT ON (user_id, video_id) user_id, video_id, at, id"
	    " FROM eval_interactions WHERE liked ORDER BY user_id, video_id, at, id"),
	PG_STMT("create", "user_video_interactions",
	    "CREATE TEMP TABLE eval_cut (user_id text PRIMARY KEY, at timestamptz, id bigint)"),
	PG_STMT("create", "user_video_interactions", "CREATE TEMP TABLE eval_end (at timestamptz, id bigint)"),
};

/* Interactions of a user are visible below his (at, id), those of others below eval_end. $1 users. */
static struct pg_stmt cut_last = PG_STMT("insert", "user_video_interactions",
    "WITH last AS (SELECT DISTINCT ON (user_id) user_id, at, id, count(*) OVER (PARTITION BY user_id) AS n"
    "  FROM eval_first ORDER BY user_id, at DESC, id DESC),"
    " ended AS (INSERT INTO eval_end VALUES ('infinity', 0))"
    " INSERT INTO eval_cut SELECT user_id, at, id FROM last WHERE n > 1"
    " ORDER BY hashtextextended(user_id, 16), user_id LIMIT $1::bigint");
static struct pg_stmt cut_time = PG_STMT("insert", "user_video_interactions",
    "WITH cut AS MATERIALIZED ("
    "  SELECT percentile_disc(0.8) WITHIN GROUP (ORDER BY at) AS at, 9223372036854775807 AS id FROM eval_first),"
    " ended AS (INSERT INTO eval_end SELECT at, id FROM cut)"
    " INSERT INTO eval_cut SELECT f.user_id, cut.at, cut.id FROM eval_first f, cut GROUP BY 1, 2, 3"
    "  HAVING bool_or(f.at <= cut.at) AND bool_or(f.at > cut.at)"
    " ORDER BY hashtextextended(f.user_id, 16), f.user_id LIMIT $1::bigint");

#define HIDE(name) PG_STMT("create", name, "CREATE TEMP TABLE " name " (LIKE " name " INCLUDING ALL)")
static struct pg_stmt hide[] = {
	HIDE("user_video_interactions"), HIDE("user_keyword_preferences"), HIDE("video_affinities"),
	HIDE("video_affinity_queue"), HIDE("curation_state"), HIDE("trend_keywords"), HIDE("editor_lists"),
	PG_STMT("create", "videos",
	    "CREATE TEMP VIEW videos AS SELECT * FROM videos WHERE published_at <= (SELECT at FROM eval_end)"),
	/* tx: older than any transaction under way. */
	PG_STMT("insert", "user_video_interactions",
	    "INSERT INTO user_video_interactions (id, user_id, video_id, type, watch_ms, at, tx)"
	    " SELECT i.id, i.user_id, i.video_id, i.type, i.watch_ms, i.at, 1"
	    " FROM eval_interactions i CROSS JOIN eval_end e LEFT JOIN eval_cut c USING (user_id)"
	    " WHERE (i.at, i.id) < (coalesce(c.at, e.at), coalesce(c.id, e.id)) ORDER BY i.at, i.id"),
	PG_STMT("analyze", "user_video_interactions", "ANALYZE user_video_interactions"),
	/* What interaction.c does to a preference with each interaction, summed up. */
	PG_STMT("insert", "user_keyword_preferences",
	    "INSERT INTO user_keyword_preferences (user_id, keyword, interaction_score, events)"
	    " SELECT user_id, keyword, greatest(0, least(1, 0.5 * power(0.9::float8, total)"
	    "   + sum(target * (1 - power(0.9::float8, weight)) * power(0.9::float8, total - upto)))), total"
	    " FROM (SELECT user_id, k AS keyword, interaction_target(type, watch_ms) AS target, w AS weight,"
	    "   sum(w) OVER (PARTITION BY user_id, k ORDER BY at, id) AS upto, sum(w) OVER (PARTITION BY user_id, k) AS total"
	    "   FROM (SELECT i.*, interaction_weight(i.type) AS w FROM eval_cut JOIN user_video_interactions i USING (user_id)) i"
	    "   JOIN videos v USING (video_id), unnest(v.keywords) k) x"
	    " GROUP BY user_id, keyword, total"),
	PG_STMT("create", "videos",
	    "CREATE TEMP TABLE eval_videos AS SELECT video_id, keywords, row_number() OVER (ORDER BY video_id COLLATE \"C\") - 1 AS n"
	    " FROM videos WHERE hidden_at IS NULL"),
	PG_STMT("analyze", "videos", "ANALYZE eval_videos"),
};

static struct pg_stmt read_videos = PG_STMT("select", "videos",
    "SELECT video_id, array_to_string(keywords, E'\\n') FROM eval_videos ORDER BY n");
static struct pg_stmt read_users = PG_STMT("select", "user_video_interactions",
    "WITH past AS ("
    "  SELECT i.user_id, v.n, min(i.at) AS at, min(i.id) AS id, bool_or(interaction_strength(type, watch_ms) > 0) AS liked"
    "  FROM user_video_interactions i JOIN eval_videos v USING (video_id) GROUP BY 1, 2),"
    " history AS ("
    "  SELECT user_id, string_agg(n::text, ',' ORDER BY at, id) FILTER (WHERE liked) AS liked,"
    "    string_agg(n::text, ',') FILTER (WHERE NOT liked) AS other FROM past GROUP BY 1),"
    " future AS ("
    "  SELECT c.user_id, extract(epoch FROM c.at)::bigint AS cut, string_agg(v.n::text, ',') AS relevant"
    "  FROM eval_cut c JOIN eval_first f USING (user_id) JOIN eval_videos v ON v.video_id = f.video_id"
    "  LEFT JOIN past p ON p.user_id = c.user_id AND p.n = v.n"
    "  WHERE (f.at, f.id) >= (c.at, c.id) AND p.n IS NULL GROUP BY 1, 2)"
    " SELECT h.user_id, h.liked, h.other, f.relevant, f.cut, (SELECT count(*) FROM user_video_interactions)"
    " FROM history h LEFT JOIN future f USING (user_id) ORDER BY h.user_id COLLATE \"C\"");
enum { USER, LIKED, OTHER, RELEVANT, CUT, INTERACTIONS };

static int
run_all(struct pg *pg, struct pg_stmt *list, size_t n)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = pg_query(pg, NULL, &list[i]);
	return rc;
}

int
eval_open(struct pg *pg, const struct eval_scope *scope)
{
	struct pg_stmt *cut = scope->split == EVAL_LAST ? &cut_last : &cut_time;
	int rc;

	if ((rc = pg_query(pg, NULL, &limits)) < 0 || (rc = pg_query(pg, NULL, &create_interactions)) < 0 ||
	    (rc = pg_query(pg, NULL, &read_interactions, pg_int(scope->interactions))) < 0 ||
	    (rc = run_all(pg, create_cuts, NELEM(create_cuts))) < 0 ||
	    (rc = pg_query(pg, NULL, cut, pg_int(scope->users))) < 0)
		return rc;
	return run_all(pg, hide, NELEM(hide));
}

static void
read_words(struct arena *mem, const char *text, struct eval_video *v)
{
	const char *end;

	v->words = arena_alloc(mem, (strlen(text) / 2 + 1) * sizeof(*v->words));
	for (; *text != '\0'; text = *end == '\n' ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		v->words[v->n_words++] = hash_bytes(text, (size_t)(end - text));
	}
}

static struct eval_numbers
read_numbers(struct arena *mem, struct str text)
{
	struct eval_numbers out = { NULL, 0 };
	const char *p = text.p;
	char *end;
	size_t i, n = 1;

	if (p == NULL || text.n == 0)
		return out;
	for (i = 0; i < text.n; i++)
		n += p[i] == ',';
	out.v = arena_alloc(mem, n * sizeof(*out.v));
	while (out.n < n) {
		out.v[out.n++] = (int32_t)strtol(p, &end, 10);
		p = end + 1;
	}
	return out;
}

static void
take_videos(struct arena *mem, const struct pg_rows *r, struct eval_data *out)
{
	int i;

	out->n_videos = (size_t)r->n;
	out->videos = arena_zalloc(mem, ((size_t)r->n + 1) * sizeof(*out->videos));
	for (i = 0; i < r->n; i++) {
		out->videos[i].id = arena_strdup(mem, pg_string(r, i, 0));
		read_words(mem, pg_string(r, i, 1), &out->videos[i]);
	}
}

static void
take_users(struct arena *mem, const struct pg_rows *r, struct eval_data *out)
{
	int i;

	out->n_users = (size_t)r->n;
	out->users = arena_zalloc(mem, ((size_t)r->n + 1) * sizeof(*out->users));
	out->n_interactions = r->n > 0 ? (size_t)pg_integer(r, 0, INTERACTIONS) : 0;
	for (i = 0; i < r->n; i++) {
		struct eval_user *u = &out->users[i];

		*u = (struct eval_user){ .id = arena_strdup(mem, pg_string(r, i, USER)),
		    .liked = read_numbers(mem, pg_value(r, i, LIKED)),
		    .other = read_numbers(mem, pg_value(r, i, OTHER)),
		    .relevant = read_numbers(mem, pg_value(r, i, RELEVANT)), .cut_s = pg_integer(r, i, CUT) };
		out->n_cases += u->relevant.n > 0;
	}
}

int
eval_read(struct arena *mem, struct pg *pg, struct eval_data *out)
{
	struct pg_rows r;
	int rc;

	*out = (struct eval_data){ 0 };
	if ((rc = pg_query(pg, &r, &read_videos)) < 0)
		return rc;
	take_videos(mem, &r, out);
	if ((rc = pg_query(pg, &r, &read_users)) < 0)
		return rc;
	take_users(mem, &r, out);
	return 0;
}

int32_t
eval_number(const struct eval_data *d, const char *id)
{
	size_t lo = 0, hi = d->n_videos;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(id, d->videos[mid].id);

		if (order == 0)
			return (int32_t)mid;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}
