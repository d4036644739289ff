/* product_cache.c -- products as hashes in Redis. See product_cache.h. Yields: only its own coroutine.
 *
 * Reads note products in a small table, and a coroutine looks after what was noted: it asks Redis which hashes are
 * missing or old, and reads only those from the database. A product is not noted again for a few seconds, so a product
 * that is read all the time costs one PTTL now and then.
 *
 * A change increments SEARCH_GENERATION before it deletes the hash, and a hash is written only under the generation
 * that was seen before the row was read: an old row never outlives the change.
 */
#include "product_cache.h"

#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"
#include "search_cache.h"

enum { NOTED = 1024, NOTE_MS = 5000, PENDING_BYTES = 65536, BATCH_MAX = 256, FILL_LIMIT_MS = 10000 };

static struct { uint64_t hash; int64_t until_ms; } noted[NOTED];
static struct buf pending;		/* ids, each with its NUL */
static bool filling;

static struct pg_stmt find_rows = PG_STMT("select", "products",
    "SELECT id, name, coalesce(price::text, ''), trim_scale(coalesce(rating, 0))::text, review_count,"
    "   coalesce(image_url, '')"
    " FROM products WHERE id = ANY ($1::text[]) AND deleted_at IS NULL");
enum { ID, NAME, PRICE, RATING, REVIEW_COUNT, IMAGE_URL };

/* KEYS: hash, generation. ARGV: the generation seen, s to live, then fields and values; an empty value is left out. */
static struct redis_script put_hash = { .text =
	"if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return end\n"
	"redis.call('DEL', KEYS[1])\n"
	"for i = 3, #ARGV, 2 do\n"
	"	if ARGV[i + 1] ~= '' then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end\n"
	"end\n"
	"redis.call('EXPIRE', KEYS[1], ARGV[2])\n"
};

/* At most BATCH_MAX of the pending ids, in `mem`. */
static size_t
take_pending(struct arena *mem, const char **ids)
{
	const char *copy = arena_copy(mem, pending.p, pending.n), *p = copy, *end = copy + pending.n;
	size_t n = 0;

	for (; p < end && n < BATCH_MAX; p += strlen(p) + 1)
		ids[n++] = p;
	buf_reset(&pending);
	buf_add(&pending, p, (size_t)(end - p));
	return n;
}

/* Reduces the ids to those without a hash that lasts for half its time at least. *generation: the one seen. */
static int
keep_missing(const char **ids, size_t *n, const char **generation)
{
	struct redis_reply *r = arena_zalloc(co_arena(), (*n + 1) * sizeof(*r));
	struct redis_batch *b = redis_batch();
	size_t i, kept = 0;
	int rc;

	redis_add(b, "GET " SEARCH_GENERATION);
	for (i = 0; i < *n; i++)
		redis_add(b, "PTTL product_cache:%s", ids[i]);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	*generation = r[0].type == REDIS_STR ? r[0].s.p : "";
	for (i = 0; i < *n; i++)
		if (r[i + 1].type == REDIS_INT && r[i + 1].i < conf.product_cache_ttl * 500)
			ids[kept++] = ids[i];
	*n = kept;
	return 0;
}

static int
fill_batch(void)
{
	const char **ids = arena_alloc(co_arena(), BATCH_MAX * sizeof(*ids)), *generation;
	size_t n = take_pending(co_arena(), ids);
	struct pg_rows r;
	int i, rc;

	if ((rc = keep_missing(ids, &n, &generation)) < 0 || n == 0)
		return rc;
	if ((rc = pg_query(pg_shared(), &r, &find_rows, pg_text(pg_texts(co_arena(), ids, n)))) < 0)
		return rc;
	for (i = 0; i < r.n; i++)
		redis_send_eval(&put_hash, "2 product_cache:%s " SEARCH_GENERATION " %s %lld name %s price %s rating %s"
		    " review_count %s image_url %s", pg_string(&r, i, ID), generation,
		    (long long)conf.product_cache_ttl, pg_string(&r, i, NAME), pg_string(&r, i, PRICE),
		    pg_string(&r, i, RATING), pg_string(&r, i, REVIEW_COUNT), pg_string(&r, i, IMAGE_URL));
	return 0;
}

static void
fill_pending(void *arg)
{
	struct arena_mark mark = arena_mark(co_arena());
	int rc = 0;

	(void)arg;
	while (rc == 0 && pending.n > 0) {
		rc = fill_batch();
		arena_release(co_arena(), mark);
	}
	buf_reset(&pending);
	filling = false;
}

void
product_cache_read(const char *id)
{
	size_t n = strlen(id) + 1;
	uint64_t hash = hash_keyed(id, n - 1);
	size_t slot = hash % NOTED;

	if ((noted[slot].hash == hash && loop_now_ms() < noted[slot].until_ms) || !redis_up() ||
	    pending.n + n > PENDING_BYTES)
		return;
	noted[slot].hash = hash;
	noted[slot].until_ms = loop_now_ms() + NOTE_MS;
	buf_add(&pending, id, n);
	if (filling)
		return;
	filling = true;
	co_spawn(fill_pending, NULL, FILL_LIMIT_MS);
}

void
product_cache_read_all(struct arena *mem, struct str products)
{
	const struct json *list, *p;

	if (!redis_up() || json_parse(mem, products.p, products.n, &list) < 0)
		return;
	for (p = json_first(list); p != NULL; p = json_next(p))
		if (json_str(json_get(p, "productId")) != NULL)
			product_cache_read(json_str(json_get(p, "productId")));
}

/* The next read in this process fills it again. */
static void
forget_note(const char *id)
{
	uint64_t hash = hash_keyed(id, strlen(id));

	if (noted[hash % NOTED].hash == hash)
		noted[hash % NOTED].until_ms = 0;
}

void
product_cache_effects(struct effects *effects, const char *product)
{
	pg_wrote(product);
	pg_wrote(SEARCH_GENERATION);
	forget_note(product);
	effects_command(effects, "INCR", SEARCH_GENERATION, NULL);
	effects_command(effects, "DEL", arena_printf(effects_arena(effects), "product_cache:%s", product), NULL);
}

void
product_cache_changed(const char *product)
{
	pg_wrote(product);
	pg_wrote(SEARCH_GENERATION);
	forget_note(product);
	redis_send("INCR " SEARCH_GENERATION);
	redis_send("DEL product_cache:%s", product);
}
