/* interaction_fold.c -- see interaction_fold.h. Yields: all but interaction_fold_soon. */
#include "interaction_fold.h"

#include <math.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "base/json.h"
#include "base/log.h"
#include "link/pg.h"
#include "run/co.h"
#include "trend.h"

/* The caller's arena holds the rows of up to FOLDS_MAX folds, about 300 bytes each. */
enum { ROWS_MAX = 8000, FOLDS_MAX = 4, LIMIT_MS = 30000 };

/* $1 user (NULL: all), $2 about how many interactions. `wait`: for batches that another process folds, or past them. */
#define TAKE(wait) PG_STMT("delete", "interaction_batches", \
    "WITH taken AS (" \
    "  DELETE FROM interaction_batches WHERE id IN (" \
    "    SELECT id FROM interaction_batches WHERE id IN (" \
    "      SELECT id FROM (SELECT id, sum(n) OVER (ORDER BY id) - n AS before FROM interaction_batches" \
    "        WHERE $1::text IS NULL OR $1 = ANY (users)) b WHERE before < $2)" \
    "    ORDER BY id FOR UPDATE " wait ") RETURNING tx, after_id)" \
    " SELECT i.user_id, interaction_weight(i.type), interaction_target(i.type, i.watch_ms)," \
    "   interaction_strength(i.type, i.watch_ms), array_to_string(v.keywords, E'\\n')" \
    " FROM taken t JOIN user_video_interactions i ON i.tx = t.tx AND i.id > t.after_id JOIN videos v USING (video_id)" \
    " ORDER BY i.id")
static struct pg_stmt take_free = TAKE("SKIP LOCKED");
static struct pg_stmt take_all = TAKE("");
enum { USER, WEIGHT, TARGET, STRENGTH, KEYWORDS };

static struct pg_stmt find_waiting = PG_STMT("select", "interaction_batches",
    "SELECT FROM interaction_batches WHERE $1 = ANY (users) LIMIT 1");

/* $1 users, $2 keywords, $3 weights, $4 parts: a score s becomes s * 0.9^weight + part. */
static struct pg_stmt move_preferences = PG_STMT("insert", "user_keyword_preferences",
    "INSERT INTO user_keyword_preferences AS p (user_id, keyword, interaction_score, events)"
    " SELECT u, k, least(1, greatest(0, 0.5 * power(0.9::float8, w) + part)), w"
    " FROM unnest($1::text[], $2::text[], $3::float8[], $4::float8[]) AS t (u, k, w, part)"
    " ON CONFLICT (user_id, keyword) DO UPDATE SET"
    "   interaction_score = least(1, greatest(0, excluded.interaction_score"
    "     + (p.interaction_score - 0.5) * power(0.9::float8, excluded.events))),"
    "   events = p.events + excluded.events, updated_at = now()");

/* The interactions of one user with one keyword, one after the other. */
struct move {
	struct hashtab_node	 node;
	const char		*user, *keyword;
	double			 weight, part;
};

struct fold {
	struct arena		*mem;
	struct hashtab		 moves, counts;
};

/* How much a keyword, of all users, counts as a trend. */
struct count {
	struct hashtab_node	 node;
	const char		*keyword;
	double			 strength;
};

static struct move *
move_of(struct fold *f, const char *user, const char *keyword)
{
	uint64_t hash = hash_bytes(user, strlen(user)) * 31 + hash_bytes(keyword, strlen(keyword));
	struct hashtab_node *node = NULL;
	struct move *m;

	while ((node = hashtab_find(&f->moves, hash, node)) != NULL) {
		m = HOLDER(node, struct move, node);
		if (strcmp(m->keyword, keyword) == 0 && strcmp(m->user, user) == 0)
			return m;
	}
	m = arena_zalloc(f->mem, sizeof(*m));
	m->user = user;
	m->keyword = keyword;
	hashtab_add(&f->moves, &m->node, hash);
	return m;
}

static void
count_keyword(struct fold *f, const char *keyword, double strength)
{
	uint64_t hash = hash_bytes(keyword, strlen(keyword));
	struct hashtab_node *node = NULL;
	struct count *c = NULL;

	while (c == NULL && (node = hashtab_find(&f->counts, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct count, node)->keyword, keyword) == 0)
			c = HOLDER(node, struct count, node);
	if (c == NULL) {
		c = arena_zalloc(f->mem, sizeof(*c));
		c->keyword = keyword;
		hashtab_add(&f->counts, &c->node, hash);
	}
	c->strength += strength;
}

static void
fold_row(struct fold *f, const struct pg_rows *r, int i)
{
	const char *user = pg_string(r, i, USER);
	double weight = pg_number(r, i, WEIGHT), left = pow(0.9, weight);
	double part = pg_number(r, i, TARGET) * (1 - left), strength = pg_number(r, i, STRENGTH);
	char *keyword, *rest = arena_strdup(f->mem, pg_string(r, i, KEYWORDS));

	while ((keyword = strsep(&rest, "\n")) != NULL) {
		struct move *m;

		if (*keyword == '\0')
			continue;
		m = move_of(f, user, keyword);
		m->weight += weight;
		m->part = m->part * left + part;
		if (strength > 0)
			count_keyword(f, keyword, strength);
	}
}

