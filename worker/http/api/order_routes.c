/* order_routes.c -- orders: placed, followed, moved on. Yields: all. The rules are in domain/order/order.h. */
#include "../once.h"
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "route_caller.h"
#include "routes.h"
#include "worker/domain/core/idempotency.h"
#include "worker/domain/order/order.h"

/* --- Placed --- */

struct place_in {
	const struct json	*items;
	const char		*stream;
};
static const struct param place_params[] = {
	P_ANY(FROM_JSON, struct place_in, items, "items", REQUIRED),
	P_ID(FROM_JSON, struct place_in, stream, "streamKey", OPTIONAL),
	PARAM_END
};
static const struct param item_params[] = {
	P_ID(FROM_JSON, struct order_item, product, "productId", REQUIRED),
	P_INT(FROM_JSON, struct order_item, quantity, "quantity", REQUIRED, 1, ORDER_QUANTITY_MAX, NULL),
	PARAM_END
};

/* A fault of one item under its name in the order. */
static void
add_faults(struct req *rq, const struct param_faults *f, size_t at)
{
	int i;

	for (i = 0; i < f->n && rq->faults.n < PARAM_FAULTS_MAX; i++)
		rq->faults.v[rq->faults.n++] = (struct param_fault){
			arena_printf(rq->mem, "items[%zu].%s", at, f->v[i].field), f->v[i].reason, f->v[i].row };
}

/* Refuse a field whose value lies outside 1 to `max`. */
static int
refuse_field(struct req *rq, const char *field, enum param_reason reason, enum param_kind kind, int64_t max)
{
	struct param *row = arena_zalloc(rq->mem, sizeof(*row));

	*row = (struct param){ .name = field, .kind = kind, .min = 1, .max = max };
	rq->faults = (struct param_faults){ { { field, reason, row } }, 1 };
	return E_VALIDATION;
}

static int
bind_items(struct req *rq, const struct json *list, struct order_request *o)
{
	struct param_input in = { 0 };
	struct param_faults faults;
	size_t n = json_count(list);

	if (json_type(list) != JSON_ARRAY)
		return refuse_field(rq, "items", REASON_TYPE, PARAM_STRS, 0);
	if (n == 0 || n > (size_t)conf.order_items_max)
		return refuse_field(rq, "items", REASON_COUNT, PARAM_STRS, conf.order_items_max);
	o->items = arena_zalloc(rq->mem, n * sizeof(*o->items));
	for (in.body = json_first(list); in.body != NULL; in.body = json_next(in.body), o->n++)
		if (param_bind(rq->mem, item_params, &in, &o->items[o->n], &faults) < 0)
			add_faults(rq, &faults, o->n);
	return rq->faults.n > 0 ? E_VALIDATION : 0;
}

/* Under an Idempotency-Key the order's id follows from it, so that a request taken over finds what the first one did.
 */
static const char *
order_id(struct req *rq)
{
	char *id = arena_alloc(rq->mem, UUID_TEXT_BYTES);

	return rq->once != NULL ? idempotency_uuid(id, rq->once) : uuid_text(id);
}

/* [{"field":"items","productId":…,"requested":…,"available":…,"reason":…}]; available null: no such product. */
static struct str
lacks_json(struct req *rq, const struct order_outcome *o)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; i < o->n_lacks; i++) {
		const struct order_lack *l = &o->lacks[i];
		bool there = l->available >= 0;
		const char *reason = there ? (rq->english ? "not enough in stock" : "재고가 부족합니다")
		    : (rq->english ? "no such product" : "없는 상품입니다");
		struct json_field f[] = { JS("field", "items"), JS("reason", reason), JS("productId", l->product),
			JI("requested", l->requested), JIF(there, JI("available", l->available)) };

		if (i > 0)
			buf_byte(&b, ',');
		json_put_obj(&b, f, NELEM(f));
	}
	buf_byte(&b, ']');
	return buf_to_arena(rq->mem, &b);
}

/* Whether an earlier attempt of this request succeeded and only its answer was lost: it may have taken the last item.
 */
static bool
was_placed(struct req *rq, const struct caller *who, const char *id, int rc, struct str *json)
{
	bool refused = rc == E_CONFLICT || rc == E_OUT_OF_STOCK || rc == E_NOT_FOUND || rc == E_VALIDATION;

	return refused && rq->once != NULL && order_read(who, id, json) == 0;
}

/* POST /api/v1/orders */
static int
order_post(struct req *rq, const void *args)
{
	const struct place_in *in = args;
	const struct caller who = req_caller(rq);
	struct order_request o = { .user = rq->user, .stream = in->stream, .traceparent = rq->traceparent };
	struct order_outcome out;
	int rc;

	if (!caller_known(&who))
		return E_FORBIDDEN;
	if ((rc = bind_items(rq, in->items, &o)) < 0)
		return rc;
	o.id = order_id(rq);
	rc = order_place(rq->mem, &o, &out);
	if (was_placed(rq, &who, o.id, rc, &out.json))
		rc = 0;
	if ((rc == E_OUT_OF_STOCK || rc == E_NOT_FOUND) && out.n_lacks > 0)
		rq->details = lacks_json(rq, &out);
	if (rc == E_VALIDATION)
		refuse_field(rq, "total", REASON_RANGE, PARAM_INT, conf.order_total_max);
	if (rc < 0)
		return rc;
	return reply_data(rq, 201, out.json, MSG_ORDERED);
}

/* --- Read --- */

static const struct param list_params[] = {
	P_PICK(FROM_QUERY, struct order_filter, view, "view", OPTIONAL, ORDER_VIEWS, "buyer"),
	P_PICK(FROM_QUERY, struct order_filter, status, "status", OPTIONAL, ORDER_STATES, NULL),
	P_PAGE(struct order_filter, 100, "20"),
	PARAM_END
};

