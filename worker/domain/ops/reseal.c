/* reseal.c -- re-encrypts sealed values in batches. See reseal.h. Yields: reseal_column.
 *
 * A cursor passes over the table once, in one transaction; each batch is a statement of its own on another connection,
 * so that finished work stays committed.
 */
#include "reseal.h"

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/seal.h"
#include "run/co.h"

#define SEALED(table, column, place) { table, column, \
	PG_STMT("declare", table, "DECLARE sealed NO SCROLL CURSOR FOR SELECT ctid::text, " place ", " column \
	    " FROM " table \
	    " WHERE " column " IS NOT NULL AND NOT starts_with(" column ", $1)"), \
	PG_STMT("update", table, "UPDATE " table " t SET " column " = u.new" \
	    " FROM jsonb_to_recordset($1::jsonb) AS u(at text, old text, new text) WHERE t.ctid = u.at::tid" \
	    "   AND t." column " = u.old") }

struct sealed_column sealed_columns[] = {
	SEALED("idempotency_keys", "body", "scope || ' ' || key"),
	{ 0 }
};

static struct pg_stmt begin_transaction = PG_STMT("begin", "", "BEGIN");
static struct pg_stmt next_rows = PG_STMT("fetch", "other", "FETCH 100 FROM sealed");
enum { ROW_CTID, ROW_NAME, ROW_VALUE };

/* The value under the first key, whether it was sealed before or not. */
static int
seal_again(const struct sealed_column *c, const struct pg_rows *r, int i, struct str *out)
{
	struct seal_place at = { c->table, c->column, pg_string(r, i, ROW_NAME) };
	struct str value = pg_value(r, i, ROW_VALUE);
	int rc = seal_is(value) ? seal_open(co_arena(), &at, value, &value) : 0;

	return rc < 0 ? rc : seal_value(co_arena(), &at, value, out);
}

static int
replace_values(struct sealed_column *c, struct buf *batch, int64_t n, struct reseal_outcome *out)
{
	struct pg_rows r;
	int rc;

	if (n == 0)
		return 0;
	buf_add(batch, "]", 2);
	if ((rc = pg_query(pg_shared(), &r, &c->replace, pg_text(batch->p))) < 0)
		return rc;
	out->sealed += r.affected;
	out->changed += n - r.affected;
	return 0;
}

/* One page; *more: there was one. */
static int
do_page(struct sealed_column *c, struct pg *pg, struct buf *batch, struct reseal_outcome *out, bool *more)
{
	struct pg_rows r;
	struct str resealed;
	int64_t n = 0;
	int i, rc;

	if ((rc = pg_query(pg, &r, &next_rows)) < 0)
		return rc;
	*more = r.n > 0;
	buf_reset(batch);
	for (i = 0; i < r.n; i++) {
		if (seal_again(c, &r, i, &resealed) < 0) {
			log_warn("a sealed value cannot be opened", JS("table", c->table), JS("column", c->column),
			    JS("row", pg_string(&r, i, ROW_NAME)));
			out->lost++;
			continue;
		}
		buf_byte(batch, n++ == 0 ? '[' : ',');
		json_put_obj(batch, (struct json_field[]){ JS("at", pg_string(&r, i, ROW_CTID)),
		    JN("old", pg_value(&r, i, ROW_VALUE)), JN("new", resealed) }, 3);
	}
	return replace_values(c, batch, n, out);
}

static void
free_batch(void *p)
{
	buf_fini(p);
}

int
reseal_column(struct sealed_column *c, struct reseal_outcome *out)
{
	struct buf *batch = arena_zalloc(co_arena(), sizeof(*batch));
	struct arena_mark before;
	bool more = true;
	struct pg *pg;
	int rc;

	if (!seal_ready())
		return E_VALIDATION;
	if ((rc = pg_take(&pg)) < 0)
		return rc;
	co_defer(free_batch, batch);
	if ((rc = pg_query(pg, NULL, &begin_transaction)) == 0)
		rc = pg_query(pg, NULL, &c->stale, pg_text(seal_prefix()));
	before = arena_mark(co_arena());
	while (rc == 0 && more) {
		rc = do_page(c, pg, batch, out, &more);
		arena_release(co_arena(), before);
	}
	pg_release(&pg);
	return rc;
}
