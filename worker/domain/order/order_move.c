/* order_move.c -- moves an order from state to state: a table has the moves permitted to each role. See order.h.
 * Yields: all but order_publish.
 *
 * The row is locked first: of two concurrent changes the second sees the result of the first, so stock is returned
 * once, whoever cancels.
 */
#include "order.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "order_doc.h"
#include "run/co.h"
#include "worker/domain/catalog/product_change.h"
#include "worker/domain/core/outbox.h"

enum { BY_BUYER = 1, BY_SELLER = 2, BY_ADMIN = 4, BY_DURE = 8 };
enum { EXPIRE_BATCH = 500 };

/* BY_SELLER: the seller of every item; for ship, each seller of their own items. */
static const struct transition {
	const char	*from[2], *to;
	unsigned	 by;
	bool		 returns;	/* returns the stock */
	const char	*event;
} transitions[] = {
	[ORDER_PAY]	= { { "pending" },		"paid",		BY_ADMIN | BY_DURE, false, "order.paid" },
	[ORDER_SHIP]	= { { "paid" },			"shipped",	BY_SELLER | BY_ADMIN, false, "order.shipped" },
	[ORDER_DELIVER]	= { { "shipped" },		"delivered",	BY_BUYER | BY_SELLER | BY_ADMIN, false,
	"order.delivered" },
	[ORDER_CANCEL]	= { { "pending", "paid" },	"cancelled",	BY_BUYER | BY_SELLER | BY_ADMIN | BY_DURE, true,
	"order.cancelled" },
	[ORDER_EXPIRE]	= { { "pending" },		"cancelled",	BY_DURE, true, "order.cancelled" },
};

/* The order when its row was locked. */
struct state {
	const char	*status, *user, *payment;
	int64_t		 total, items, own_items, shipped;	/* items: all, the calling seller's, those shipped */
};

enum { STATUS, USER, PAYMENT, TOTAL, ITEMS, OWN_ITEMS, SHIPPED };	/* columns */
static struct pg_stmt lock_order = PG_STMT("select", "orders",
    "SELECT o.status, o.user_id, o.payment_id, o.total, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id),"
    "   (SELECT count(*) FROM order_items i WHERE i.order_id = o.id AND i.seller_id = $2::text),"
    "   (SELECT count(*) FROM order_items i WHERE i.order_id = o.id AND i.shipped_at IS NOT NULL)"
    " FROM orders o WHERE o.id = $1 FOR NO KEY UPDATE OF o");

static int
hold_order(struct pg *pg, const char *id, const struct caller *who, struct state *s)
{
	const char *user = who != NULL && caller_known(who) ? who->user : NULL;
	struct pg_rows r;
	int rc;

	if (!uuid_valid(id))
		return E_NOT_FOUND;
	if ((rc = pg_need(pg, &r, &lock_order, pg_text(id), pg_text(user))) < 0)
		return rc;
	*s = (struct state){
		.status = pg_string(&r, 0, STATUS), .user = pg_string(&r, 0, USER),
		.payment = pg_string(&r, 0, PAYMENT), .total = pg_integer(&r, 0, TOTAL),
		.items = pg_integer(&r, 0, ITEMS), .own_items = pg_integer(&r, 0, OWN_ITEMS),
		.shipped = pg_integer(&r, 0, SHIPPED),
	};
	return 0;
}

/* The caller's roles in this order; 0: none. */
static unsigned
part_of(const struct caller *who, const struct state *s, enum order_action action)
{
	unsigned part = 0;

	if (who == NULL)
		return BY_DURE;
	if (who->admin)
		part |= BY_ADMIN;
	if (who->user != NULL && s->user != NULL && strcmp(who->user, s->user) == 0)
		part |= BY_BUYER;
	if (s->own_items > 0 && (s->own_items == s->items || action == ORDER_SHIP))
		part |= BY_SELLER;
	return part;
}

/* The buyer's request suffices where no provider's event is awaited. */
bool
order_pays_directly(void)
{
	if (strcmp(conf.payment_mode, "auto") == 0)
		return !conf.strict && *conf.payment_webhook_secret == '\0';
	return strcmp(conf.payment_mode, "direct") == 0;
}

