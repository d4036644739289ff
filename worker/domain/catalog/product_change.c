/* product_change.c -- the rows of product_changes: recorded with a change, published to rooms, deleted. See
 * product_change.h.
 *
 * A publisher first claims the change in Redis, for as long as publishing may take, and marks it published in the same
 * write that publishes it. Cron thus takes over from a process that died, and repeats nothing when only the deletion
 * is missing.
 */
#include "product_change.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "base/log.h"
#include "base/trace.h"
#include "link/redis.h"
#include "run/co.h"
#include "worker/domain/core/room.h"

enum { PUBLISH_LIMIT_MS = 10000, CLAIM_S = 15, PUBLISHED_S = 3600, REPUBLISH_AFTER_S = 3, REPUBLISH_MAX = 200 };

static const char *const change_names[] = { "added", "updated", "soldout", "deleted" };

#define PAYLOAD(change) "product_doc(p) || jsonb_build_object('productId', p.id, 'change', " change ")"

static struct pg_stmt insert_change = PG_STMT("insert", "product_changes",
    "INSERT INTO product_changes (product_id, stream_key, change, doc)"
    " SELECT p.id, $2, $3, " PAYLOAD("$3::text") " FROM products p"
    " WHERE p.id = $1 AND ($2::text IS NOT NULL OR EXISTS (SELECT FROM live_streams_of(p.id)))"
    " RETURNING id");

int
product_change_record(struct pg *pg, const char *product_id, const char *stream_key, enum product_change change,
    int64_t *id)
{
	struct pg_rows r;
	int rc;

	*id = 0;
	if ((rc = pg_query(pg, &r, &insert_change, pg_text(product_id), pg_text(stream_key),
	    pg_text(change_names[change]))) < 0)
		return rc;
	if (r.n > 0)
		*id = pg_integer(&r, 0, 0);
	return 0;
}

static void
publish_to_stream(struct arena *mem, const char *stream, const char *change, struct str payload)
{
	room_publish(arena_printf(mem, "stream:%s", stream), ROOM_STATE, arena_printf(mem, "live:product:%s", change),
	    NULL, payload, false);
}

static struct pg_stmt read_change = PG_STMT("select", "product_changes",
    "SELECT s.key, c.change, (c.doc || jsonb_build_object('changeId', c.id::text, 'streamKey', s.key))::text"
    " FROM product_changes c,"
    "   LATERAL ("
    "     SELECT c.stream_key AS key WHERE c.stream_key IS NOT NULL"
    "     UNION ALL SELECT k FROM live_streams_of(c.product_id) k"
    "     WHERE c.stream_key IS NULL) s"
    " WHERE c.id = $1");
enum { STREAM, CHANGE, PAYLOAD_DOC };
static struct pg_stmt drop_change = PG_STMT("delete", "product_changes", "DELETE FROM product_changes WHERE id = $1");

/* *claimed: this process has the claim. *published: another process has already published it. */
static int
claim_change(long long id, bool *claimed, bool *published)
{
	struct redis_reply r, before;
	int rc;

	*claimed = *published = false;
	if ((rc = redis_cmd(&r, "SET product_told:%lld claimed NX EX %d", id, CLAIM_S)) < 0)
		return rc;
	if ((*claimed = r.type != REDIS_NIL))
		return 0;
	if ((rc = redis_cmd(&before, "GET product_told:%lld", id)) < 0)
		return rc;
	*published = before.type == REDIS_STR && str_eq(before.s, STR("told"));
	return 0;
}

static int
publish_change(int64_t id)
{
	struct pg_rows r;
	bool claimed, published;
	int i, rc;

	if ((rc = claim_change((long long)id, &claimed, &published)) < 0 || !(claimed || published))
		return rc;
	if (claimed) {
		if ((rc = pg_query(pg_shared(), &r, &read_change, pg_int(id))) < 0)
			return rc;
		for (i = 0; i < r.n; i++)
			publish_to_stream(co_arena(), pg_string(&r, i, STREAM), pg_string(&r, i, CHANGE),
			    pg_value(&r, i, PAYLOAD_DOC));
		redis_send("SET product_told:%lld told EX %d", (long long)id, PUBLISHED_S);
	}
	return pg_query(pg_shared(), NULL, &drop_change, pg_int(id));
}

struct publication {
	int64_t		 id;
	struct log_work	 work;
	struct trace	*span;		/* what causes it, where that is recorded, owned; NULL */
	char		 trace[];
};

