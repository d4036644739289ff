/* review_list.c -- pages of reviews, cards and keywords, and the analyzer's stream of texts. See review.h. */
#include "base/err.h"
#include "review.h"
#include "run/co.h"

/* Each page: its rows as one JSON array, the sort key of its last row, its number of rows. Newest or best first. */
static struct pg_stmt page_reviews = PG_STMT("select", "raw_reviews",
    "SELECT coalesce(json_agg(doc || jsonb_build_object('id', review_key) ORDER BY seq DESC), '[]')::text, min(seq),"
    "   count(*)"
    " FROM ("
    "   SELECT seq, review_key, doc FROM raw_reviews WHERE product_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3) p");
static struct pg_stmt page_cards = PG_STMT("select", "emotion_cards",
    "SELECT coalesce(json_agg(doc || jsonb_build_object('requestId', task_id, 'createdAt', iso(created_at))"
    "   ORDER BY seq DESC), '[]')::text,"
    "   min(seq), count(*)"
    " FROM ("
    "   SELECT seq, task_id, doc, created_at FROM emotion_cards"
    "   WHERE product_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3) p");
/* Of the latest completed analysis, in the order of insertion, which is by weight. */
static struct pg_stmt page_keywords = PG_STMT("select", "keyword_details",
    "SELECT coalesce(json_agg(doc ORDER BY seq), '[]')::text, max(seq), count(*)"
    " FROM ("
    "   SELECT seq, doc FROM keyword_details"
    "   WHERE task_id = ("
    "     SELECT task_id FROM analysis_results"
    "     WHERE product_id = $1 AND status = 'completed'"
    "     ORDER BY updated_at DESC LIMIT 1) AND seq > $2"
    "   ORDER BY seq LIMIT $3) p");
enum { LIST, LAST_SEQ, COUNT };

static int
list_page(struct pg *pg, struct arena *mem, struct pg_stmt *stmt, int64_t first, const char *product_id, int64_t limit,
    const char *cursor, struct str *list, const char **next)
{
	struct pg_rows r;
	int64_t at = first;
	int rc;

	if (cursor != NULL && !parse_int(cursor, 0, INT64_MAX, &at))
		return E_VALIDATION;
	if ((rc = pg_query(pg, &r, stmt, pg_text(product_id), pg_int(at), pg_int(limit))) < 0)
		return rc;
	*list = pg_value(&r, 0, LIST);
	*next = pg_integer(&r, 0, COUNT) < limit ? NULL : arena_printf(mem, "%lld",
	    (long long)pg_integer(&r, 0, LAST_SEQ));
	return 0;
}

int
review_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next)
{
	return list_page(pg_reads(product_id), mem, &page_reviews, INT64_MAX, product_id, limit, cursor, list, next);
}

int
card_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next)
{
	return list_page(pg_reads(product_id), mem, &page_cards, INT64_MAX, product_id, limit, cursor, list, next);
}

int
keyword_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next)
{
	return list_page(pg_reads(product_id), mem, &page_keywords, 0, product_id, limit, cursor, list, next);
}

static struct pg_stmt page_prices = PG_STMT("select", "price_history",
    "SELECT coalesce(json_agg(json_build_object('price', price, 'recordedAt', iso(recorded_at)) ORDER BY id DESC),"
    "   '[]')::text,"
    "   min(id), count(*)"
    " FROM ("
    "   SELECT id, price, recorded_at FROM price_history"
    "   WHERE product_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3) p");

int
price_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next)
{
	return list_page(pg_reads(product_id), mem, &page_prices, INT64_MAX, product_id, limit, cursor, list, next);
}

static struct pg_stmt count_reviews = PG_STMT("select", "products",
    "SELECT coalesce((SELECT review_count FROM products WHERE id = $1), 0)");

int
review_count(const char *product_id, int64_t *n)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &count_reviews, pg_text(product_id))) < 0)
		return rc;
	*n = pg_integer(&r, 0, 0);
	return 0;
}

static struct pg_stmt next_texts = PG_STMT("select", "raw_reviews",
    "SELECT seq, doc ->> 'text' FROM raw_reviews WHERE product_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
enum { TEXT_SEQ, TEXT };

int
review_texts(struct arena *mem, const char *product_id, int64_t *after, int max, struct str **texts, int *n)
{
	struct pg_rows r;
	int rc, i;

	*n = 0;
	if ((rc = pg_query(pg_shared(), &r, &next_texts, pg_text(product_id), pg_int(*after), pg_int(max))) < 0)
		return rc;
	*texts = arena_alloc(mem, (size_t)(r.n + 1) * sizeof(**texts));
	for (i = 0; i < r.n; i++)
		(*texts)[i] = pg_value(&r, i, TEXT);
	if (r.n > 0)
		*after = pg_integer(&r, r.n - 1, TEXT_SEQ);
	*n = r.n;
	return 0;
}
