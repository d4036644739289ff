/* search.c -- search requests for the pipeline, and the search among stored products. See search.h. */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "search_cache.h"
#include "search_words.h"
#include "worker/domain/core/failure.h"
#include "worker/domain/core/group_commit.h"
#include "worker/domain/core/outbox.h"

static struct pg_stmt add_sessions = PG_STMT("insert", "search_sessions",
    "WITH asked AS ("
    "  SELECT *"
    "  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY AS t (id,"
    "    user_id, query, payload, shard, traceparent, n)),"
    " kept AS ("
    "  INSERT INTO search_sessions (message_id, user_id, query, payload)"
    "  SELECT id, user_id, query, payload::jsonb FROM asked)"
    " INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    " SELECT shard, 'product-search-requests', id, id, 'search', traceparent, payload"
    " FROM asked ORDER BY n");

enum { BATCH_MAX = 256, WRITERS = 2, COLUMNS = 5, ENTRY_BYTES = 1024 };
enum { ID, USER, QUERY, PAYLOAD, TRACEPARENT };

struct request {
	struct group_entry	 entry;
	const char		*column[COLUMNS];
};

static int
insert_rows(struct group_entry *const *batch, size_t n)
{
	const char *texts[COLUMNS], **cells = arena_alloc(co_arena(), n * sizeof(*cells));
	int64_t *shards = arena_alloc(co_arena(), n * sizeof(*shards));
	size_t i, k;

	for (k = 0; k < COLUMNS; k++) {
		for (i = 0; i < n; i++)
			cells[i] = ((struct request *)batch[i])->column[k];
		texts[k] = pg_texts(co_arena(), cells, n);
	}
	for (i = 0; i < n; i++)
		shards[i] = outbox_shard(((struct request *)batch[i])->column[ID]);
	return pg_query(pg_shared(), NULL, &add_sessions, pg_text(texts[ID]), pg_text(texts[USER]),
	    pg_text(texts[QUERY]), pg_text(texts[PAYLOAD]),
	    pg_text(pg_bigints(co_arena(), shards, n)), pg_text(texts[TRACEPARENT]));
}

static struct group_commit requests;

/* If the batch fails because of one request, the others are stored one by one. */
static int
write_requests(struct group_entry *const *batch, size_t n)
{
	size_t i;
	int rc = insert_rows(batch, n);

	for (i = 0; i < n; i++)
		group_settle(&requests, batch[i], rc == E_VALIDATION && n > 1 ? insert_rows(&batch[i], 1) : rc);
	if (rc == 0 || rc == E_VALIDATION)
		outbox_announce();
	return GROUP_SETTLED;
}
static struct group_commit requests = { .write = write_requests, .batch_max = BATCH_MAX, .writers_max = WRITERS };

/* Stores a request in a group commit. Yields. Errors as pg_query. */
static int
store_request(const char *const column[COLUMNS])
{
	struct request *q = group_entry_new(sizeof(*q), ENTRY_BYTES);
	size_t k;
	int rc;

	for (k = 0; k < COLUMNS; k++)
		q->column[k] = column[k] == NULL ? NULL : arena_strdup(&q->entry.mem, column[k]);
	if ((rc = group_commit_wait(&requests, &q->entry)) < 0)
		return rc;
	rc = q->entry.rc;
	group_entry_free(&q->entry);
	return rc;
}

int
search_start(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *user_id,
    const char *traceparent, const char **message_id)
{
	char *id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));
	struct str options = json_obj(mem, JI("limit", limit), JB("includeReviews", include_reviews));
	struct str payload = json_obj(mem, JS("messageId", id), JS("query", query), JR("options", options),
	    JIF(user_id != NULL, JS("userId", user_id)), JT("timestamp", now_ms()));
	int rc = store_request((const char *const[COLUMNS]){ id, user_id, query, payload.p, traceparent });

	*message_id = id;
	return rc;
}

static struct pg_stmt finish_session = PG_STMT("update", "search_sessions",
    "UPDATE search_sessions SET status = $2, result = $3::jsonb, updated_at = now()"
    " WHERE message_id = $1 AND status = 'pending'");
static struct pg_stmt find_session = PG_STMT("select", "search_sessions",
    "SELECT coalesce(result::text, ''), query FROM search_sessions WHERE message_id = $1");
enum { SESSION_RESULT, SESSION_QUERY };

static struct str
results_json(struct arena *mem, const char *id, const char *status, struct str products, int64_t total,
    const char *query, int64_t ms)
{
	return json_obj(mem, JS("messageId", id), JS("status", status), JR("products", products),
	    JI("totalCount", total), JS("query", query), JI("executionTime", ms));
}

int
search_on_result(struct pg *pg, struct effects *effects, const struct search_outcome *o)
{
	struct arena *mem = effects_arena(effects);
	const char *room = arena_key(mem, "search", o->message_id);
	struct str products = o->products != NULL ? json_text(mem, o->products) : STR("[]");
	struct str payload = results_json(mem, o->message_id, o->status, products, o->total, o->query, o->execution_ms);
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &finish_session, pg_text(o->message_id), pg_text(o->status), pg_text(payload.p));
	if (rc < 0)
		return rc;
	if (r.affected == 0) {
		rc = pg_query(pg, &r, &find_session, pg_text(o->message_id));
		return rc < 0 ? rc : r.n == 0 ? E_NOT_FOUND : E_CONFLICT;
	}
	effects_room(effects, room, ROOM_STATE, "search-results", room, payload, true);
	if (o->error != NULL)
		failure_effects(effects,
		    "search", &(struct failure){ .request_id = o->message_id, .type = "search-error",
		    .message = "검색에 실패했습니다.", .severity = "medium", .details = json_value(mem, o->error) });
	return 0;
}

