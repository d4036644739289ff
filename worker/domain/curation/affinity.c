/* affinity.c -- see affinity.h. Yields: all. */
#include "affinity.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "link/pg.h"
#include "run/co.h"
#include "shelves.h"

enum { NEIGHBOURS = 60, VIDEOS_READ = 5000, USERS_READ = 500, COUNTS_READ = 10000, VIDEOS_WRITTEN = 500,
	STEPS_MAX = 2000000 };

/* Weeks since the beginning of 2025: the exponent of a weekly halving count. */
#define WEEKS "greatest(extract(epoch FROM at - timestamptz '2025-01-01 00:00:00+00')::float8 / 604800, -900)"

/* At most 100,000 interactions a statement, and all of the last transaction. A restored database may have begun its
 * transactions anew: then all interactions are new. Besides the touched videos, the last ten of each user are queued,
 * whose neighbours change as well. Rows: how many interactions there were. */
static struct pg_stmt collect_new = PG_STMT("insert", "video_affinity_queue",
    "WITH edge AS MATERIALIZED ("
    "  SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,"
    "    coalesce((SELECT value FROM curation_state WHERE name = 'affinity'), 0) AS was),"
    " start AS MATERIALIZED (SELECT xmin, CASE WHEN was > xmin THEN 0 ELSE was END AS lo FROM edge),"
    " range AS MATERIALIZED ("
    "  SELECT lo, least(xmin, (SELECT max(tx) + 1 FROM (SELECT tx FROM user_video_interactions WHERE tx >= lo"
    "    ORDER BY tx LIMIT 100000) t)) AS hi FROM start),"
    " touched AS MATERIALIZED ("
    "  SELECT user_id, video_id, count(*) AS n FROM user_video_interactions"
    "  WHERE tx >= (SELECT lo FROM range) AND tx < (SELECT hi FROM range) GROUP BY 1, 2),"
    " queued AS ("
    "  INSERT INTO video_affinity_queue (video_id)"
    "  SELECT video_id FROM touched"
    "  UNION SELECT l.video_id FROM (SELECT DISTINCT user_id FROM touched) u, LATERAL ("
    "    SELECT video_id FROM user_video_interactions i WHERE i.user_id = u.user_id ORDER BY at DESC LIMIT 10) l"
    "  ORDER BY 1 ON CONFLICT (video_id) DO NOTHING),"
    " moved AS ("
    "  INSERT INTO curation_state (name, value) SELECT 'affinity', hi FROM range"
    "  ON CONFLICT (name) DO UPDATE SET value = excluded.value)"
    " SELECT coalesce(sum(n), 0)::bigint FROM touched");

/* Every table here is read by index: with statistics of a time when they were empty, a plan that reads one whole for
 * each video took minutes. */
static struct pg_stmt by_index[] = {
	PG_STMT("set", "", "SET LOCAL enable_seqscan = off"), PG_STMT("set", "", "SET LOCAL jit = off"),
	PG_STMT("set", "", "SET LOCAL work_mem = '64MB'"),
};
static struct pg_stmt as_usual = PG_STMT("set", "", "SET LOCAL enable_seqscan = on");

/* Counts the users and the heat of queued videos, from the $1th on, at most $2. Rows: key and users of each, then the
 * users of its latest $3 interactions. */
static struct pg_stmt read_queued = PG_STMT("insert", "video_affinities",
    "WITH batch AS MATERIALIZED ("
    "  SELECT video_id FROM video_affinity_queue ORDER BY queued_at, video_id OFFSET $1 LIMIT $2),"
    " own AS MATERIALIZED ("
    "  SELECT b.video_id, i.user_id, i.at FROM batch b CROSS JOIN LATERAL ("
    "    SELECT user_id, at FROM user_video_interactions i"
    "    WHERE i.video_id = b.video_id AND interaction_strength(i.type, i.watch_ms) > 0 OFFSET 0) i),"
    " counted AS ("
    "  INSERT INTO video_affinities (video_id, users, heat)"
    "  SELECT b.video_id, count(DISTINCT hashtextextended(o.user_id, 0)),"
    "    coalesce(ln(sum(power(2, " WEEKS "))) / ln(2), -900)"
    "  FROM batch b LEFT JOIN own o USING (video_id) GROUP BY 1 ORDER BY 1"
    "  ON CONFLICT (video_id) DO UPDATE SET users = excluded.users, heat = excluded.heat RETURNING key, users)"
    " SELECT key, users, NULL FROM counted"
    " UNION ALL SELECT NULL, NULL, user_id FROM (SELECT DISTINCT user_id FROM ("
    "   SELECT user_id, row_number() OVER (PARTITION BY video_id ORDER BY at DESC) AS n FROM own) x WHERE n <= $3) y");
enum { KEY, USERS, USER };

