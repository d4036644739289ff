/* product.c -- creates, changes and deletes products. See product.h. Yields: all but product_fields and product_etag.
 */
#include "product.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "product_change.h"
#include "watch.h"

static bool
has_value(const struct json *body, const char *name)
{
	const struct json *j = json_get(body, name);

	return j != NULL && json_type(j) != JSON_NULL;
}

/* Whether the member is present, even as null. */
static bool
is_given(const struct json *body, const char *name)
{
	return json_get(body, name) != NULL;
}

struct str
product_fields(struct arena *mem, const struct json *body, const struct product_in *in)
{
	return json_obj(mem, JIF(has_value(body, "name"), JS("name", in->name)),
	    JIF(has_value(body, "price"), JI("price", in->price)),
	    JIF(has_value(body, "stock"), JI("stock", in->stock)),
	    JIF(has_value(body, "description"), JS("description", in->description)),
	    JIF(is_given(body, "categoryId"), JS("categoryId", in->category)),
	    JIF(is_given(body, "imageUrl"), JS("imageUrl", in->image)));
}

const char *
product_etag(struct arena *mem, const struct product *p)
{
	return arena_printf(mem, "\"%lld.%lld.%llx\"", (long long)p->version, (long long)p->revision,
	    (unsigned long long)hash_bytes(p->json.p, p->json.n));
}

/* Columns that every statement returning a product begins with. */
enum { DOC, DOC_VERSION, DOC_REVISION };

static int
product_from_row(const struct pg_rows *r, struct product *out)
{
	if (r->n == 0)
		return E_NOT_FOUND;
	*out = (struct product){ pg_value(r, 0, DOC), pg_integer(r, 0, DOC_VERSION), pg_integer(r, 0, DOC_REVISION) };
	return 0;
}

#define GIVEN(field, column, type) column " = CASE WHEN $2::jsonb ? '" field "' THEN ($2::jsonb ->> '" field \
	"')::" type \
	" ELSE p." column " END"
#define FIELDS_SET GIVEN("name", "name", "text") ", " GIVEN("price", "price", "bigint") \
	", " GIVEN("stock", "stock", "bigint") ", " \
	GIVEN("description", "description", "text") ", " GIVEN("categoryId", "category_id", "uuid") \
	    ", " GIVEN("imageUrl", "image_url", "text")

/* A product known only from reviews becomes a product of the shop where $4 allows it. */
static struct pg_stmt insert_product = PG_STMT("insert", "products",
    "WITH made AS ("
    "  INSERT INTO products AS p (id, name, price, stock, description, category_id, image_url, seller_id)"
    "  SELECT coalesce($1, gen_random_uuid()::text), f ->> 'name', (f ->> 'price')::bigint,"
    "    coalesce((f ->> 'stock')::bigint, 0), coalesce(f ->> 'description', ''), (f ->> 'categoryId')::uuid,"
    "    f ->> 'imageUrl', $3::text"
    "  FROM (SELECT $2::jsonb) AS g (f)"
    "  ON CONFLICT (id) DO UPDATE SET"
    "    " FIELDS_SET ", seller_id = excluded.seller_id, version = p.version + 1, revision = p.revision + 1,"
    "    updated_at = now()"
    "  WHERE p.seller_id IS NULL AND p.deleted_at IS NULL AND $4::boolean"
    "  RETURNING p.id, p.price, p.version, p.revision, product_doc(p)::text AS doc),"
    " priced AS (INSERT INTO price_history (product_id, price) SELECT id, price FROM made)"
    " SELECT doc, version, revision, id FROM made");
enum { CREATED_ID = DOC_REVISION + 1 };

int
product_create(struct pg *pg, const struct caller *who, const char *id, struct str fields, struct product *out)
{
	struct pg_rows r;
	int rc;

	if (!caller_known(who))
		return E_FORBIDDEN;
	rc = pg_query(pg, &r, &insert_product, pg_text(id), pg_text(fields.p), pg_text(who->user), pg_bool(who->admin));
	if (rc < 0 || r.n == 0)
		return rc < 0 ? rc : E_CONFLICT;
	pg_wrote(pg_string(&r, 0, CREATED_ID));
	return product_from_row(&r, out);
}

/* --- Changing a product: its row is locked first --- */

struct held {
	int64_t	 version, revision, stock, price;
};

enum { SELLER, VERSION, REVISION, STOCK, PRICE };	/* columns */
static struct pg_stmt lock_row = PG_STMT("select", "products",
    "SELECT seller_id, version, revision, stock, coalesce(price, 0)"
    " FROM products"
    " WHERE id = $1 AND seller_id IS NOT NULL AND deleted_at IS NULL"
    " FOR NO KEY UPDATE");

static int
hold_product(struct pg *pg, const struct caller *who, const char *id, struct held *h)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg, &r, &lock_row, pg_text(id))) < 0)
		return rc;
	if (!who->admin && (who->user == NULL || strcmp(pg_string(&r, 0, SELLER), who->user) != 0))
		return E_FORBIDDEN;
	*h = (struct held){ .version = pg_integer(&r, 0, VERSION), .revision = pg_integer(&r, 0, REVISION),
	    .stock = pg_integer(&r, 0, STOCK), .price = pg_integer(&r, 0, PRICE) };
	return 0;
}