static int
check_change(const struct order_change *c, const struct state *s)
{
	const struct transition *t = &transitions[c->action];
	unsigned by = t->by | (c->action == ORDER_PAY && order_pays_directly() ? BY_BUYER : 0),
	    part = part_of(c->who, s, c->action);

	if (part == 0 && s->own_items == 0)
		return E_NOT_FOUND;
	if ((part & by) == 0)
		return E_FORBIDDEN;
	if (strcmp(s->status, t->from[0]) != 0 && (t->from[1] == NULL || strcmp(s->status, t->from[1]) != 0))
		return E_ORDER_STATE;
	if (t->returns && s->shipped > 0)
		return E_ORDER_STATE;		/* some items are shipped already */
	return c->amount >= 0 && c->amount != s->total ? E_VALIDATION : 0;
}

/* The reason of a cancellation: by whom. */
static const char *
reason_of(const struct order_change *c, const struct state *s)
{
	unsigned part = part_of(c->who, s, c->action);

	if (c->action == ORDER_EXPIRE)
		return "expired";
	if (c->action != ORDER_CANCEL)
		return NULL;
	return part & BY_DURE ? c->reason : part & BY_BUYER ? "buyer" : part & BY_SELLER ? "seller" : "admin";
}

static struct pg_stmt ship_rows = PG_STMT("update", "order_items",
    "UPDATE order_items SET shipped_at = now()"
    " WHERE order_id = $1 AND shipped_at IS NULL AND ($2::text IS NULL OR seller_id = $2)");
static struct pg_stmt move_row = PG_STMT("update", "orders",
    "UPDATE orders SET status = $2, payment_id = coalesce($3, payment_id), cancel_reason = $4,"
    "   paid_at = CASE $2 WHEN 'paid' THEN now() ELSE paid_at END,"
    "   shipped_at = CASE $2 WHEN 'shipped' THEN now() ELSE shipped_at END,"
    "   delivered_at = CASE $2 WHEN 'delivered' THEN now() ELSE delivered_at END,"
    "   cancelled_at = CASE $2 WHEN 'cancelled' THEN now() ELSE cancelled_at END"
    " WHERE id = $1");
static struct pg_stmt add_stock = PG_STMT("update", "products",
    "WITH held AS MATERIALIZED ("
    "  SELECT p.id, i.quantity"
    "  FROM order_items i JOIN products p ON p.id = i.product_id"
    "  WHERE i.order_id = $1 ORDER BY p.id FOR NO KEY UPDATE OF p)"
    " UPDATE products p SET stock = p.stock + h.quantity, sold = p.sold - h.quantity, revision = p.revision + 1"
    " FROM held h WHERE p.id = h.id"
    " RETURNING p.id");

/* Ships the seller's own items, or all; *whole when none is left. */
static int
ship_items(struct pg *pg, const struct order_change *c, const struct state *s, bool *whole)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &ship_rows, pg_text(c->id), pg_text(c->who->admin ? NULL : c->who->user));
	if (rc == 0 && r.affected == 0)
		return E_ORDER_STATE;
	*whole = s->shipped + r.affected == s->items;
	return rc;
}

static int
return_stock(struct pg *pg, struct arena *mem, const char *id, struct order_changed *out)
{
	struct pg_rows r;
	int i, rc;

	if ((rc = pg_query(pg, &r, &add_stock, pg_text(id))) < 0)
		return rc;
	out->products = arena_zalloc(mem, (size_t)(r.n + 1) * sizeof(*out->products));
	for (i = 0; i < r.n; i++)
		out->products[i] = arena_strdup(mem, pg_string(&r, i, 0));
	return 0;
}

