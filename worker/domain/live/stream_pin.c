/* stream_pin.c -- the products that a stream shows: pinned, arranged, removed. See stream.h. Yields: all.
 *
 * Pinning and unpinning record a change of the product, published after the commit (product_change.h); the order of
 * all products is published as stream:products.
 */
#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "stream.h"
#include "stream_sql.h"
#include "worker/domain/catalog/product_change.h"
#include "worker/domain/core/room.h"

static struct pg_stmt read_products = PG_STMT("select", "stream_products",
    "SELECT " STREAM_PRODUCTS "::text FROM streams s WHERE stream_key = $1");

int
stream_products(struct arena *mem, const char *key, struct str *list)
{
	struct pg_rows r;
	int rc;

	(void)mem;
	if ((rc = pg_need(pg_shared(), &r, &read_products, pg_text(key))) < 0)
		return rc;
	*list = pg_value(&r, 0, 0);
	return 0;
}

/* The arguments and results of a change. */
struct pinning {
	const char	*key, *product;
	const struct caller *who;
	int64_t		 position;
	int		 highlight;
	int64_t		 change;		/* for product_change_publish; 0: none */
	struct str	 order;			/* of all products, the payload of stream:products */
};

/* --- Steps within the transaction; the stream's row is locked --- */

static struct pg_stmt may_pin = PG_STMT("select", "products",
    "SELECT $3::boolean OR p.seller_id::text = $2,"
    "   EXISTS (SELECT FROM stream_products x WHERE x.stream_key = $1 AND x.product_id = p.id),"
    "   (SELECT count(*) FROM stream_products x WHERE x.stream_key = $1)"
    " FROM products p"
    " WHERE p.id = $4 AND p.seller_id IS NOT NULL AND p.deleted_at IS NULL");
enum { MAY_PIN, IS_PINNED, PINNED };
static struct pg_stmt add_product = PG_STMT("insert", "stream_products",
    "INSERT INTO stream_products (stream_key, product_id, position)"
    " SELECT $1::text, $2::text, coalesce(max(position) + 1, 0)"
    " FROM stream_products WHERE stream_key = $1::text");
static struct pg_stmt drop_product = PG_STMT("delete", "stream_products",
    "DELETE FROM stream_products WHERE stream_key = $1 AND product_id = $2");
static struct pg_stmt has_product = PG_STMT("select", "stream_products",
    "SELECT 1 FROM stream_products WHERE stream_key = $1 AND product_id = $2");
/* Renumbers all products with this one at its new place. */
static struct pg_stmt move_product = PG_STMT("update", "stream_products",
    "WITH ranked AS ("
    "  SELECT product_id, row_number() OVER (ORDER BY position, pinned_at) - 1 AS n"
    "  FROM stream_products"
    "  WHERE stream_key = $1 AND product_id <> $2::text),"
    " placed AS ("
    "  SELECT product_id, n + CASE WHEN n >= $3::int THEN 1 ELSE 0 END AS n"
    "  FROM ranked"
    "  UNION ALL SELECT $2::text, least($3::int, (SELECT count(*) FROM ranked)))"
    " UPDATE stream_products x SET position = p.n FROM placed p"
    " WHERE x.stream_key = $1 AND x.product_id = p.product_id AND x.position <> p.n");
/* Two statements: a unique index allows one highlighted product at any moment. */
static struct pg_stmt lower_all = PG_STMT("update", "stream_products",
    "UPDATE stream_products SET highlighted = false"
    " WHERE stream_key = $1 AND highlighted AND ($3::boolean OR product_id = $2)");
static struct pg_stmt raise_one = PG_STMT("update", "stream_products",
    "UPDATE stream_products SET highlighted = true WHERE stream_key = $1 AND product_id = $2");
static struct pg_stmt read_order = PG_STMT("select", "stream_products",
    "SELECT json_build_object('streamKey', $1::text,"
    "   'products', coalesce(json_agg(json_build_object('productId', product_id, 'position', position,"
    "     'highlighted', highlighted) ORDER BY position, pinned_at), '[]'))::text"
    " FROM stream_products WHERE stream_key = $1");

