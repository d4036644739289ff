/* recommend_product.c -- products for a user's taste, with the sentiment of their reviews. See recommendation.h.
 * Yields: recommendation_products. */
#include "base/buf.h"
#include "base/err.h"
#include "base/user_id.h"
#include "interaction_fold.h"
#include "link/pg.h"
#include "recommend_count.h"
#include "recommendation.h"
#include "run/co.h"

/* $1 user, $2 limit, $3 list. Candidates: the best sold, those with the most reviews, and those whose name has a liked
 * keyword. The score is how many like it (smoothed by ten neutral reviews), how well it sells and how its name fits. */
static struct pg_stmt find_products = PG_STMT("select", "products",
    "WITH taste AS MATERIALIZED ("
    "  SELECT keyword, interaction_score * boost_factor - 0.5 AS pull FROM user_keyword_preferences"
    "  WHERE user_id = $1 AND interaction_score > 0.5 ORDER BY interaction_score DESC, keyword LIMIT 20),"
    " shop AS (SELECT * FROM products WHERE seller_id IS NOT NULL AND deleted_at IS NULL AND stock > 0),"
    " id AS ("
    "  (SELECT id FROM shop ORDER BY sold DESC, id LIMIT 100)"
    "  UNION (SELECT id FROM shop ORDER BY review_count DESC, id LIMIT 100)"
    "  UNION SELECT n.id FROM taste t, LATERAL (SELECT p.id FROM products p"
    "    WHERE search_grams(name || ' ' || id) @> search_query_grams(t.keyword)"
    "      AND strpos(lower(name), t.keyword) > 0 AND seller_id IS NOT NULL AND deleted_at IS NULL AND stock > 0"
    "    ORDER BY sold DESC, id LIMIT 20) n),"
    " scored AS ("
    "  SELECT p, r, (SELECT keyword FROM taste t WHERE strpos(lower(p.name), t.keyword) > 0 ORDER BY pull DESC LIMIT 1)"
    "      AS word,"
    "    ((coalesce(r.sentiment_positive, 0) * coalesce(r.total_reviews, 0) + 50 * 10)"
    "      / (coalesce(r.total_reviews, 0) + 10) / 100)::float8"
    "    * (0.3 + 0.7 * least(1, log(1 + p.sold + p.review_count) / 4))"
    "    * (0.5 + coalesce((SELECT sum(pull) FROM taste t WHERE strpos(lower(p.name), t.keyword) > 0), 0)) AS score"
    "  FROM id JOIN products p USING (id) LEFT JOIN LATERAL ("
    "    SELECT * FROM analysis_results a WHERE a.product_id = p.id AND status = 'completed'"
    "    ORDER BY updated_at DESC LIMIT 1) r ON true"
    "  WHERE NOT EXISTS (SELECT FROM order_items o WHERE o.user_id = $1 AND o.product_id = p.id)),"
    " best AS MATERIALIZED ("
    "  SELECT *, row_number() OVER (ORDER BY score DESC, (p).id) AS n FROM scored"
    "  ORDER BY score DESC, (p).id LIMIT $2),"
    " kept AS ("
    "  INSERT INTO recommendation_lists (id, user_id, type, algorithm, item_ids)"
    "  SELECT $3::uuid, $1, 'products', 'sentiment', coalesce(array_agg((p).id::text ORDER BY n), '{}') FROM best)"
    " SELECT product_doc(p)::text, CASE WHEN (r).id IS NOT NULL THEN json_build_object("
    "   'positive', (r).sentiment_positive, 'negative', (r).sentiment_negative, 'neutral', (r).sentiment_neutral,"
    "   'totalReviews', (r).total_reviews, 'summary', (r).summary)::text END,"
    "   word, round(score::numeric, 4), round(coalesce((r).sentiment_positive, 0))::int"
    " FROM best ORDER BY n");
enum { PRODUCT, SENTIMENT, WORD, SCORE, POSITIVE };

/* A share of positive reviews that is worth telling. */
enum { GOOD_PERCENT = 60 };

static const char *
reason_of(struct arena *mem, const struct pg_rows *r, int i, bool english, const char **type)
{
	const char *word = pg_string(r, i, WORD);
	int64_t positive = pg_integer(r, i, POSITIVE);

	if (word != NULL) {
		*type = "keyword";
		return arena_printf(mem, english ? "Because you like “%s”" : "관심 키워드 ‘%s’ 관련 상품", word);
	}
	if (positive >= GOOD_PERCENT) {
		*type = "sentiment";
		return arena_printf(mem, english ? "%lld%% of its reviews are positive" : "리뷰의 %lld%%가 긍정적인 상품",
		    (long long)positive);
	}
	*type = "popular";
	return english ? "Popular right now" : "지금 인기 있는 상품";
}

static void
put_product(struct arena *mem, struct buf *b, const struct pg_rows *r, int i, bool english, const char *list)
{
	const char *type, *reason = reason_of(mem, r, i, english, &type);
	struct str sentiment = pg_value(r, i, SENTIMENT);
	struct json_field f[] = { JR("product", pg_value(r, i, PRODUCT)),
	    JR("sentiment", sentiment.p != NULL ? sentiment : STR("null")), JR("score", pg_value(r, i, SCORE)),
	    JS("reason", reason), JS("reasonType", type), JS("algorithm", "sentiment"), JS("recommendationId", list) };

	json_put_obj(b, f, NELEM(f));
}

int
recommendation_products(struct arena *mem, const char *user, bool english, int64_t limit, struct str *list)
{
	char uuid[UUID_TEXT_BYTES];
	struct buf b = { 0 };
	struct pg_rows r;
	int i, rc;

	if (user == NULL || !user_id_valid(user))
		return E_FORBIDDEN;
	if ((rc = interaction_fold_user(user)) < 0)
		return rc;
	rc = pg_query(pg_as(user), &r, &find_products, pg_text(user), pg_int(limit), pg_text(uuid_text(uuid)));
	if (rc < 0)
		return rc;
	buf_byte(&b, '[');
	for (i = 0; i < r.n; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		put_product(mem, &b, &r, i, english, uuid);
	}
	buf_byte(&b, ']');
	*list = buf_to_arena(mem, &b);
	recommend_count_made(RECOMMEND_PRODUCTS, "sentiment");
	return 0;
}
