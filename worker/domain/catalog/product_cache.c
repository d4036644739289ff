/* product_cache.c -- products as hashes in Redis. See product_cache.h. */
#include "product_cache.h"

#include "base/conf.h"
#include "link/pg.h"
#include "link/redis.h"
#include "search_cache.h"

/* Member of the JSON, field of the hash. */
static const char *const fields[][2] = {
	{ "name", "name" }, { "price", "price" }, { "rating", "rating" }, { "reviewCount", "review_count" },
	    { "imageUrl", "image_url" },
};

static void
put_product(struct arena *mem, const char *id, const struct json *p)
{
	size_t i;

	redis_send("DEL product_cache:%s", id);
	for (i = 0; i < NELEM(fields); i++) {
		const struct json *v = json_get(p, fields[i][0]);

		if (v != NULL && json_type(v) != JSON_NULL)
			redis_send("HSET product_cache:%s %s %s", id, fields[i][1],
			    json_type(v) == JSON_STRING ? json_str(v) : json_text(mem, v).p);
	}
	redis_send("EXPIRE product_cache:%s %lld", id, (long long)conf.product_cache_ttl);
}

void
product_cache_fill(struct arena *mem, struct str products)
{
	const struct json *list, *p;

	if (!redis_up() || json_parse(mem, products.p, products.n, &list) < 0)
		return;
	for (p = json_first(list); p != NULL; p = json_next(p))
		if (json_str(json_get(p, "productId")) != NULL)
			put_product(mem, json_str(json_get(p, "productId")), p);
}

void
product_cache_effects(struct effects *effects, const char *product)
{
	pg_wrote(product);
	pg_wrote(SEARCH_GENERATION);
	effects_command(effects, "DEL", arena_printf(effects_arena(effects), "product_cache:%s", product), NULL);
	effects_command(effects, "INCR", SEARCH_GENERATION, NULL);
}

void
product_cache_changed(const char *product)
{
	pg_wrote(product);
	pg_wrote(SEARCH_GENERATION);
	redis_send("DEL product_cache:%s", product);
	redis_send("INCR " SEARCH_GENERATION);
}