static int
by_key(const void *a, const void *b)
{
	const struct move *x = *(struct move *const *)a, *y = *(struct move *const *)b;
	int order = strcmp(x->user, y->user);

	return order != 0 ? order : strcmp(x->keyword, y->keyword);
}

static const char *
text_of(struct arena *mem, double v)
{
	char *text = arena_alloc(mem, NUM_TEXT_BYTES);

	num_text(text, v);
	return text;
}

/* Lock order: by user and keyword. Prevents deadlock between folds. */
static int
write_moves(struct fold *f, struct pg *pg)
{
	enum { USERS, WORDS, WEIGHTS, PARTS, COLUMNS };
	struct move **sorted = arena_alloc(f->mem, (f->moves.n + 1) * sizeof(struct move *));
	const char **cells[COLUMNS], *texts[COLUMNS];
	struct hashtab_node *node = NULL;
	size_t n = 0, slot, i;

	while ((node = hashtab_each(&f->moves, &slot, node)) != NULL)
		sorted[n++] = HOLDER(node, struct move, node);
	qsort(sorted, n, sizeof(struct move *), by_key);
	for (i = 0; i < COLUMNS; i++)
		cells[i] = arena_alloc(f->mem, (n + 1) * sizeof(**cells));
	for (i = 0; i < n; i++) {
		cells[USERS][i] = sorted[i]->user;
		cells[WORDS][i] = sorted[i]->keyword;
		cells[WEIGHTS][i] = text_of(f->mem, sorted[i]->weight);
		cells[PARTS][i] = text_of(f->mem, sorted[i]->part);
	}
	for (i = 0; i < COLUMNS; i++)
		texts[i] = pg_texts(f->mem, cells[i], n);
	return n == 0 ? 0 : pg_query(pg, NULL, &move_preferences, pg_text(texts[USERS]), pg_text(texts[WORDS]),
	    pg_text(texts[WEIGHTS]), pg_text(texts[PARTS]));
}

static void
send_counts(const struct fold *f)
{
	struct trend_counts counts = { 0 };
	struct hashtab_node *node = NULL;
	size_t slot;

	while ((node = hashtab_each(&f->counts, &slot, node)) != NULL)
		trend_count(&counts, HOLDER(node, struct count, node)->keyword,
		    HOLDER(node, struct count, node)->strength);
	trend_counts_send(&counts);
}

/* The trends' counts go to Redis after the commit. *n: interactions. */
static int
fold_batches(struct pg_stmt *take, const char *user, int64_t *n)
{
	struct fold f = { .mem = co_arena() };
	struct pg_rows r = { .n = 0 };
	struct pg *pg;
	int i, rc;

	*n = 0;
	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = pg_query(pg, &r, take, pg_text(user), pg_int(ROWS_MAX));
	for (i = 0; rc == 0 && i < r.n; i++)
		fold_row(&f, &r, i);
	if (rc == 0)
		rc = write_moves(&f, pg);
	rc = pg_end(&pg, rc);
	if (rc == 0) {
		send_counts(&f);
		*n = r.n;
	}
	hashtab_fini(&f.moves);
	hashtab_fini(&f.counts);
	return rc;
}

int
interaction_fold_user(const char *user)
{
	int rc = 0;

	while (rc == 0) {
		struct pg_rows r;
		int64_t n;

		if ((rc = pg_query(pg_shared(), &r, &find_waiting, pg_text(user))) == 0 && r.n == 0)
			break;
		if (rc == 0)
			rc = fold_batches(&take_all, user, &n);
	}
	return rc;
}

int
interaction_fold_all(int64_t *n)
{
	int64_t folded;
	int i, rc = 0;

	*n = 0;
	for (i = 0; i < FOLDS_MAX; i++) {
		if ((rc = fold_batches(&take_free, NULL, &folded)) < 0 || folded == 0)
			break;
		*n += folded;
	}
	return rc;
}

static bool waiting;

/* Batches that are stored during the fold begin a new wait; more may be left. What fails is left to the next fold, or
 * to cron. */
static void
fold_later(void *arg)
{
	int64_t n;
	int rc = co_sleep(conf.interaction_fold_ms);

	(void)arg;
	waiting = false;
	if (rc < 0)
		return;
	if ((rc = interaction_fold_all(&n)) == 0 && n > 0)
		interaction_fold_soon();
	if (rc < 0)
		log_warn("interactions could not be folded", JS("why", err_row(rc)->code));
}

void
interaction_fold_soon(void)
{
	if (waiting)
		return;
	waiting = true;
	co_spawn(fold_later, NULL, conf.interaction_fold_ms + LIMIT_MS);
}