/* The latest $2 interactions of each user of $1: the keys of their videos in hexadecimal, the latest first. */
static struct pg_stmt read_shelves = PG_STMT("select", "user_video_interactions",
    "SELECT encode(string_agg(int8send(r.key), ''::bytea ORDER BY r.at DESC, r.id DESC), 'hex')"
    " FROM unnest($1::text[]) WITH ORDINALITY AS u (user_id, n) CROSS JOIN LATERAL ("
    "   SELECT hashtextextended(i.video_id, 0) AS key, at, id FROM user_video_interactions i"
    "   WHERE i.user_id = u.user_id AND interaction_strength(i.type, i.watch_ms) > 0 ORDER BY at DESC LIMIT $2) r"
    " GROUP BY u.n");

static struct pg_stmt read_counts = PG_STMT("select", "video_affinities",
    "SELECT key, users FROM video_affinities WHERE key = ANY ($1::bigint[])");

/* $1 keys, $2 and $3 an array each for every key: its neighbours and their weights. */
static struct pg_stmt write_neighbours = PG_STMT("update", "video_affinities",
    "WITH done AS ("
    "  UPDATE video_affinities a SET neighbour_keys = x.near::bigint[], weights = x.weights::real[], computed_at = now()"
    "  FROM unnest($1::bigint[], $2::text[], $3::text[]) AS x (key, near, weights) WHERE a.key = x.key"
    "  RETURNING video_id)"
    " DELETE FROM video_affinity_queue q USING done d WHERE q.video_id = d.video_id");

static struct pg_stmt count_queued = PG_STMT("select", "video_affinity_queue",
    "SELECT count(*) FROM video_affinity_queue");

static int
collect(struct pg *pg)
{
	struct pg_rows r;
	int rc;

	do
		rc = pg_query(pg, &r, &collect_new);
	while (rc == 0 && pg_integer(&r, 0, 0) >= 100000);
	return rc;
}

/* One round: queued videos, as many as conf.affinity_batch entries of shelves in memory allow. */
struct round {
	struct pg	*pg;
	struct shelves	*shelves;
	int64_t		*videos;	/* keys */
	size_t		 n, room;
	int64_t		 until_ms;
};

static void
add_video(struct round *r, int64_t key, int64_t users)
{
	if (r->n == r->room) {
		r->room = r->room == 0 ? VIDEOS_READ : r->room * 2;
		if ((r->videos = reallocarray(r->videos, r->room, sizeof(*r->videos))) == NULL)
			bug("no memory for videos");
	}
	r->videos[r->n++] = key;
	shelves_set_users(r->shelves, key, users);
}

static int
hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static void
add_shelf(struct round *r, struct str hex)
{
	size_t n = hex.n / 16, i, k;
	int64_t *keys = arena_alloc(co_arena(), (n + 1) * sizeof(*keys));

	for (i = 0; i < n; i++) {
		uint64_t v = 0;

		for (k = 0; k < 16; k++)
			v = v << 4 | (uint64_t)hex_digit(hex.p[i * 16 + k]);
		keys[i] = (int64_t)v;
	}
	shelves_add(r->shelves, keys, n);
}

static int
add_shelves(struct round *r, const char **users, size_t n)
{
	struct arena_mark mark = arena_mark(co_arena());
	struct pg_rows rows;
	int i, rc;

	rc = pg_query(r->pg, &rows, &read_shelves, pg_text(pg_texts(co_arena(), users, n)),
	    pg_int(conf.affinity_items));
	for (i = 0; rc == 0 && i < rows.n; i++)
		add_shelf(r, pg_value(&rows, i, 0));
	arena_release(co_arena(), mark);
	return rc;
}

/* Past twice the bound, the shelves that are there stand for the others. */
static int
take_queued(struct round *r, const struct pg_rows *rows)
{
	const char *users[USERS_READ], *user;
	size_t n = 0;
	int i, rc = 0;

	for (i = 0; i < rows->n && rc == 0; i++) {
		if ((user = pg_string(rows, i, USER)) == NULL)
			add_video(r, pg_integer(rows, i, KEY), pg_integer(rows, i, USERS));
		else if (shelves_add_user(r->shelves, hash_bytes(user, strlen(user))))
			users[n++] = user;
		if (n == USERS_READ) {
			rc = add_shelves(r, users, n);
			n = 0;
		}
		if (shelves_entries(r->shelves) > 2 * (size_t)conf.affinity_batch)
			n = 0;
	}
	return rc == 0 && n > 0 ? add_shelves(r, users, n) : rc;
}

/* After the time limit, videos are added only while that is cheap: as most of their users' shelves are there. */
static int
read_videos(struct round *r)
{
	size_t before, entries;
	int rc;

	do {
		struct arena_mark mark = arena_mark(co_arena());
		struct pg_rows rows;

		before = r->n;
		entries = shelves_entries(r->shelves);
		rc = pg_query(r->pg, &rows, &read_queued, pg_int((int64_t)before), pg_int(VIDEOS_READ),
		    pg_int(conf.affinity_users));
		if (rc == 0)
			rc = take_queued(r, &rows);
		arena_release(co_arena(), mark);
	} while (rc == 0 && r->n == before + VIDEOS_READ && shelves_entries(r->shelves) < (size_t)conf.affinity_batch &&
	    (mono_ms() < r->until_ms || (shelves_entries(r->shelves) - entries) * 8 < entries));
	return rc;
}

