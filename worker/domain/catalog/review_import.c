/* review_import.c -- bulk import of reviews. See review.h. Yields: its part of import.h. */
#include <stdio.h>

#include "base/err.h"
#include "import.h"
#include "link/redis.h"
#include "product_cache.h"
#include "review.h"
#include "run/co.h"

enum { TEXT_MAX = 10000 };		/* characters of one review */

struct review_import {
	struct import	 import;
	const char	*product_id;		/* NULL: each item has its own */
	struct buf	 products;		/* ids whose caches are stale, NUL-separated */
	int64_t		 accepted, duplicates;
};

struct review_in {
	const char	*id, *text, *author, *date, *product_id;
	double		 rating;
};
static const struct param review_params[] = {
	P_ID(FROM_JSON, struct review_in, id, "id", OPTIONAL),
	P_STR(FROM_JSON, struct review_in, text, "text", REQUIRED, 1, TEXT_MAX),
	P_NUM(FROM_JSON, struct review_in, rating, "rating", OPTIONAL, 0, 100),
	P_STR(FROM_JSON, struct review_in, author, "author", OPTIONAL, 1, 255),
	P_TIME(FROM_JSON, struct review_in, date, "date", OPTIONAL),
	P_ID(FROM_JSON, struct review_in, product_id, "productId", OPTIONAL),
	PARAM_END
};

/* In key order, so that concurrent imports of the same reviews cannot deadlock. */
static struct pg_stmt add_reviews = PG_STMT("insert", "raw_reviews",
    "WITH item AS ("
    "  SELECT e ->> 'p' AS p, coalesce(e ->> 'k', md5(e -> 'd' ->> 'text')) AS k, e -> 'd' AS d, n"
    "  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS t (e, n)),"
    " one AS (SELECT DISTINCT ON (p, k) p, k, d, n FROM item ORDER BY p, k, n),"
    " fresh AS ("
    "  INSERT INTO raw_review_keys (product_id, review_key)"
    "  SELECT p, k FROM one"
    "  ON CONFLICT DO NOTHING RETURNING product_id, review_key),"
    " stored AS ("
    "  INSERT INTO raw_reviews (product_id, review_key, doc)"
    "  SELECT p, k, d"
    "  FROM one JOIN fresh ON (product_id, review_key) = (p, k)"
    "  ORDER BY n RETURNING product_id),"
    " counted AS ("
    "  INSERT INTO products AS was (id, name, review_count, reviews_at)"
    "  SELECT product_id, product_id, count(*), now() FROM stored"
    "  GROUP BY product_id ORDER BY product_id"
    "  ON CONFLICT (id) DO UPDATE SET"
    "    review_count = was.review_count + excluded.review_count, reviews_at = now(), updated_at = now())"
    " SELECT count(*) FROM stored");

/* Invalidates the cached answers about these products. */
static void
drop_caches(struct review_import *im)
{
	const char *id, *end = im->products.p + im->products.n;

	for (id = im->products.p; id != NULL && id < end; id += strlen(id) + 1) {
		pg_wrote(id);
		redis_send("DEL analysis:result:%s analysis_cache:%s", id, id);
		product_cache_changed(id);
	}
	buf_reset(&im->products);
}

static int
write_rows(struct import *rows)
{
	struct review_import *im = (struct review_import *)rows;
	struct pg_rows r;
	int64_t stored;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &add_reviews, pg_text(rows->rows.p))) < 0)
		return rc;
	stored = pg_integer(&r, 0, 0);
	im->accepted += stored;
	im->duplicates += rows->pending - stored;
	drop_caches(im);
	return 0;
}

/* Adds a product once per run of items that name it. */
static void
add_product(struct review_import *im, const char *id)
{
	size_t n = strlen(id) + 1;

	if (im->products.n >= n && memcmp(im->products.p + im->products.n - n, id, n) == 0 &&
	    (im->products.n == n || im->products.p[im->products.n - n - 1] == '\0'))
		return;
	buf_add(&im->products, id, n);
}

static void
add_row(struct review_import *im, const struct review_in *in, bool rated)
{
	struct json_field doc[] = {
		JS("text", in->text), JIF(rated, JD("rating", in->rating)),
		JIF(in->author != NULL, JS("author", in->author)), JIF(in->date != NULL, JS("date", in->date)),
		JIF(in->id != NULL, JS("id", in->id)),
	};
	struct json_field row[] = {
		JS("p", in->product_id), JS("k", in->id), JR("d", json_obj_n(&im->import.item, doc, NELEM(doc))),
	};

	import_row(&im->import, row, NELEM(row));
	add_product(im, in->product_id);
}

static int
add_item(struct import *rows, int64_t line, const char *p, size_t n)
{
	struct review_import *im = (struct review_import *)rows;
	const struct json *body;
	struct review_in in = { 0 };

	if (!import_bind(rows, review_params, line, p, n, &in, &body))
		return 0;
	if (im->product_id != NULL)
		in.product_id = im->product_id;
	if (in.product_id == NULL)
		import_reject(rows, line, "productId: 필수 항목입니다", "productId: is required");
	else
		add_row(im, &in, json_get(body, "rating") != NULL && json_type(json_get(body, "rating")) != JSON_NULL);
	return 0;
}

static size_t
count_reviews(const struct import *rows, struct json_field *f)
{
	const struct review_import *im = (const struct review_import *)rows;

	f[0] = JI("accepted", im->accepted);
	f[1] = JI("duplicates", im->duplicates);
	return 2;
}

static void
free_products(void *p)
{
	buf_fini(p);
}

struct import *
review_import(const char *product_id)
{
	static const struct import_kind kind = { .rows_max = 1000, .take = add_item, .write = write_rows,
	    .count = count_reviews };
	struct review_import *im = arena_zalloc(co_arena(), sizeof(*im));

	import_init(&im->import, &kind);
	im->product_id = product_id;
	co_defer(free_products, &im->products);
	return &im->import;
}

int64_t
review_import_accepted(const struct import *im)
{
	return ((const struct review_import *)im)->accepted;
}
