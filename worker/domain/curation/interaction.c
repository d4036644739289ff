/* interaction.c -- see interaction.h. Yields: interaction_add, the writers. */
#include "interaction.h"

#include "base/err.h"
#include "base/user_id.h"
#include "interaction_fold.h"
#include "link/pg.h"
#include "recommend_count.h"
#include "recommendation.h"
#include "run/co.h"
#include "worker/domain/core/group_commit.h"

enum { BATCH_MAX = 64, WRITERS = 1, ENTRY_BYTES = 4096, TRIES = 5 };

/* $1 number of the entry, $2 user, $3 video, $4 type, $5 watch_ms, $6 recommendation, $7 at, of each interaction; $8
 * all users. Rows: what, key, number. `floor` is read before the first id is drawn. */
static struct pg_stmt add_interactions = PG_STMT("insert", "user_video_interactions",
    "WITH asked AS MATERIALIZED ("
    "  SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::uuid[], $7::timestamptz[])"
    "    AS t (entry, user_id, video_id, type, watch_ms, recommendation_id, at)),"
    " unknown AS MATERIALIZED ("
    "  SELECT DISTINCT entry FROM asked WHERE video_id NOT IN ("
    "    SELECT video_id FROM videos WHERE video_id = ANY ($3::text[]))),"
    " floor AS MATERIALIZED (SELECT last_value - (NOT is_called)::int AS id FROM user_video_interactions_seq),"
    " kept AS ("
    "  INSERT INTO user_video_interactions (user_id, video_id, type, watch_ms, recommendation_id, at)"
    "  SELECT user_id, video_id, type, watch_ms, recommendation_id, least(coalesce(at, now()), now())"
    "  FROM floor CROSS JOIN asked WHERE entry NOT IN (SELECT entry FROM unknown)),"
    " batch AS ("
    "  INSERT INTO interaction_batches (after_id, n, users) SELECT id, cardinality($1::int[]), $8::text[] FROM floor),"
    " clicked AS ("
    "  UPDATE recommendation_lists l SET clicked_at = now()"
    "  FROM (SELECT DISTINCT recommendation_id, user_id FROM asked"
    "    WHERE recommendation_id IS NOT NULL AND type NOT IN ('skip', 'hide')"
    "      AND entry NOT IN (SELECT entry FROM unknown)) f"
    "  WHERE l.id = f.recommendation_id AND l.user_id = f.user_id AND l.clicked_at IS NULL"
    "  RETURNING l.type)"
    " SELECT 'unknown', NULL, entry FROM unknown"
    " UNION ALL SELECT 'clicked', type, count(*) FROM clicked GROUP BY type");
enum { WHAT, KEY, NUMBER };

/* The interactions of one user. */
struct batch {
	struct group_entry	 entry;
	const char		*user;
	struct interaction	*v;
	size_t			 n;
};

/* The arguments, each a text[] of all interactions. */
enum column { ENTRY, USER, VIDEO, TYPE, WATCH, LIST, AT, COLUMNS };

static const char *
number_text(struct arena *mem, int64_t v)
{
	return arena_printf(mem, "%lld", (long long)v);
}

static void
fill_columns(struct arena *mem, const char **cells[COLUMNS], struct group_entry *const *batch, size_t n)
{
	size_t i, k, row = 0;

	for (i = 0; i < n; i++) {
		const struct batch *b = (const struct batch *)batch[i];
		const char *entry = number_text(mem, (int64_t)i);

		for (k = 0; k < b->n; k++, row++) {
			const struct interaction *v = &b->v[k];

			cells[ENTRY][row] = entry;
			cells[USER][row] = b->user;
			cells[VIDEO][row] = v->video;
			cells[TYPE][row] = v->type;
			cells[WATCH][row] = v->watch_ms >= 0 ? number_text(mem, v->watch_ms) : NULL;
			cells[LIST][row] = v->recommendation;
			cells[AT][row] = v->at;
		}
	}
}

