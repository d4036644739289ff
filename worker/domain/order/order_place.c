/* order_place.c -- places an order, in one statement. See order.h. Yields: order_place.
 *
 * A popular product's row is the bottleneck: an order holds its lock until the commit. Hence there is no round trip
 * while it is held, an order that finds too little stock does not lock it, and concurrent orders share a commit
 * (order_queue.h).
 */
#include "order.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "order_queue.h"
#include "worker/domain/catalog/product_change.h"
#include "worker/domain/core/outbox.h"

/* $1 id, $2 products (sorted), $3 quantities, $4 user, $5 stream, $6 seconds until it must be paid, $7 largest total,
 * $8 message id, $9 shard, $10 traceparent. The LIMIT tells the planner that there are few (a generic plan assumes
 * ten, and scans the table). `held` locks in the order of ids and rechecks the stock under the lock; `bill` makes it
 * all or nothing. */
static struct pg_stmt place_order = PG_STMT("insert", "orders",
    "WITH want AS MATERIALIZED ("
    "  SELECT * FROM unnest($2::text[], $3::int[]) AS w (id, quantity) LIMIT cardinality($2::text[])),"
    " held AS MATERIALIZED ("
    "  SELECT p.id, p.name, p.price, p.seller_id, w.quantity"
    "  FROM want w JOIN products p ON p.id = w.id"
    "  WHERE p.seller_id IS NOT NULL AND p.deleted_at IS NULL AND p.stock >= w.quantity"
    "  ORDER BY p.id FOR NO KEY UPDATE OF p),"
    " bill AS MATERIALIZED ("
    "  SELECT sum(price::numeric * quantity)::bigint AS total,"
    "    json_agg(json_build_object('productId', id, 'sellerId', seller_id, 'name', name, 'price', price,"
    "      'quantity', quantity) ORDER BY id) AS items"
    "  FROM held"
    "  HAVING count(*) = cardinality($2::text[]) AND sum(price::numeric * quantity) <= $7::bigint),"
    " taken AS ("
    "  UPDATE products p SET stock = p.stock - h.quantity, sold = p.sold + h.quantity, revision = p.revision + 1"
    "  FROM held h, bill WHERE p.id = h.id"
    "  RETURNING p.id, p.stock, CASE WHEN p.stock = 0 THEN product_doc(p) END AS doc),"
    " placed AS ("
    "  INSERT INTO orders (id, user_id, total, stream_key, expires_at)"
    "  SELECT $1::uuid, $4::uuid, total, $5, now() + make_interval(secs => $6::double precision)"
    "  FROM bill"
    "  RETURNING id, user_id, total, stream_key, iso(created_at) AS created, iso(expires_at) AS expires),"
    " listed AS ("
    "  INSERT INTO order_items (order_id, product_id, user_id, seller_id, name, price, quantity)"
    "  SELECT o.id, h.id, o.user_id, h.seller_id, h.name, h.price, h.quantity"
    "  FROM placed o, held h),"
    " soldout AS ("
    "  INSERT INTO product_changes (product_id, change, doc)"
    "  SELECT id, 'soldout', doc || jsonb_build_object('productId', id, 'change', 'soldout')"
    "  FROM taken"
    "  WHERE stock = 0 AND EXISTS (SELECT FROM live_streams_of(id))"
    "  RETURNING id),"
    " told AS ("
    "  INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    "  SELECT $9, 'order-events', o.id::text, $8, 'order.created', $10,"
    "    json_build_object('messageId', $8::text, 'type', 'order.created', 'orderId', o.id, 'userId', o.user_id,"
    "      'status', 'pending', 'total', o.total, 'streamKey', o.stream_key, 'items', b.items,"
    "      'timestamp', o.created)::text"
    "  FROM placed o, bill b)"
    " SELECT json_build_object('id', o.id, 'userId', o.user_id, 'status', 'pending', 'total', o.total,"
    "   'streamKey', o.stream_key, 'paymentId', NULL, 'cancelReason', NULL, 'items', b.items, 'createdAt', o.created,"
    "   'expiresAt', o.expires, 'paidAt', NULL, 'shippedAt', NULL, 'deliveredAt', NULL, 'cancelledAt', NULL)::text,"
    "   (SELECT string_agg(id::text, ',') FROM soldout)"
    " FROM placed o, bill b");

/* Why an order was refused: what lacks now. */
static struct pg_stmt find_lacks = PG_STMT("select", "products",
    "SELECT w.id, w.quantity, coalesce(p.stock, -1)"
    " FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS w (id, quantity, n)"
    "   LEFT JOIN products p ON p.id = w.id AND p.seller_id IS NOT NULL AND p.deleted_at IS NULL"
    " WHERE p.id IS NULL OR p.stock < w.quantity ORDER BY n");
enum { LACKED_ID, REQUESTED, AVAILABLE };

