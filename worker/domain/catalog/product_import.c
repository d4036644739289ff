/* product_import.c -- bulk import of a seller's products. See product.h. Yields: its part of import.h.
 *
 * A product without an id gets one derived from its seller and name, so that importing the same file again updates the
 * same products.
 */
#include <stdlib.h>

#include "base/err.h"
#include "import.h"
#include "product.h"
#include "product_change.h"
#include "run/co.h"
#include "search_cache.h"
#include "watch.h"

struct product_import {
	struct import	 import;
	struct caller	 who;
	int64_t		 created, updated;
	int64_t		 fresh, refused;	/* of the batch */
};

static const struct param line_params[] = {
	P_ID(FROM_JSON, struct product_in, id, "id", OPTIONAL), PRODUCT_PARAMS(REQUIRED), PARAM_END
};

/* Locks in the order of ids, as orders do: prevents deadlock. $1 [{n,id?,f}], $2 the seller, $3 whether an admin. Of
 * several lines for one product the last counts. Rows: a rejected line and why; line 0: how many are new, and the ids
 * of changes to publish; -1: a watched product, its old and its new price; -2: a product whose price changed. */
enum { LINE, SUBJECT, AMOUNT, TEXT };	/* columns */
static struct pg_stmt add_products = PG_STMT("insert", "products",
    "WITH item AS ("
    "  SELECT (e ->> 'n')::bigint AS n, e -> 'f' AS f,"
    "    coalesce(e ->> 'id', md5($2 || ' ' || lower(e -> 'f' ->> 'name'))::uuid::text) AS id"
    "  FROM jsonb_array_elements($1::jsonb) e),"
    " fit AS ("
    "  SELECT DISTINCT ON (i.id) i.* FROM item i"
    "  WHERE f ->> 'categoryId' IS NULL"
    "    OR EXISTS (SELECT FROM categories c WHERE c.id::text = lower(f ->> 'categoryId'))"
    "  ORDER BY i.id, n DESC),"
    " was AS MATERIALIZED (SELECT p.id, p.price, p.stock FROM products p JOIN fit USING (id)),"
    " made AS ("
    "  INSERT INTO products AS p (id, name, price, stock, description, category_id, image_url, seller_id)"
    "  SELECT id, f ->> 'name', (f ->> 'price')::bigint, coalesce((f ->> 'stock')::bigint, 0),"
    "    coalesce(f ->> 'description', ''), (f ->> 'categoryId')::uuid, f ->> 'imageUrl', $2::uuid"
    "  FROM fit ORDER BY id"
    "  ON CONFLICT (id) DO UPDATE SET"
    "    name = excluded.name, price = excluded.price,"
    "    stock = CASE WHEN (SELECT f ? 'stock' FROM fit WHERE fit.id = p.id) THEN excluded.stock ELSE p.stock END,"
    "    description = CASE WHEN (SELECT f ? 'description' FROM fit WHERE fit.id = p.id) THEN excluded.description"
    "      ELSE p.description END,"
    "    category_id = CASE WHEN (SELECT f ? 'categoryId' FROM fit WHERE fit.id = p.id) THEN excluded.category_id"
    "      ELSE p.category_id END,"
    "    image_url = CASE WHEN (SELECT f ? 'imageUrl' FROM fit WHERE fit.id = p.id) THEN excluded.image_url"
    "      ELSE p.image_url END,"
    "    seller_id = coalesce(p.seller_id, excluded.seller_id), version = p.version + 1, revision = p.revision + 1,"
    "    updated_at = now()"
    "  WHERE p.deleted_at IS NULL AND (p.seller_id = $2::uuid OR $3::boolean)"
    "  RETURNING p.id, p.price, p.stock, xmax = 0 AS fresh, product_doc(p) AS doc),"
    " priced AS ("
    "  INSERT INTO price_history (product_id, price)"
    "  SELECT m.id, m.price FROM made m LEFT JOIN was w USING (id)"
    "  WHERE w.price IS DISTINCT FROM m.price"
    "  RETURNING product_id),"
    " counted AS ("
    "  INSERT INTO stock_adjustments (product_id, user_id, delta, stock, reason)"
    "  SELECT m.id, $2::uuid, m.stock - w.stock, m.stock, 'import'"
    "  FROM made m JOIN was w USING (id) WHERE m.stock <> w.stock),"
    " news AS ("
    "  INSERT INTO product_changes (product_id, change, doc)"
    "  SELECT m.id, c, m.doc || jsonb_build_object('productId', m.id, 'change', c)"
    "  FROM made m JOIN was w USING (id),"
    "    LATERAL (SELECT CASE WHEN m.stock = 0 AND w.stock > 0 THEN 'soldout' ELSE 'updated' END AS c) x"
    "  WHERE EXISTS (SELECT FROM live_streams_of(m.id))"
    "  RETURNING id)"
    " SELECT 0::bigint AS line, NULL, (SELECT count(*) FROM made WHERE fresh),"
    "   (SELECT string_agg(id::text, ',') FROM news)"
    " UNION ALL SELECT i.n,"
    "   CASE WHEN x.id IS NULL THEN 'categoryId' ELSE 'id' END, 0, NULL"
    " FROM item i LEFT JOIN fit x USING (id) LEFT JOIN made m USING (id)"
    " WHERE m.id IS NULL"
    " UNION ALL SELECT -1, m.id, w.price, m.price::text"
    " FROM made m JOIN was w USING (id)"
    " WHERE m.price <> w.price AND EXISTS (SELECT FROM watch_list l WHERE l.product_id = m.id)"
    " UNION ALL SELECT -2, product_id, 0, NULL FROM priced"
    " ORDER BY line DESC");