/* Whether an ETag in the header matches: the version, and with `exactly` the revision too. */
static bool
etag_matches(const char *header, const struct held *h, bool exactly)
{
	long long version, revision;
	const char *tag;

	for (tag = strchr(header, '"'); tag != NULL; tag = strchr(tag, '"')) {
		if (sscanf(tag, "\"%lld.%lld.", &version, &revision) == 2 && version == h->version &&
		    (!exactly || revision == h->revision))
			return true;
		if ((tag = strchr(tag + 1, '"')) == NULL)
			return false;
		tag++;
	}
	return false;
}

static int
check_match(const char *header, const struct held *h, bool exactly)
{
	if (header == NULL)
		return strcmp(conf.product_if_match, "required") == 0 ? E_MATCH_NEEDED : 0;
	return strcmp(header, "*") == 0 || etag_matches(header, h, exactly) ? 0 : E_PRECONDITION;
}

/* $3 is the old stock; $4 the user who sets a new one. */
static struct pg_stmt update_product = PG_STMT("update", "products",
    "WITH done AS ("
    "  UPDATE products p SET " FIELDS_SET ", version = version + 1, revision = revision + 1, updated_at = now()"
    "  WHERE id = $1"
    "  RETURNING p.id, p.price, p.stock, p.version, p.revision, product_doc(p)::text AS doc),"
    " priced AS (INSERT INTO price_history (product_id, price) SELECT id, price FROM done WHERE price <> $5),"
    " counted AS ("
    "  INSERT INTO stock_adjustments (product_id, user_id, delta, stock, reason)"
    "  SELECT id, $4::text, stock - $3::bigint, stock, 'set' FROM done"
    "  WHERE stock <> $3::bigint)"
    " SELECT doc, version, revision, stock, price FROM done");
enum { NEW_STOCK = DOC_REVISION + 1, NEW_PRICE };

static int
record_change(struct pg *pg, const char *id, int64_t before, int64_t after, int64_t *change_id)
{
	return product_change_record(pg, id, NULL, before > 0 && after == 0
	    ? PRODUCT_SOLDOUT : PRODUCT_UPDATED, change_id);
}

/* NULL for subjects that are no UUID. */
static const char *
name_of(const struct caller *who)
{
	return caller_known(who) ? who->user : NULL;
}

int
product_update(struct pg *pg, const struct caller *who, const char *id, const char *match, struct str fields,
    struct product *out, struct effects *effects, int64_t *change_id)
{
	struct pg_rows r;
	struct held h;
	int64_t price;
	int rc;

	if ((rc = hold_product(pg, who, id, &h)) < 0 || (rc = check_match(match, &h,
	    strstr(fields.p, "\"stock\":") != NULL)) < 0)
		return rc;
	rc = pg_query(pg, &r, &update_product, pg_text(id), pg_text(fields.p), pg_int(h.stock), pg_text(name_of(who)),
	    pg_int(h.price));
	if (rc < 0 || (rc = product_from_row(&r, out)) < 0)
		return rc;
	price = pg_integer(&r, 0, NEW_PRICE);
	if (price != h.price && (rc = watch_price_changed(pg, effects, id, h.price, price)) < 0)
		return rc;
	return record_change(pg, id, h.stock, pg_integer(&r, 0, NEW_STOCK), change_id);
}

static struct pg_stmt delete_row = PG_STMT("update", "products",
    "UPDATE products SET deleted_at = now(), version = version + 1, revision = revision + 1 WHERE id = $1");

int
product_delete(struct pg *pg, const struct caller *who, const char *id, const char *match, int64_t *change_id)
{
	struct held h;
	int rc;

	if ((rc = hold_product(pg, who, id, &h)) < 0 || (rc = check_match(match, &h, false)) < 0 ||
	    (rc = pg_query(pg, NULL, &delete_row, pg_text(id))) < 0)
		return rc;
	return product_change_record(pg, id, NULL, PRODUCT_DELETED, change_id);
}

static struct pg_stmt adjust_stock = PG_STMT("update", "products",
    "WITH done AS ("
    "  UPDATE products p SET stock = stock + $2::bigint, revision = revision + 1, updated_at = now()"
    "  WHERE id = $1"
    "  RETURNING p.id, p.stock, p.version, p.revision, product_doc(p)::text AS doc),"
    " counted AS ("
    "  INSERT INTO stock_adjustments (product_id, user_id, delta, stock, reason)"
    "  SELECT id, $3::text, $2::bigint, stock, $4 FROM done)"
    " SELECT doc, version, revision FROM done");

int
product_adjust(struct pg *pg, const struct caller *who, const char *id, int64_t delta, const char *reason,
    struct product *out, int64_t *left, int64_t *change_id)
{
	struct pg_rows r;
	struct held h;
	int rc;

	if ((rc = hold_product(pg, who, id, &h)) < 0)
		return rc;
	*left = h.stock;
	if (h.stock + delta < 0)
		return E_OUT_OF_STOCK;
	if (h.stock + delta > PRODUCT_STOCK_MAX)
		return E_VALIDATION;
	if ((rc = pg_query(pg, &r, &adjust_stock, pg_text(id), pg_int(delta), pg_text(name_of(who)),
	    pg_text(reason))) < 0 || (rc = product_from_row(&r, out)) < 0)
		return rc;
	return record_change(pg, id, h.stock, h.stock + delta, change_id);
}