static struct pg_stmt sum_exceeds = PG_STMT("select", "products",
    "SELECT coalesce(sum(p.price::numeric * w.quantity), 0) > $3::bigint"
    " FROM unnest($1::text[], $2::int[]) AS w (id, quantity) JOIN products p ON p.id = w.id");

static int
compare_items(const void *a, const void *b)
{
	return strcmp(((const struct order_item *)a)->product, ((const struct order_item *)b)->product);
}

/* Merges the items of one product. Sums stay within bounds: there are at most ORDER_ITEMS_MAX items. */
static void
merge_items(struct order_request *o)
{
	size_t i, n = 0;

	qsort(o->items, o->n, sizeof(*o->items), compare_items);
	for (i = 1; i < o->n; i++)
		if (strcmp(o->items[n].product, o->items[i].product) == 0)
			o->items[n].quantity += o->items[i].quantity;
		else
			o->items[++n] = o->items[i];
	o->n = n + 1;
}

/* The items as two PostgreSQL arrays. */
static void
put_arrays(struct arena *mem, const struct order_request *o, const char **ids, const char **quantities)
{
	size_t i, bytes = 3;
	char *id, *quantity;
	const char *p;

	for (i = 0; i < o->n; i++)
		bytes += 2 * strlen(o->items[i].product) + 3;
	*ids = id = arena_alloc(mem, bytes);
	*quantities = quantity = arena_alloc(mem, o->n * 21 + 3);
	for (i = 0; i < o->n; i++) {
		*id++ = i == 0 ? '{' : ',';
		*id++ = '"';
		for (p = o->items[i].product; *p != '\0'; *id++ = *p++)
			if (*p == '"' || *p == '\\')
				*id++ = '\\';
		*id++ = '"';
		quantity += sprintf(quantity, "%c%lld", i == 0 ? '{' : ',', (long long)o->items[i].quantity);
	}
	memcpy(id, "}", 2);
	memcpy(quantity, "}", 2);
}

/* Nothing lacks now: the total is too high, or the stock was short a moment ago. */
static int
explain_total(const char *ids, const char *quantities)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg_shared(), &r, &sum_exceeds, pg_text(ids), pg_text(quantities), pg_int(conf.order_total_max));
	return rc < 0 ? rc : *pg_string(&r, 0, 0) == 't' ? E_VALIDATION : E_OUT_OF_STOCK;
}

/* E_NOT_FOUND when a product is not for sale at all. */
static int
explain_refusal(struct arena *mem, const char *ids, const char *quantities, struct order_outcome *out)
{
	struct pg_rows r;
	int i, rc;

	if ((rc = pg_query(pg_shared(), &r, &find_lacks, pg_text(ids), pg_text(quantities))) < 0)
		return rc;
	if (r.n == 0)
		return explain_total(ids, quantities);
	out->lacks = arena_alloc(mem, (size_t)(r.n + 1) * sizeof(*out->lacks));
	out->n_lacks = (size_t)r.n;
	rc = E_OUT_OF_STOCK;
	for (i = 0; i < r.n; i++) {
		out->lacks[i] = (struct order_lack){ pg_string(&r, i, LACKED_ID), pg_integer(&r, i, REQUESTED),
		    pg_integer(&r, i, AVAILABLE) };
		if (out->lacks[i].available < 0)
			rc = E_NOT_FOUND;
	}
	return rc;
}

static void
publish_order(const struct order_request *o, const char *soldout)
{
	char *end;
	size_t i;

	outbox_announce();
	for (; soldout != NULL && *soldout != '\0'; soldout = *end == ',' ? end + 1 : end)
		product_change_publish(strtoll(soldout, &end, 10));
	for (i = 0; i < o->n; i++)
		product_change_stock(o->items[i].product);
}

int
order_place(struct arena *mem, struct order_request *o, struct order_outcome *out)
{
	struct pg_arg args[11] = { { NULL, "" } };
	struct str soldout = { 0 };
	const char *ids, *quantities;
	char message[UUID_TEXT_BYTES];
	int rc;

	*out = (struct order_outcome){ 0 };
	merge_items(o);
	put_arrays(mem, o, &ids, &quantities);
	args[1] = pg_text(o->id);
	args[2] = pg_text(ids);
	args[3] = pg_text(quantities);
	args[4] = pg_text(o->user);
	args[5] = pg_text(o->stream);
	args[6] = pg_int(conf.order_payment_s);
	args[7] = pg_int(conf.order_total_max);
	args[8] = pg_text(uuid_text(message));
	args[9] = pg_int(outbox_shard(o->id));
	args[10] = pg_text(o->traceparent);
	if ((rc = order_queue_run(&place_order, args, NELEM(args), ids, &out->json, &soldout)) < 0)
		return rc;
	if (out->json.p == NULL)
		return explain_refusal(mem, ids, quantities, out);
	publish_order(o, soldout.p);
	return 0;
}
