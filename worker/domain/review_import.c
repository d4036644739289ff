/* review_import.c -- reviews come in: checked one by one, written in batches, counted. See review.h. */
#include <stdio.h>

#include "base/err.h"
#include "base/param.h"
#include "link/redis.h"
#include "review.h"
#include "run/co.h"
#include "search_cache.h"

enum {
	BATCH_ROWS	= 1000,
	BATCH_BYTES	= 512 * 1024,
	REJECTS_LISTED	= 100,
	TEXT_MAX	= 10000,	/* characters of one review */
	TRIES		= 5,		/* of a batch that met another import of the same reviews */
};

struct review_import {
	const char	*product_id;		/* NULL: each item names its own */
	struct arena	 item;			/* of one item, reset after it */
	struct buf	 rows;			/* the batch: a JSON array being written */
	struct buf	 rejects;		/* likewise */
	struct buf	 products;		/* ids whose caches are stale, NUL-separated */
	int64_t		 pending, accepted, duplicates, rejected;
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

static void
free_import(void *p)
{
	struct review_import *im = p;

	arena_fini(&im->item);
	buf_fini(&im->rows);
	buf_fini(&im->rejects);
	buf_fini(&im->products);
}

struct review_import *
review_import(const char *product_id)
{
	struct review_import *im = arena_zalloc(co_arena(), sizeof(*im));

	im->product_id = product_id;
	arena_init(&im->item, 8192);
	co_defer(free_import, im);
	return im;
}

void
review_import_reject(struct review_import *im, int64_t line, const char *reason)
{
	struct json_field f[] = { JI("line", line), JS("reason", reason) };

	if (im->rejected++ >= REJECTS_LISTED)
		return;
	if (im->rejects.n > 0)
		buf_byte(&im->rejects, ',');
	json_put_obj(&im->rejects, f, NELEM(f));
}

/* In key order, so that two imports of the same reviews cannot wait for each other in a circle. */
static struct pg_stmt add_reviews = PG_STMT("insert", "raw_reviews",
    "WITH item AS ("
    "  SELECT e ->> 'p' AS p, coalesce(e ->> 'k', md5(e -> 'd' ->> 'text')) AS k, e -> 'd' AS d, n"
    "  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS t (e, n)),"
    " one AS (SELECT DISTINCT ON (p, k) p, k, d, n FROM item ORDER BY p, k, n),"
    " fresh AS ("
    "  INSERT INTO raw_review_keys (product_id, review_key) SELECT p, k FROM one ON CONFLICT DO NOTHING"
    "  RETURNING product_id, review_key),"
    " stored AS ("
    "  INSERT INTO raw_reviews (product_id, review_key, doc)"
    "  SELECT p, k, d FROM one JOIN fresh ON (product_id, review_key) = (p, k) ORDER BY n RETURNING product_id),"
    " counted AS ("
    "  INSERT INTO products AS was (id, name, review_count, reviews_at)"
    "  SELECT product_id, product_id, count(*), now() FROM stored GROUP BY product_id ORDER BY product_id"
    "  ON CONFLICT (id) DO UPDATE SET review_count = was.review_count + excluded.review_count, reviews_at = now(),"
    "    updated_at = now())"
    " SELECT count(*) FROM stored");

/* The answers about these products are stale now. */
static void
drop_caches(struct review_import *im)
{
	const char *id, *end = im->products.p + im->products.n;

	for (id = im->products.p; id != NULL && id < end; id += strlen(id) + 1) {
		pg_wrote(id);
		redis_send("DEL analysis:result:%s analysis_cache:%s product_cache:%s", id, id, id);
	}
	pg_wrote(SEARCH_GENERATION);
	redis_send("INCR " SEARCH_GENERATION);
	buf_reset(&im->products);
}

static int
write_batch(struct review_import *im)
{
	struct pg_rows r;
	int64_t stored;
	int rc = E_BUSY, tries;

	if (im->pending == 0)
		return 0;
	buf_add(&im->rows, "]", 2);	/* with its NUL */
	for (tries = 0; rc == E_BUSY && tries < TRIES; tries++)
		rc = pg_query(pg_shared(), &r, &add_reviews, pg_text(im->rows.p));
	if (rc < 0)
		return rc;
	stored = pg_integer(&r, 0, 0);
	im->accepted += stored;
	im->duplicates += im->pending - stored;
	im->pending = 0;
	buf_reset(&im->rows);
	drop_caches(im);
	return 0;
}

/* Remember a product once per run of items that name it. */
static void
note_product(struct review_import *im, const char *id)
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
		JS("p", in->product_id), JS("k", in->id), JR("d", json_obj_n(&im->item, doc, NELEM(doc))),
	};

	buf_byte(&im->rows, im->pending++ == 0 ? '[' : ',');
	json_put_obj(&im->rows, row, NELEM(row));
	note_product(im, in->product_id);
}

static int
take_item(struct review_import *im, int64_t line, const char *p, size_t n)
{
	struct param_input input = { 0 };
	struct param_faults faults;
	struct review_in in = { 0 };
	int rc;

	if ((rc = json_parse(&im->item, p, n, &input.body)) < 0) {
		review_import_reject(im, line, err_row(rc)->code);
		return 0;
	}
	if (json_type(input.body) != JSON_OBJECT) {
		review_import_reject(im, line, "must be a JSON object");
		return 0;
	}
	if (param_bind(&im->item, review_params, &input, &in, &faults) < 0) {
		review_import_reject(im, line, param_faults_text(&im->item, &faults));
		return 0;
	}
	if (im->product_id != NULL)
		in.product_id = im->product_id;
	if (in.product_id == NULL) {
		review_import_reject(im, line, "productId: is required");
		return 0;
	}
	add_row(im, &in, json_get(input.body, "rating") != NULL && json_type(json_get(input.body, "rating")) != JSON_NULL);
	return im->pending >= BATCH_ROWS || im->rows.n >= BATCH_BYTES ? write_batch(im) : 0;
}

int
review_import_add(struct review_import *im, int64_t line, const char *p, size_t n)
{
	int rc = take_item(im, line, p, n);

	arena_reset(&im->item);
	return rc;
}

int
review_import_end(struct review_import *im, struct arena *mem, struct str *report)
{
	struct str rejects;
	int rc;

	if ((rc = write_batch(im)) < 0)
		return rc;
	rejects = (struct str){ arena_printf(mem, "[%.*s]", (int)im->rejects.n, im->rejects.n > 0 ? im->rejects.p : ""), 0 };
	rejects.n = strlen(rejects.p);
	*report = json_obj(mem, JI("accepted", im->accepted), JI("duplicates", im->duplicates), JR("rejected", rejects),
	    JIF(im->rejected > REJECTS_LISTED, JI("rejectedCount", im->rejected)));
	return 0;
}

int64_t
review_import_accepted(const struct review_import *im)
{
	return im->accepted;
}
