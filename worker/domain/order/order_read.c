/* order_read.c -- reads orders for buyers, sellers and admins. See order.h. Yields: all.
 *
 * Runs in a transaction as the caller: row-level security limits the rows even if a condition here is wrong.
 */
#include "order.h"

#include <stdlib.h>

#include "base/err.h"
#include "order_doc.h"

static struct pg_stmt act_as = PG_STMT("select", "catalogs", "SELECT set_config('dure.user', $1, true)");
/* A seller sees the total of their own items; a buyer sees all of it. */
#define TOTAL_OF(seller) \
	"(SELECT sum(i.price * i.quantity) FROM order_items i WHERE i.order_id = o.id AND i.seller_id = " seller ")"
#define TOTAL_SEEN "CASE WHEN $2::uuid IS NULL OR o.user_id = $2 THEN o.total ELSE " TOTAL_OF("$2") " END"
#define ITEMS_SEEN ORDER_ITEMS("o", " AND ($2::uuid IS NULL OR o.user_id = $2 OR i.seller_id = $2)")
static struct pg_stmt read_one = PG_STMT("select", "orders",
    "SELECT " ORDER_DOC("o", TOTAL_SEEN, ITEMS_SEEN) "::text"
    " FROM orders o"
    " WHERE o.id = $1 AND ($2::uuid IS NULL OR o.user_id = $2"
    "   OR EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id AND i.seller_id = $2))");

int
order_doc(struct pg *pg, const struct caller *who, const char *id, struct pg_rows *out)
{
	int rc;

	if (!who->admin && (rc = pg_query(pg, NULL, &act_as, pg_text(who->user))) < 0)
		return rc;
	if ((rc = pg_query(pg, out, &read_one, pg_text(id), pg_text(who->admin ? NULL : who->user))) < 0)
		return rc;
	return out->n == 0 ? E_NOT_FOUND : 0;
}

int
order_read(const struct caller *who, const char *id, struct str *json)
{
	struct pg_rows r;
	struct pg *pg;
	int rc;

	if (!uuid_valid(id))
		return E_NOT_FOUND;
	if ((rc = caller_begin(&pg, who)) < 0)
		return rc;
	rc = order_doc(pg, who, id, &r);
	if ((rc = pg_end(&pg, rc)) == 0)
		*json = pg_value(&r, 0, 0);
	return rc;
}

/* $1 user, $2 status, $3 limit, $4 $5 cursor: microseconds and id. `from` yields order_id and created_at of the user's
 * rows. */
#define PAGE(table, from, total, which) PG_STMT("select", table, \
	"WITH page AS (" from " AND " BEHIND " ORDER BY x.created_at DESC, x.order_id DESC LIMIT $3)," \
	" docs AS (" \
	"  SELECT " ORDER_DOC("o", total, ORDER_ITEMS("o", which)) " AS doc, p.created_at, p.order_id" \
	"  FROM page p JOIN orders o ON o.id = p.order_id)" \
	" SELECT coalesce(json_agg(doc ORDER BY created_at DESC, order_id DESC), '[]')::text, count(*)," \
	"   (array_agg((extract(epoch FROM created_at) * 1000000)::bigint ORDER BY created_at, order_id))[1]," \
	"   (array_agg(order_id ORDER BY created_at, order_id))[1]" \
	" FROM docs")
#define BEHIND \
	"($4::bigint IS NULL" \
	"   OR (x.created_at, x.order_id) < ('epoch'::timestamptz + $4::bigint * interval '1 microsecond', $5::uuid))"
#define OF_ORDERS \
	"SELECT x.order_id, x.created_at" \
	" FROM (SELECT id AS order_id, user_id, status, created_at FROM orders) x" \
	" WHERE ($2::text IS NULL OR x.status = $2) AND "
#define OF_ITEMS \
	"SELECT DISTINCT x.order_id, x.created_at" \
	" FROM order_items x" \
	" WHERE ($2::text IS NULL OR EXISTS (SELECT FROM orders o WHERE o.id = x.order_id AND o.status = $2)) AND "

static struct {
	const char	*view;
	struct pg_stmt	 page;
} views[] = {
	{ "buyer",  PAGE("orders", OF_ORDERS "x.user_id = $1::uuid", "o.total", "") },
	{ "seller", PAGE("order_items", OF_ITEMS "x.seller_id = $1::uuid", TOTAL_OF("$1::uuid"),
	    " AND i.seller_id = $1::uuid") },
	{ "all",    PAGE("orders", OF_ORDERS "($1::uuid IS NULL OR true)", "o.total", "") },
};

enum { PAGE_LIST, PAGE_COUNT, LAST_MICROSECONDS, LAST_ID };

/* "<microseconds>:<id>" */
static bool
parse_cursor(struct arena *mem, const char *cursor, const char **at, const char **id)
{
	const char *colon = strchr(cursor, ':');
	int64_t v;

	if (colon == NULL)
		return false;
	*at = arena_copy(mem, cursor, (size_t)(colon - cursor));
	*id = colon + 1;
	return parse_int(*at, 0, INT64_C(4000000000000000), &v) && uuid_valid(*id);
}

int
order_list(struct arena *mem, const struct caller *who, const struct order_filter *f, struct str *list,
    const char **next)
{
	const char *at = NULL, *id = NULL;
	struct pg_rows r;
	struct pg *pg;
	size_t v;
	int rc;

	for (v = 0; v < NELEM(views) - 1 && strcmp(views[v].view, f->view) != 0; v++)
		;
	if (!(who->admin && v == 2) && (v == 2 || !caller_known(who)))
		return E_FORBIDDEN;
	if (f->cursor != NULL && !parse_cursor(mem, f->cursor, &at, &id))
		return E_VALIDATION;
	if ((rc = caller_begin(&pg, who)) < 0)
		return rc;
	rc = pg_query(pg, &r, &views[v].page, pg_text(caller_known(who) ? who->user : NULL), pg_text(f->status),
	    pg_int(f->limit), pg_text(at), pg_text(id));
	if ((rc = pg_end(&pg, rc)) < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < f->limit ? NULL
	    : arena_printf(mem, "%lld:%s", (long long)pg_integer(&r, 0, LAST_MICROSECONDS), pg_string(&r, 0, LAST_ID));
	return 0;
}
