/* search_cache.c -- see search_cache.h. */
#include "search_cache.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/metric.h"
#include "link/near.h"
#include "link/pg.h"
#include "link/redis.h"
#include "product_cache.h"
#include "search.h"
#include "search_words.h"

enum { HIT, MISS, LOCAL };	/* cells of M_SEARCHES */

/* p NULL: nothing cached, or no Redis. */
static struct str
read_near(const char *key, bool *held)
{
	struct str value = { NULL, 0 };

	if (!(*held = near_get(key, &value)) && near_read(key, &value) < 0)
		value.p = NULL;
	return value;
}

/* When a new generation is seen here, the replica may not have the change behind it yet: the replica is avoided for a
 * while, so that no stale answer is cached under the new generation. */
static void
note_generation(struct str generation)
{
	static uint64_t seen;
	uint64_t now = generation.p != NULL ? hash_bytes(generation.p, generation.n) : 0;

	if (now != seen)
		pg_wrote(SEARCH_GENERATION);
	seen = now;
}

static const char *
cache_key(struct arena *mem, const struct search_ask *a, const char *query)
{
	char hash[DIGEST_TEXT_BYTES];
	struct str generation;
	const char *text;
	bool held;

	generation = read_near(SEARCH_GENERATION, &held);
	note_generation(generation);
	text = arena_printf(mem, "%s\n%s\n%lld\n%s", generation.p != NULL ? arena_copy(mem, generation.p, generation.n)
	    : "0", query, (long long)a->limit, a->cursor != NULL ? a->cursor : "");
	return arena_printf(mem, "search_cache:%s", digest_text(hash, STR("search"), "search_cache", text,
	    strlen(text)));
}

/* Counts a query as popular and recent: a first page that found something. */
static void
record_query(const struct search_ask *a, const char *query, bool found)
{
	if (a->cursor != NULL || *query == '\0')
		return;
	if (found)
		redis_send("ZINCRBY popular_searches 1 %s", query);
	if (a->user == NULL)
		return;
	redis_send("LREM user_recent_searches:%s 0 %s", a->user, query);
	redis_send("LPUSH user_recent_searches:%s %s", a->user, query);
	redis_send("LTRIM user_recent_searches:%s 0 %lld", a->user, (long long)conf.search_recent_max - 1);
	redis_send("EXPIRE user_recent_searches:%s %lld", a->user, (long long)conf.search_recent_ttl);
}

/* Whether anything was found: the answer ends with its count. */
static bool
found_any(struct str body)
{
	static const char none[] = "\"totalCount\":0}";
	size_t n = sizeof(none) - 1;

	return body.n < n || memcmp(body.p + body.n - n, none, n) != 0;
}

int
search_answer(struct arena *mem, const struct search_ask *a, struct str *body)
{
	const char *query = search_normal(mem, a->query), *key = cache_key(mem, a, query), *next = NULL;
	struct str products;
	int64_t total;
	bool held;
	int rc;

	*body = read_near(key, &held);
	if (body->p != NULL) {
		body->p = arena_copy(mem, body->p, body->n);
		metric_add(M_SEARCHES, held ? LOCAL : HIT, 1);
	} else {
		if ((rc = search_products(mem, query, a->limit, false, a->cursor, &products, &total, &next)) < 0)
			return rc;
		*body = json_obj(mem, JB("success", true), JR("data", products), JS("nextCursor", next),
		    JI("totalCount", total));
		redis_send("SET %s %b EX %lld", key, body->p, body->n, (long long)conf.search_cache_ttl);
		product_cache_read_all(mem, products);
		metric_add(M_SEARCHES, MISS, 1);
	}
	record_query(a, search_spelling(mem, a->query), found_any(*body));
	return 0;
}

int
search_popular(struct arena *mem, int64_t limit, struct str *list)
{
	struct buf b = { 0 };
	struct redis_reply r;
	size_t i;
	int rc;

	if ((rc = redis_cmd(&r, "ZREVRANGE popular_searches 0 %lld WITHSCORES", (long long)limit - 1)) < 0)
		return rc;
	buf_byte(&b, '[');
	for (i = 0; i + 1 < r.n; i += 2) {
		double count = strtod(r.v[i + 1].s.p, NULL);

		if (i > 0)
			buf_byte(&b, ',');
		json_put_obj(&b, (struct json_field[]){ JN("query", r.v[i].s), JI("count", (int64_t)(count + 0.5)) },
		    2);
	}
	buf_byte(&b, ']');
	*list = buf_to_arena(mem, &b);
	return 0;
}

int
search_recent(struct arena *mem, const char *user, struct str *list)
{
	struct buf b = { 0 };
	struct redis_reply r;
	size_t i;
	int rc;

	if ((rc = redis_cmd(&r, "LRANGE user_recent_searches:%s 0 -1", user)) < 0)
		return rc;
	buf_byte(&b, '[');
	for (i = 0; i < r.n; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		json_put_obj(&b, (struct json_field[]){ JN("query", r.v[i].s) }, 1);
	}
	buf_byte(&b, ']');
	*list = buf_to_arena(mem, &b);
	return 0;
}

int
search_recent_forget(const char *user, const char *query, int64_t *n)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[2];
	int rc;

	if (query != NULL) {
		rc = redis_cmd(r, "LREM user_recent_searches:%s 0 %s", user, query);
		*n = rc == 0 ? r[0].i : 0;
		return rc;
	}
	redis_add(b, "LLEN user_recent_searches:%s", user);
	redis_add(b, "DEL user_recent_searches:%s", user);
	rc = redis_run(b, r);
	*n = rc == 0 ? r[0].i : 0;
	return rc;
}

int
search_age_popular(int64_t *n)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[3];
	int rc;

	redis_add(b, "ZUNIONSTORE popular_searches 1 popular_searches WEIGHTS 0.5");
	redis_add(b, "ZREMRANGEBYSCORE popular_searches -inf (0.5");
	redis_add(b, "ZREMRANGEBYRANK popular_searches 0 %lld", -conf.search_popular_max - 1);
	if ((rc = redis_run(b, r)) == 0)
		*n = r[1].i + r[2].i;
	return rc;
}