static void
publish_by_id(void *arg)
{
	struct publication *p = arg;
	int rc;

	log_work(&p->work);
	if ((rc = publish_change(p->id)) < 0)
		log_warn("a product change was not published, cron will retry", JI("id", p->id),
		    JS("error", err_row(rc)->code));
	log_work(NULL);
	free(p->span);
	free(p);
}

void
product_change_publish(int64_t id)
{
	const char *trace = room_trace();
	size_t n = trace != NULL ? strlen(trace) + 1 : 0;
	struct publication *p;

	if (id == 0)
		return;
	if ((p = malloc(sizeof(*p) + n)) == NULL)
		abort();
	memcpy(p->trace, trace != NULL ? trace : "", n);
	p->id = id;
	p->span = trace_copy(trace_now());
	p->work = (struct log_work){ .traceparent = n > 0 ? p->trace : NULL, .trace = p->span };
	co_spawn(publish_by_id, p, PUBLISH_LIMIT_MS);
}

static struct pg_stmt find_unpublished = PG_STMT("select", "product_changes",
    "SELECT id FROM product_changes WHERE created_at < now() - make_interval(secs => $1) ORDER BY id LIMIT $2");

int
product_change_republish(int64_t *n)
{
	struct pg_rows r;
	int i, rc;

	if ((rc = pg_query(pg_shared(), &r, &find_unpublished, pg_int(REPUBLISH_AFTER_S), pg_int(REPUBLISH_MAX))) < 0)
		return rc;
	for (i = 0; i < r.n && rc == 0; i++)
		rc = publish_change(pg_integer(&r, i, 0));
	*n = r.n;
	return rc;
}

/* --- The remaining stock, while a product sells --- */

/* Products whose stock moved since it was last published. */
struct moved {
	struct hashtab_node node;
	char		 product[];
};
static struct hashtab moved;
static size_t moved_bytes;
static bool publishing_stocks;

/* Empties the table into the text of a PostgreSQL array. */
static const char *
drain_moved(void)
{
	char *out = arena_alloc(co_arena(), 2 * moved_bytes + 3), *o = out;
	struct hashtab_node *node, *next;
	const char *p;
	size_t slot;

	*o++ = '{';
	for (node = hashtab_each(&moved, &slot, NULL); node != NULL; node = next) {
		if (o > out + 1)
			*o++ = ',';
		*o++ = '"';
		for (p = HOLDER(node, struct moved, node)->product; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				*o++ = '\\';
			*o++ = *p;
		}
		*o++ = '"';
		next = hashtab_each(&moved, &slot, node);
		hashtab_del(&moved, node);
		free(HOLDER(node, struct moved, node));
	}
	moved_bytes = 0;
	*o++ = '}';
	*o = '\0';
	return out;
}

/* `soldout` is a change of its own, published once. */
static struct pg_stmt read_stocks = PG_STMT("select", "products",
    "SELECT s, (" PAYLOAD("'updated'") " || jsonb_build_object('streamKey', s))::text"
    " FROM products p, live_streams_of(p.id) s"
    " WHERE p.id = ANY ($1::text[]) AND p.stock > 0 AND p.deleted_at IS NULL");
enum { STOCK_STREAM, STOCK_PAYLOAD };

/* Publishes, then waits. If stock moved meanwhile it starts again in a new coroutine, with a fresh arena. */
static void
publish_stocks(void *arg)
{
	struct pg_rows r;
	int i, rc;

	(void)arg;
	if ((rc = pg_query(pg_shared(), &r, &read_stocks, pg_text(drain_moved()))) == 0)
		for (i = 0; i < r.n; i++)
			publish_to_stream(co_arena(), pg_string(&r, i, STOCK_STREAM), "updated",
			    pg_value(&r, i, STOCK_PAYLOAD));
	if (rc != E_CANCELED && co_sleep(conf.live_stock_ms) == 0 && moved_bytes > 0)
		co_spawn(publish_stocks, NULL, PUBLISH_LIMIT_MS + conf.live_stock_ms);
	else
		publishing_stocks = false;
}

void
product_change_stock(const char *product_id)
{
	size_t n = strlen(product_id) + 1;
	uint64_t hash = hash_keyed(product_id, n);
	struct hashtab_node *node = NULL;
	struct moved *m;

	while ((node = hashtab_find(&moved, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct moved, node)->product, product_id) == 0)
			return;
	if ((m = malloc(sizeof(*m) + n)) == NULL)
		abort();
	memcpy(m->product, product_id, n);
	hashtab_add(&moved, &m->node, hash);
	moved_bytes += n + 3;
	if (publishing_stocks)
		return;
	publishing_stocks = true;
	co_spawn(publish_stocks, NULL, PUBLISH_LIMIT_MS + conf.live_stock_ms);
}
