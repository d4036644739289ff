/* search.c -- search requests for the pipeline, and the search it makes among what is held here. See search.h. */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis_text.h"
#include "base/conf.h"
#include "base/err.h"
#include "failure.h"
#include "outbox.h"
#include "run/co.h"

static struct pg_stmt add_session = PG_STMT("insert", "search_sessions",
    "WITH asked AS (INSERT INTO search_sessions (message_id, user_id, query, payload) VALUES ($1, $2, $3, $4::jsonb)) "
    "INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload) "
    "VALUES ($5, 'product-search-requests', $1, $1, 'search', $6, $4)");

int
search_start(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *user_id,
    const char *traceparent, const char **message_id)
{
	char *id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));
	struct str options = json_obj(mem, JI("limit", limit), JB("includeReviews", include_reviews));
	struct str payload = json_obj(mem, JS("messageId", id), JS("query", query), JR("options", options),
	    JIF(user_id != NULL, JS("userId", user_id)), JT("timestamp", now_ms()));
	int rc;

	rc = pg_query(pg_shared(), NULL, &add_session, pg_text(id), pg_text(user_id), pg_text(query), pg_text(payload.p),
	    pg_int(outbox_shard(id)), pg_text(traceparent));
	if (rc < 0)
		return rc;
	outbox_announce();
	*message_id = id;
	return 0;
}

static struct pg_stmt finish = PG_STMT("update", "search_sessions",
    "UPDATE search_sessions SET status = $2, result = $3::jsonb, updated_at = now() "
    "WHERE message_id = $1 AND status = 'pending'");
static struct pg_stmt find_session = PG_STMT("select", "search_sessions",
    "SELECT coalesce(result::text, ''), query FROM search_sessions WHERE message_id = $1");

static struct str
results_json(struct arena *mem, const char *id, const char *status, struct str products, int64_t total, const char *query,
    int64_t ms)
{
	return json_obj(mem, JS("messageId", id), JS("status", status), JR("products", products), JI("totalCount", total),
	    JS("query", query), JI("executionTime", ms));
}

int
search_on_result(struct pg *pg, struct news *news, const struct search_outcome *o)
{
	struct arena *mem = news_arena(news);
	const char *room = analysis_key(mem, "search", o->message_id);
	struct str products = o->products != NULL ? json_text(mem, o->products) : STR("[]");
	struct str payload = results_json(mem, o->message_id, o->status, products, o->total, o->query, o->execution_ms);
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &finish, pg_text(o->message_id), pg_text(o->status), pg_text(payload.p));
	if (rc < 0)
		return rc;
	if (r.affected == 0) {
		rc = pg_query(pg, &r, &find_session, pg_text(o->message_id));
		return rc < 0 ? rc : r.n == 0 ? E_NOT_FOUND : E_CONFLICT;
	}
	news_room(news, room, ROOM_STATE, "search-results", room, payload, true);
	if (o->error != NULL)
		failure_news(news, "search", &(struct failure){ .request_id = o->message_id, .type = "search-error",
		    .message = "검색에 실패했습니다.", .severity = "medium", .details = json_value(mem, o->error) });
	return 0;
}

int
search_state(struct arena *mem, const char *message_id, struct str *payload)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &find_session, pg_text(message_id))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	*payload = pg_value(&r, 0, 0).n > 0 ? pg_value(&r, 0, 0)
	    : results_json(mem, message_id, "pending", STR("[]"), 0, pg_string(&r, 0, 1), 0);
	return 0;
}

/* Best known first: by reviews held, then id; the cursor is "reviews:id" of the last one shown. The index of search_grams names few
 * candidates, the text decides. */
#define HITS(where) \
    "WITH hit AS (SELECT * FROM products" where "), " \
    "page AS (SELECT * FROM hit WHERE $3::bigint IS NULL OR (-review_count, id) > (-$3::bigint, $4) " \
    "  ORDER BY -review_count, id LIMIT $2) " \
    "SELECT coalesce(json_agg(json_strip_nulls(json_build_object('productId', p.id, 'name', p.name, 'price', p.price, " \
    "    'rating', p.rating, 'reviewCount', p.review_count, 'imageUrl', p.image_url, 'reviews', v.list))" \
    "  ORDER BY -p.review_count, p.id), '[]')::text, " \
    "(SELECT count(*) FROM hit), count(*), (array_agg(p.review_count ORDER BY -p.review_count, p.id))[count(*)], " \
    "(array_agg(p.id ORDER BY -p.review_count, p.id))[count(*)] " \
    "FROM page p LEFT JOIN LATERAL (SELECT json_agg(w.doc) AS list FROM (SELECT doc FROM raw_reviews r " \
    "  WHERE $5::boolean AND r.product_id = p.id ORDER BY seq LIMIT 5) w) v ON true"
static struct pg_stmt find_products = PG_STMT("select", "products",
    HITS(" WHERE search_grams(name || ' ' || id) @> search_query_grams($6) AND (name ILIKE $1 OR id ILIKE $1)"));
static struct pg_stmt list_products = PG_STMT("select", "products", HITS(" WHERE $1::text IS NOT NULL AND $6::text IS NOT NULL"));

/* %query%, with the wildcards of LIKE in it taken literally. */
static const char *
like_pattern(struct arena *mem, const char *query)
{
	char *out = arena_alloc(mem, 2 * strlen(query) + 3), *o = out;

	*o++ = '%';
	for (; *query != '\0'; query++) {
		if (strchr("%_\\", *query) != NULL)
			*o++ = '\\';
		*o++ = *query;
	}
	*o++ = '%';
	*o = '\0';
	return out;
}

int
search_products(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *cursor,
    struct str *products, int64_t *total, const char **next)
{
	const char *colon = cursor != NULL ? strchr(cursor, ':') : NULL;
	const char *count = colon != NULL ? arena_copy(mem, cursor, (size_t)(colon - cursor)) : NULL;
	struct pg_rows r;
	int64_t n;
	int rc;

	if (cursor != NULL && (colon == NULL || !parse_int(count, 0, INT64_MAX, &n)))
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, *query != '\0' ? &find_products : &list_products, pg_text(like_pattern(mem, query)), pg_int(limit),
	    pg_text(count), pg_text(colon != NULL ? colon + 1 : NULL), pg_bool(include_reviews), pg_text(query));
	if (rc < 0)
		return rc;
	*products = pg_value(&r, 0, 0);
	*total = pg_integer(&r, 0, 1);
	*next = pg_integer(&r, 0, 2) < limit ? NULL
	    : arena_printf(mem, "%lld:%s", (long long)pg_integer(&r, 0, 3), pg_string(&r, 0, 4));
	return 0;
}