static struct pg_stmt add_event = PG_STMT("insert", "kafka_outbox",
    "INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    " SELECT $2, 'order-events', o.id::text, $3, $4, $5,"
    "   json_strip_nulls(json_build_object('messageId', $3::text, 'type', $4::text, 'orderId', o.id,"
    "     'userId', o.user_id, 'status', o.status, 'total', o.total, 'streamKey', o.stream_key,"
    "     'paymentId', o.payment_id, 'reason', o.cancel_reason, 'refund', nullif($6::bigint, -1),"
    "     'items', ("
    "       SELECT json_agg(json_build_object('productId', i.product_id, 'sellerId', i.seller_id, 'name', i.name,"
    "         'price', i.price, 'quantity', i.quantity) ORDER BY i.product_id)"
    "       FROM order_items i WHERE i.order_id = o.id),"
    "     'timestamp', iso(now())))::text"
    " FROM orders o WHERE o.id = $1");

int
order_event(struct pg *pg, const char *id, const char *type, int64_t refund, const char *traceparent)
{
	char message[UUID_TEXT_BYTES];

	return pg_query(pg, NULL, &add_event, pg_text(id), pg_int(outbox_shard(id)), pg_text(uuid_text(message)),
	    pg_text(type), pg_text(traceparent), pg_int(refund));
}

/* Updates the rows; products last, because other orders wait for them. */
static int
apply_change(struct pg *pg, struct arena *mem, const struct order_change *c, const struct state *s,
    struct order_changed *out)
{
	const struct transition *t = &transitions[c->action];
	bool was_paid = strcmp(s->status, "paid") == 0, whole = true;
	int rc;

	if (c->action == ORDER_SHIP && ((rc = ship_items(pg, c, s, &whole)) < 0 || !whole))
		return rc;
	if ((rc = pg_query(pg, NULL, &move_row, pg_text(c->id), pg_text(t->to), pg_text(c->payment),
	    pg_text(reason_of(c, s)))) < 0 ||
	    (rc = order_event(pg, c->id, t->event, t->returns && was_paid ? s->total : -1, c->traceparent)) < 0)
		return rc;
	return t->returns ? return_stock(pg, mem, c->id, out) : 0;
}

/* The changed order as the caller sees it; row-level security selects a seller's items. */
static int
read_changed(struct pg *pg, const struct order_change *c, struct order_changed *out)
{
	struct pg_rows r;
	int rc;

	if (c->who == NULL)
		return 0;
	if ((rc = order_doc(pg, c->who, c->id, &r)) == 0)
		out->json = pg_value(&r, 0, 0);
	return rc;
}

int
order_move(struct pg *pg, struct arena *mem, const struct order_change *c, struct order_changed *out)
{
	struct state s;
	int rc;

	*out = (struct order_changed){ 0 };
	if ((rc = hold_order(pg, c->id, c->who, &s)) < 0)
		return rc;
	out->status = s.status;
	out->payment = s.payment;
	out->total = s.total;
	if ((rc = check_change(c, &s)) < 0 || (rc = apply_change(pg, mem, c, &s, out)) < 0)
		return rc;
	return read_changed(pg, c, out);
}

void
order_publish(const struct order_changed *c)
{
	char **p;

	outbox_announce();
	for (p = c->products; p != NULL && *p != NULL; p++)
		product_change_stock(*p);
}

static struct pg_stmt find_due = PG_STMT("select", "orders",
    "SELECT id FROM orders WHERE status = 'pending' AND expires_at <= now() ORDER BY expires_at LIMIT $1");

/* An order that was paid or cancelled a moment ago is skipped. */
static int
expire_one(const char *id)
{
	struct order_change c = { .id = id, .action = ORDER_EXPIRE, .amount = -1 };
	struct order_changed done;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = pg_end(&pg, order_move(pg, co_arena(), &c, &done))) == 0)
		order_publish(&done);
	return rc == E_ORDER_STATE || rc == E_NOT_FOUND ? 0 : rc;
}

int
order_expire(int64_t *n)
{
	struct pg_rows r;
	int i, rc;

	if ((rc = pg_query(pg_shared(), &r, &find_due, pg_int(EXPIRE_BATCH))) < 0)
		return rc;
	for (i = 0; i < r.n && rc == 0; i++)
		rc = expire_one(pg_string(&r, i, 0));
	*n = i;
	return rc;
}