static int
insert_rows(struct group_entry *const *batch, size_t n, struct pg_rows *r)
{
	struct arena *mem = co_arena();
	const char **cells[COLUMNS], *texts[COLUMNS], **users = arena_alloc(mem, n * sizeof(*users));
	size_t rows = 0, i;
	int tries, rc = E_BUSY;

	for (i = 0; i < n; i++) {
		users[i] = ((const struct batch *)batch[i])->user;
		rows += ((const struct batch *)batch[i])->n;
	}
	for (i = 0; i < COLUMNS; i++)
		cells[i] = arena_alloc(mem, rows * sizeof(**cells));
	fill_columns(mem, cells, batch, n);
	for (i = 0; i < COLUMNS; i++)
		texts[i] = pg_texts(mem, cells[i], rows);
	for (tries = 0; rc == E_BUSY && tries < TRIES; tries++)		/* a deadlock with another batch */
		rc = pg_query(pg_shared(), r, &add_interactions, pg_text(texts[ENTRY]), pg_text(texts[USER]),
		    pg_text(texts[VIDEO]), pg_text(texts[TYPE]), pg_text(texts[WATCH]), pg_text(texts[LIST]),
		    pg_text(texts[AT]), pg_text(pg_texts(mem, users, n)));
	return rc;
}

static struct group_commit interactions;

/* The consequences outside the database; then the callers are answered. */
static void
settle_batch(struct group_entry *const *batch, size_t n, const struct pg_rows *r)
{
	bool *refused = arena_zalloc(co_arena(), n * sizeof(*refused));
	size_t i;
	int k;

	for (k = 0; k < r->n; k++) {
		const char *what = pg_string(r, k, WHAT);

		if (strcmp(what, "unknown") == 0)
			refused[pg_integer(r, k, NUMBER)] = true;
		else
			recommend_count_clicked(pg_string(r, k, KEY), pg_integer(r, k, NUMBER));
	}
	interaction_fold_soon();
	for (i = 0; i < n; i++) {
		if (!refused[i])
			recommendation_drop(((const struct batch *)batch[i])->user);
		group_settle(&interactions, batch[i], refused[i] ? E_VIDEO_NOT_FOUND : 0);
	}
}

/* If a batch fails because of one entry, the others are stored one by one. */
static int
write_batch(struct group_entry *const *batch, size_t n)
{
	struct pg_rows r;
	size_t i;
	int rc = insert_rows(batch, n, &r);

	if (rc == 0) {
		settle_batch(batch, n, &r);
	} else if (rc == E_VALIDATION && n > 1) {
		for (i = 0; i < n; i++)
			if ((rc = insert_rows(&batch[i], 1, &r)) == 0)
				settle_batch(&batch[i], 1, &r);
			else
				group_settle(&interactions, batch[i], rc);
	} else {
		for (i = 0; i < n; i++)
			group_settle(&interactions, batch[i], rc);
	}
	return GROUP_SETTLED;
}
static struct group_commit interactions = { .write = write_batch, .batch_max = BATCH_MAX, .writers_max = WRITERS };

static const char *
copy_text(struct arena *mem, const char *s)
{
	return s == NULL ? NULL : arena_strdup(mem, s);
}

static void
copy_interactions(struct batch *b, const struct interaction *v, size_t n)
{
	struct arena *mem = &b->entry.mem;
	size_t i;

	b->v = arena_alloc(mem, n * sizeof(*b->v));
	for (i = 0; i < n; i++)
		b->v[i] = (struct interaction){ copy_text(mem, v[i].video), copy_text(mem, v[i].type),
		    copy_text(mem, v[i].recommendation), copy_text(mem, v[i].at), v[i].watch_ms };
	b->n = n;
}

int
interaction_add(const char *user, const struct interaction *v, size_t n)
{
	struct batch *b;
	int rc;

	if (user == NULL || !user_id_valid(user))
		return E_FORBIDDEN;
	b = group_entry_new(sizeof(*b), ENTRY_BYTES);
	b->user = arena_strdup(&b->entry.mem, user);
	copy_interactions(b, v, n);
	if ((rc = group_commit_wait(&interactions, &b->entry)) < 0)
		return rc;
	rc = b->entry.rc;
	group_entry_free(&b->entry);
	return rc;
}