static struct pg_stmt changed_since = PG_STMT("select", "search_sessions",
    "SELECT message_id, result::text FROM search_sessions"
    " WHERE updated_at >= to_timestamp($1::double precision / 1000) AND result IS NOT NULL");
enum { CHANGED_ID, CHANGED_RESULT };

int
search_republish(struct effects *effects, int64_t since_ms)
{
	struct arena *mem = effects_arena(effects);
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg_shared(), &r, &changed_since, pg_int(since_ms))) < 0)
		return rc;
	for (i = 0; i < r.n; i++) {
		const char *room = arena_key(mem, "search", pg_string(&r, i, CHANGED_ID));

		effects_room(effects, room, ROOM_STATE, "search-results", room, pg_value(&r, i, CHANGED_RESULT), true);
	}
	return 0;
}

int
search_state(struct arena *mem, const char *message_id, struct str *payload)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &find_session, pg_text(message_id))) < 0)
		return rc;
	*payload = pg_value(&r, 0, SESSION_RESULT).n > 0 ? pg_value(&r, 0, SESSION_RESULT)
	    : results_json(mem, message_id, "pending", STR("[]"), 0, pg_string(&r, 0, SESSION_QUERY), 0);
	return 0;
}

/* Sorted by number of reviews, then id; the cursor is "reviews:id" of the last row shown. What matches: search_words.h.
 * Parameters: $1 pattern, $2 limit, $3 $4 cursor, $5 with reviews, $6 query. */
#define BEHIND "(-review_count, id) > (coalesce(-$3::bigint, -9223372036854775807), coalesce($4, ''))" \
	" ORDER BY -review_count, id LIMIT $2"
#define ANSWER(total) \
	" SELECT coalesce(json_agg(json_strip_nulls(json_build_object('productId', p.id, 'name', p.name, 'price', p.price," \
	"     'rating', p.rating, 'reviewCount', p.review_count, 'imageUrl', p.image_url, 'reviews', v.list))" \
	"     ORDER BY -p.review_count, p.id), '[]')::text," \
	"   (SELECT count(*) FROM " total "), count(*)," \
	"   (array_agg(p.review_count ORDER BY -p.review_count, p.id))[count(*)]," \
	"   (array_agg(p.id ORDER BY -p.review_count, p.id))[count(*)]" \
	" FROM page p" \
	"   LEFT JOIN LATERAL (" \
	"     SELECT json_agg(w.doc) AS list" \
	"     FROM (SELECT doc FROM raw_reviews r WHERE $5::boolean AND r.product_id = p.id ORDER BY seq LIMIT 5) w) v ON true"

/* Candidates from products_search, sorted. */
static struct pg_stmt find_few = PG_STMT("select", "products",
    "WITH hit AS MATERIALIZED ("
    "  SELECT id, review_count FROM products"
    "  WHERE deleted_at IS NULL AND " SEARCH_INDEX("$6") " AND " SEARCH_MATCH("$1") "),"
    " page AS (SELECT p.* FROM (SELECT id FROM hit WHERE " BEHIND ") h JOIN products p USING (id))"
    ANSWER("hit"));

/* Products in the order of products_rank until the page is full; the count reads all. */
#define RANKED(where) PG_STMT("select", "products", \
	"WITH page AS (SELECT * FROM products WHERE deleted_at IS NULL AND " where " AND " BEHIND ")" \
	ANSWER("products WHERE deleted_at IS NULL AND " where))
static struct pg_stmt find_many = RANKED(SEARCH_MATCH("$1") " AND $6::text IS NOT NULL");
static struct pg_stmt list_products = RANKED("$1::text IS NOT NULL AND $6::text IS NOT NULL");
enum { HITS_LIST, HITS_TOTAL, HITS_COUNT, LAST_REVIEWS, LAST_ID };

int
search_products(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *cursor,
    struct str *products, int64_t *total, const char **next)
{
	const char *colon = cursor != NULL ? strchr(cursor, ':') : NULL;
	const char *count = colon != NULL ? arena_copy(mem, cursor, (size_t)(colon - cursor)) : NULL;
	struct pg_stmt *st = &list_products;
	struct pg_rows r;
	bool common;
	int64_t n;
	int rc;

	if (cursor != NULL && (colon == NULL || !parse_int(count, 0, INT64_MAX, &n)))
		return E_VALIDATION;
	if (*query != '\0') {
		if ((rc = search_common(query, &common)) < 0)
			return rc;
		st = common ? &find_many : &find_few;
	}
	rc = pg_query(pg_reads(SEARCH_GENERATION), &r, st, pg_text(search_pattern(mem, query)), pg_int(limit),
	    pg_text(count), pg_text(colon != NULL ? colon + 1 : NULL), pg_bool(include_reviews), pg_text(query));
	if (rc < 0)
		return rc;
	*products = pg_value(&r, 0, HITS_LIST);
	*total = pg_integer(&r, 0, HITS_TOTAL);
	*next = pg_integer(&r, 0, HITS_COUNT) < limit ? NULL
	    : arena_printf(mem, "%lld:%s", (long long)pg_integer(&r, 0, LAST_REVIEWS), pg_string(&r, 0, LAST_ID));
	return 0;
}