/* How many users the other videos of the shelves have. */
static int
read_users(struct round *r)
{
	size_t n, i;
	const int64_t *keys = shelves_keys(r->shelves, &n);
	int rc = 0, k;

	for (i = 0; i < n && rc == 0; i += COUNTS_READ) {
		struct arena_mark mark = arena_mark(co_arena());
		struct pg_rows rows;

		rc = pg_query(r->pg, &rows, &read_counts,
		    pg_text(pg_bigints(co_arena(), keys + i, n - i < COUNTS_READ ? n - i : COUNTS_READ)));
		for (k = 0; rc == 0 && k < rows.n; k++)
			shelves_set_users(r->shelves, pg_integer(&rows, k, KEY), pg_integer(&rows, k, USERS));
		arena_release(co_arena(), mark);
	}
	return rc;
}

static int
read_round(struct round *r)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < NELEM(by_index) && rc == 0; i++)
		rc = pg_query(r->pg, NULL, &by_index[i]);
	if (rc == 0 && (rc = read_videos(r)) == 0 && (rc = read_users(r)) == 0)
		rc = pg_query(r->pg, NULL, &as_usual);
	return rc;
}

/* {…} of a video's neighbours, and of their weights. */
static void
put_neighbours(struct round *r, int64_t key, const char **keys, const char **weights, size_t *steps)
{
	struct shelf_near near[NEIGHBOURS];
	size_t n = shelves_near(r->shelves, key, near, NEIGHBOURS, steps), i;
	struct buf k = { 0 }, w = { 0 };

	for (i = 0; i < n; i++) {
		buf_printf(&k, "%c%lld", i == 0 ? '{' : ',', (long long)near[i].key);
		buf_printf(&w, "%c%.5g", i == 0 ? '{' : ',', near[i].weight);
	}
	buf_str(&k, n == 0 ? "{}" : "}");
	buf_str(&w, n == 0 ? "{}" : "}");
	*keys = buf_to_arena(co_arena(), &k).p;
	*weights = buf_to_arena(co_arena(), &w).p;
}

/* Lets the process do other things now and then. */
static int
write_videos(struct round *r, struct pg *pg, size_t from, size_t n)
{
	struct arena *mem = co_arena();
	const char **near = arena_alloc(mem, n * sizeof(*near)), **weights = arena_alloc(mem, n * sizeof(*weights));
	size_t steps = 0, i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		put_neighbours(r, r->videos[from + i], &near[i], &weights[i], &steps);
		if (steps > STEPS_MAX) {
			rc = co_sleep(0);
			steps = 0;
		}
	}
	return rc < 0 ? rc : pg_query(pg, NULL, &write_neighbours, pg_text(pg_bigints(mem, r->videos + from, n)),
	    pg_text(pg_texts(mem, near, n)), pg_text(pg_texts(mem, weights, n)));
}

/* Each statement is a commit of its own, so that a restart goes on where this one ended. */
static int
write_round(struct round *r, struct pg *pg, int64_t *n)
{
	size_t i, part;
	int rc = 0;

	shelves_index(r->shelves);
	for (i = 0; i < r->n && rc == 0; i += part) {
		struct arena_mark mark = arena_mark(co_arena());

		part = r->n - i < VIDEOS_WRITTEN ? r->n - i : VIDEOS_WRITTEN;
		if ((rc = write_videos(r, pg, i, part)) == 0)
			*n += (int64_t)part;
		arena_release(co_arena(), mark);
	}
	return rc;
}

/* `pg`: the caller's transaction; NULL: one to read in, and then one a write. */
static int
run_round(struct pg *pg, int64_t limit_ms, int64_t *n)
{
	struct round r = { .pg = pg, .until_ms = mono_ms() + limit_ms, .shelves = shelves_new() };
	int rc = pg == NULL ? pg_begin(&r.pg) : 0;

	if (rc == 0)
		rc = read_round(&r);
	if (pg == NULL && r.pg != NULL)
		rc = pg_end(&r.pg, rc);
	if (rc == 0)
		rc = write_round(&r, pg != NULL ? pg : pg_shared(), n);
	shelves_free(&r.shelves);
	free(r.videos);
	return rc;
}

static int
run(struct pg *pg, int64_t limit_ms, int64_t *n, int64_t *left)
{
	int64_t until_ms = mono_ms() + limit_ms;
	struct pg_rows r;
	int rc;

	*n = 0;
	*left = 1;
	rc = collect(pg != NULL ? pg : pg_shared());
	while (rc == 0 && *left > 0 && mono_ms() < until_ms) {
		if ((rc = run_round(pg, limit_ms, n)) == 0 &&
		    (rc = pg_query(pg != NULL ? pg : pg_shared(), &r, &count_queued)) == 0)
			*left = pg_integer(&r, 0, 0);
	}
	return rc;
}

int
affinity_run_in(struct pg *pg, int64_t limit_ms, int64_t *n, int64_t *left)
{
	return run(pg, limit_ms, n, left);
}

int
affinity_run(int64_t limit_ms, int64_t *n, int64_t *left)
{
	return run(NULL, limit_ms, n, left);
}