static void
publish_changes(const char *ids)
{
	char *end;

	for (; ids != NULL && *ids != '\0'; ids = *end == ',' ? end + 1 : end)
		product_change_publish(strtoll(ids, &end, 10));
}

/* The statement's rows in order: rejected lines, then the counts, then prices that users watch. */
static int
apply_rows(struct product_import *im, struct pg *pg, const struct pg_rows *r, struct effects *effects)
{
	int64_t line;
	int i, rc = 0;

	for (i = 0; i < r->n && rc == 0; i++) {
		if ((line = pg_integer(r, i, LINE)) == -2)
			pg_wrote(pg_string(r, i, SUBJECT));
		else if (line < 0)
			rc = watch_price_changed(pg, effects, pg_string(r, i, SUBJECT), pg_integer(r, i, AMOUNT),
			    pg_integer(r, i, TEXT));
		else if (line == 0)
			im->fresh = pg_integer(r, i, AMOUNT);
		else
			im->refused++;
	}
	return rc;
}

/* The database refused the line for this field. */
static void
reject_line(struct product_import *im, int64_t line, const char *field)
{
	if (strcmp(field, "categoryId") == 0)
		import_reject(&im->import, line, "categoryId: 그런 카테고리가 없습니다",
		    "categoryId: there is no such category");
	else
		import_reject(&im->import, line, "id: 다른 판매자의 상품이거나 삭제된 상품입니다",
		    "id: belongs to another seller, or was deleted");
}

/* Counts what was written, after the commit. */
static void
count_rows(struct product_import *im, const struct pg_rows *r)
{
	int i;

	for (i = 0; i < r->n; i++) {
		if (pg_integer(r, i, LINE) > 0)
			reject_line(im, pg_integer(r, i, LINE), pg_string(r, i, SUBJECT));
		else if (pg_integer(r, i, LINE) == 0)
			publish_changes(pg_string(r, i, TEXT));
	}
	im->created += im->fresh;
	im->updated += im->import.pending - im->fresh - im->refused;
}

static int
write_rows(struct import *rows)
{
	struct product_import *im = (struct product_import *)rows;
	struct effects *effects = effects_new(co_arena());
	struct pg_rows r;
	struct pg *pg;
	int rc;

	im->fresh = im->refused = 0;
	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = pg_query(pg, &r, &add_products, pg_text(rows->rows.p), pg_text(im->who.user), pg_bool(im->who.admin));
	if (rc == 0)
		rc = apply_rows(im, pg, &r, effects);
	if ((rc = pg_end(&pg, rc)) < 0)
		return rc;
	pg_wrote(SEARCH_GENERATION);
	effects_command(effects, "INCR", SEARCH_GENERATION, NULL);
	effects_apply(effects);
	count_rows(im, &r);
	return 0;
}

static int
add_item(struct import *rows, int64_t line, const char *p, size_t n)
{
	const struct product_import *im = (const struct product_import *)rows;
	const struct json *body;
	struct product_in in = { 0 };

	if (!caller_known(&im->who))
		return E_FORBIDDEN;
	if (import_bind(rows, line_params, line, p, n, &in, &body))
		import_row(rows, (struct json_field[]){ JI("n", line), JS("id", in.id),
		    JR("f", product_fields(&rows->item, body, &in)) }, 3);
	return 0;
}

static size_t
count_products(const struct import *rows, struct json_field *f)
{
	const struct product_import *im = (const struct product_import *)rows;

	f[0] = JB("success", true);
	f[1] = JI("created", im->created);
	f[2] = JI("updated", im->updated);
	return 3;
}

struct import *
product_import(const struct caller *who)
{
	static const struct import_kind kind = { .rows_max = 500, .take = add_item, .write = write_rows,
	    .count = count_products };
	struct product_import *im = arena_zalloc(co_arena(), sizeof(*im));

	import_init(&im->import, &kind);
	im->who = *who;
	return &im->import;
}