static int
order_history(struct req *rq, const void *args)
{
	const struct caller who = req_caller(rq);
	const char *next;
	struct str list;
	int rc;

	if ((rc = order_list(rq->mem, &who, args, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

struct id_in { const char *id; };
static const struct param id_params[] = {
	P_ID(FROM_PATH, struct id_in, id, "id", REQUIRED), PARAM_END
};

static int
order_get(struct req *rq, const void *args)
{
	const struct id_in *in = args;
	const struct caller who = req_caller(rq);
	struct str json;
	int rc;

	if ((rc = order_read(&who, in->id, &json)) < 0)
		return rc;
	return reply_data(rq, 200, json, MSG_NONE);
}

/* --- Moved on --- */

static int
order_step(struct req *rq, const char *id, const char *payment, enum order_action action, enum message m)
{
	const struct caller who = req_caller(rq);
	struct order_change c = {
		.id = id, .action = action, .who = &who, .payment = payment, .traceparent = rq->traceparent,
		.amount = -1,
	};
	struct order_changed done;
	struct pg *pg;
	int rc;

	if (!rq->admin && !caller_known(&who))
		return E_FORBIDDEN;
	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = order_move(pg, rq->mem, &c, &done);
	if (rc == E_ORDER_STATE)
		rq->details = str_of(arena_printf(rq->mem, "[{\"field\":\"status\",\"reason\":\"%s\"}]", done.status));
	if (rc == 0)
		rc = once_store(rq, pg, 200, json_obj(rq->mem, JB("success", true), JR("data", done.json),
		    JS("message", message_text(m, rq->english))));
	if ((rc = pg_end(&pg, rc)) < 0)
		return rc;
	order_publish(&done);
	return reply_data(rq, 200, done.json, m);
}

static int
order_cancel(struct req *rq, const void *args)
{
	return order_step(rq, ((const struct id_in *)args)->id, NULL, ORDER_CANCEL, MSG_ORDER_CANCELLED);
}

static int
order_ship(struct req *rq, const void *args)
{
	return order_step(rq, ((const struct id_in *)args)->id, NULL, ORDER_SHIP, MSG_ORDER_SHIPPED);
}

static int
order_deliver(struct req *rq, const void *args)
{
	return order_step(rq, ((const struct id_in *)args)->id, NULL, ORDER_DELIVER, MSG_ORDER_DELIVERED);
}

struct pay_in { const char *id, *payment; };
static const struct param pay_params[] = {
	P_ID(FROM_PATH, struct pay_in, id, "id", REQUIRED),
	P_ID(FROM_JSON, struct pay_in, payment, "paymentId", OPTIONAL),
	PARAM_END
};

/* POST /api/v1/orders/{id}/pay -- paid; or 202 with what the page needs to send the buyer to the provider. */
static int
order_pay(struct req *rq, const void *args)
{
	const struct pay_in *in = args;
	const struct caller who = req_caller(rq);
	struct str json;
	int rc;

	if (rq->admin || order_pays_directly())
		return order_step(rq, in->id, in->payment, ORDER_PAY, MSG_ORDER_PAID);
	if ((rc = order_read(&who, in->id, &json)) < 0)
		return rc;
	return reply_data(rq, 202, json, MSG_PAYMENT_AWAITED);
}

const struct route order_routes[] = {
	{ "POST", "/api/v1/orders", order_post, place_params, AUTH_USER, RATE_WRITE, 10000,
	    "Order {productId,quantity} items: all of them or, 409 OUT_OF_STOCK with what lacks, none",
	    "201 " DATA_SAID("Order") " !OUT_OF_STOCK !NOT_FOUND !FORBIDDEN", ROUTE_ONCE },
	{ "GET", "/api/v1/orders", order_history, list_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "What the caller bought, newest first; view=seller: what was bought of him, his own items; view=all: an "
	    "admin's", LIST("Order") " !FORBIDDEN", 0 },
	{ "GET", "/api/v1/orders/{id}", order_get, id_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "An order: the buyer's, or the seller's part of it", DATA("Order") " !FORBIDDEN", 0 },
	{ "POST", "/api/v1/orders/{id}/cancel", order_cancel, id_params, AUTH_USER, RATE_WRITE, 5000,
	    "Cancel an order that is not on its way; its stock goes back",
	    DATA_SAID("Order") " !ORDER_STATE_CONFLICT !FORBIDDEN", ROUTE_ONCE },
	{ "POST", "/api/v1/orders/{id}/pay", order_pay, pay_params, AUTH_USER, RATE_WRITE, 5000,
	    "Pay an order; 202 where the payment provider's word is waited for (PAYMENT_MODE)",
	    DATA_SAID("Order") " 202 " DATA_SAID("Order") " !ORDER_STATE_CONFLICT !FORBIDDEN", ROUTE_ONCE },
	{ "POST", "/api/v1/orders/{id}/ship", order_ship, id_params, AUTH_SELLER, RATE_WRITE, 5000,
	    "Send off the caller's items of a paid order; it is shipped when all are",
	    DATA_SAID("Order") " !ORDER_STATE_CONFLICT !FORBIDDEN", ROUTE_ONCE },
	{ "POST", "/api/v1/orders/{id}/deliver", order_deliver, id_params, AUTH_USER, RATE_WRITE, 5000,
	    "It has arrived", DATA_SAID("Order") " !ORDER_STATE_CONFLICT !FORBIDDEN", ROUTE_ONCE },
	{ 0 }
};