static int
arrange_product(struct pg *pg, struct pinning *p)
{
	int rc = 0;

	if (p->position >= 0)
		rc = pg_query(pg, NULL, &move_product, pg_text(p->key), pg_text(p->product), pg_int(p->position));
	if (rc == 0 && p->highlight >= 0)
		rc = pg_query(pg, NULL, &lower_all, pg_text(p->key), pg_text(p->product), pg_bool(p->highlight > 0));
	if (rc == 0 && p->highlight > 0)
		rc = pg_query(pg, NULL, &raise_one, pg_text(p->key), pg_text(p->product));
	return rc;
}

static int
pin_product(struct pg *pg, struct pinning *p)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg, &r, &may_pin, pg_text(p->key), pg_text(p->who->user), pg_bool(p->who->admin),
	    pg_text(p->product))) < 0)
		return rc;
	if (*pg_string(&r, 0, MAY_PIN) != 't')
		return E_FORBIDDEN;
	if (*pg_string(&r, 0, IS_PINNED) == 't' || pg_integer(&r, 0, PINNED) >= conf.stream_products_max)
		return E_CONFLICT;
	if ((rc = pg_query(pg, NULL, &add_product, pg_text(p->key), pg_text(p->product))) < 0 ||
	    (rc = arrange_product(pg, p)) < 0)
		return rc;
	return product_change_record(pg, p->product, p->key, PRODUCT_ADDED, &p->change);
}

static int
unpin_product(struct pg *pg, struct pinning *p)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &drop_product, pg_text(p->key), pg_text(p->product))) < 0)
		return rc;
	if (r.affected == 0)
		return E_NOT_FOUND;
	return product_change_record(pg, p->product, p->key, PRODUCT_DELETED, &p->change);
}

static int
rearrange_product(struct pg *pg, struct pinning *p)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &has_product, pg_text(p->key), pg_text(p->product))) < 0)
		return rc;
	return r.n == 0 ? E_NOT_FOUND : arrange_product(pg, p);
}

/* --- The transaction, and the publication after it --- */

static int
apply_in(struct pg *pg, struct pinning *p, int (*step)(struct pg *pg, struct pinning *p))
{
	const char *status;
	struct pg_rows r;
	int rc;

	if ((rc = stream_lock(pg, p->key, p->who, &status)) < 0)
		return rc;
	if (strcmp(status, "ended") == 0)
		return E_STREAM_ENDED;
	if ((rc = step(pg, p)) < 0 || (rc = pg_query(pg, &r, &read_order, pg_text(p->key))) < 0)
		return rc;
	p->order = pg_value(&r, 0, 0);
	return 0;
}

static int
run_pinning(struct arena *mem, struct pinning *p, int (*step)(struct pg *pg, struct pinning *p), struct str *list)
{
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = apply_in(pg, p, step)) < 0)
		pg_rollback(&pg);
	else
		rc = pg_commit(&pg);
	if (rc < 0)
		return rc;
	product_change_publish(p->change);
	room_publish(stream_room(mem, p->key), ROOM_STATE, "stream:products", NULL, p->order, false);
	return stream_products(mem, p->key, list);
}

int
stream_pin(struct arena *mem, const char *key, const struct caller *who, const char *product, int64_t position,
    bool highlight, struct str *list)
{
	struct pinning p = { .key = key, .product = product, .who = who, .position = position, .highlight = highlight
	    ? 1 : -1 };

	return run_pinning(mem, &p, pin_product, list);
}

int
stream_unpin(struct arena *mem, const char *key, const struct caller *who, const char *product, struct str *list)
{
	struct pinning p = { .key = key, .product = product, .who = who };

	return run_pinning(mem, &p, unpin_product, list);
}

int
stream_arrange(struct arena *mem, const char *key, const struct caller *who, const char *product, int64_t position,
    int highlight, struct str *list)
{
	struct pinning p = { .key = key, .product = product, .who = who, .position = position, .highlight = highlight };

	return run_pinning(mem, &p, rearrange_product, list);
}
