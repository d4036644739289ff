/* shop_routes.c -- the products of the shop: found, made, changed, in bulk. Yields: all. The rules are in
 * domain/catalog/product.h. */
#include "../items.h"
#include "../once.h"
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/user_id.h"
#include "route_caller.h"
#include "routes.h"
#include "worker/domain/catalog/product.h"
#include "worker/domain/catalog/product_cache.h"
#include "worker/domain/catalog/product_change.h"

/* --- Found --- */

static const struct param filter_params[] = {
	P_STR(FROM_QUERY, struct product_filter, q, "q", OPTIONAL, 0, 200),
	P_ID(FROM_QUERY, struct product_filter, category, "category", OPTIONAL),
	P_ID(FROM_QUERY, struct product_filter, seller, "seller", OPTIONAL),
	P_INT(FROM_QUERY, struct product_filter, price_min, "minPrice", OPTIONAL, 0, PRODUCT_PRICE_MAX, "0"),
	P_INT(FROM_QUERY, struct product_filter, price_max, "maxPrice", OPTIONAL, 0, PRODUCT_PRICE_MAX, "10000000000"),
	P_BOOL(FROM_QUERY, struct product_filter, in_stock, "inStock", OPTIONAL, "false"),
	P_PICK(FROM_QUERY, struct product_filter, sort, "sort", OPTIONAL, PRODUCT_SORTS, "newest"),
	P_PAGE(struct product_filter, 100, "20"),
	PARAM_END
};

static void
check_uuid(struct req *rq, const char *field, const char *value, const struct param *row)
{
	if (value != NULL && !uuid_valid(value))
		rq->faults.v[rq->faults.n++] = (struct param_fault){ field, REASON_UUID, row };
}

static int
shop_list(struct req *rq, const void *args)
{
	const struct product_filter *f = args;
	const char *next;
	struct str list;
	int rc;

	check_uuid(rq, "category", f->category, &filter_params[1]);
	check_uuid(rq, "seller", f->seller, &filter_params[2]);
	if (rq->faults.n > 0)
		return E_VALIDATION;
	if ((rc = product_list(rq->mem, args, false, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

static const struct param export_params[] = {
	P_STR(FROM_QUERY, struct product_filter, cursor, "cursor", OPTIONAL, 1, 512), PARAM_END
};

/* GET …/products/export -- the caller's own products; an admin gets all. */
static int
shop_export(struct req *rq, const void *args)
{
	struct product_filter f = *(const struct product_filter *)args;
	const char *next;
	struct str lines;
	int rc;

	if (!rq->admin && (rq->user == NULL || !user_id_valid(rq->user)))
		return E_FORBIDDEN;
	f.seller = rq->admin ? NULL : rq->user;
	f.price_max = PRODUCT_PRICE_MAX;
	f.sort = "oldest";
	f.limit = conf.product_export_rows;
	if ((rc = product_list(rq->mem, &f, true, &lines, &next)) < 0)
		return rc;
	reply_header(rq, "Content-Disposition", "attachment; filename=\"products.ndjson\"");
	if (next != NULL)
		reply_header(rq, "X-Next-Cursor", next);
	return reply_text(rq, 200, "application/x-ndjson; charset=utf-8", lines);
}

struct id_in { const char *id; };
static const struct param id_params[] = {
	P_ID(FROM_PATH, struct id_in, id, "id", REQUIRED), PARAM_END
};

static int
shop_read(struct req *rq, const void *args)
{
	const struct id_in *in = args;
	struct product p;
	int rc;

	if ((rc = product_get(in->id, &p)) < 0)
		return rc;
	reply_data(rq, 200, p.json, MSG_NONE);
	rq->reply.etag = product_etag(rq->mem, &p);
	product_cache_read(in->id);
	return 0;
}

/* --- Made and changed --- */

static struct str
data_json(struct req *rq, const struct product *p)
{
	return json_obj(rq->mem, JB("success", true), JR("data", p->json));
}

/* The answer, stored under the request's Idempotency-Key within the transaction. */
static int
commit_product(struct req *rq, struct pg **pg, int rc, int status, const struct product *p)
{
	if (rc == 0)
		rc = once_store(rq, *pg, status, data_json(rq, p));
	if ((rc = pg_end(pg, rc)) < 0)
		return rc;
	reply_header(rq, "ETag", product_etag(rq->mem, p));
	return reply_json(rq, status, data_json(rq, p));
}

static const struct param create_params[] = {
	P_ID(FROM_JSON, struct product_in, id, "id", OPTIONAL), PRODUCT_PARAMS(REQUIRED), PARAM_END
};

static int
shop_post(struct req *rq, const void *args)
{
	const struct product_in *in = args;
	const struct caller who = req_caller(rq);
	struct product p;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = product_create(pg, &who, in->id, product_fields(rq->mem, rq->json, in), &p);
	if ((rc = commit_product(rq, &pg, rc, 201, &p)) == 0)
		product_cache_changed(in->id != NULL ? in->id : "");
	return rc;
}

static const struct param change_params[] = {
	P_ID(FROM_PATH, struct product_in, id, "id", REQUIRED), PRODUCT_PARAMS(OPTIONAL), PARAM_END
};

static int
shop_patch(struct req *rq, const void *args)
{
	const struct product_in *in = args;
	const struct caller who = req_caller(rq);
	struct effects *effects = effects_new(rq->mem);
	int64_t change = 0;
	struct product p;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = product_update(pg, &who, in->id, rq->header[HDR_IF_MATCH], product_fields(rq->mem, rq->json, in), &p,
	    effects, &change);
	if ((rc = commit_product(rq, &pg, rc, 200, &p)) < 0)
		return rc;
	product_cache_effects(effects, in->id);
	effects_apply(effects);
	product_change_publish(change);
	return 0;
}

static int
shop_remove(struct req *rq, const void *args)
{
	const struct id_in *in = args;
	const struct caller who = req_caller(rq);
	int64_t change = 0;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = product_delete(pg, &who, in->id, rq->header[HDR_IF_MATCH], &change);
	if ((rc = pg_end(&pg, rc)) < 0)
		return rc;
	product_cache_changed(in->id);
	product_change_publish(change);
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(MSG_PRODUCT_DELETED, rq->english))));
}

struct stock_in {
	const char	*id, *reason;
	int64_t		 delta;
};
static const struct param stock_params[] = {
	P_ID(FROM_PATH, struct stock_in, id, "id", REQUIRED),
	P_INT(FROM_JSON, struct stock_in, delta, "delta", REQUIRED, -PRODUCT_STOCK_MAX, PRODUCT_STOCK_MAX, NULL),
	P_STR(FROM_JSON, struct stock_in, reason, "reason", OPTIONAL, 1, PRODUCT_REASON_MAX),
	PARAM_END
};

/* POST …/products/{id}/stock -- pieces come in, or are lost. */
static int
shop_stock(struct req *rq, const void *args)
{
	const struct stock_in *in = args;
	const struct caller who = req_caller(rq);
	int64_t change = 0, left = 0;
	struct product p;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = product_adjust(pg, &who, in->id, in->delta, in->reason, &p, &left, &change);
	if (rc == E_OUT_OF_STOCK)
		rq->details = str_of(arena_printf(rq->mem, "[{\"field\":\"delta\",\"available\":%lld}]",
		    (long long)left));
	if (rc == E_VALIDATION)
		rq->faults = (struct param_faults){ { { "delta", REASON_RANGE, &stock_params[1] } }, 1 };
	if ((rc = commit_product(rq, &pg, rc, 200, &p)) == 0)
		product_change_publish(change);
	return rc;
}

/* --- In bulk --- */

/* POST …/products/import -- written as it comes; an error in the middle keeps what was written, and sending all again
 * is harmless. */
static int
shop_import(struct req *rq, const void *args)
{
	const struct caller who = req_caller(rq);

	(void)args;
	return caller_known(&who) ? items_import(rq, product_import(&who)) : E_FORBIDDEN;
}

const struct route shop_routes[] = {
	{ "GET", "/api/v1/products", shop_list, filter_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "Products of the shop, by a part of the name or id (q, as in GET /api/search), category (and those below "
	    "it), price, stock and seller", LIST("Product"), ROUTE_CACHEABLE },
	{ "GET", "/api/v1/products/export", shop_export, export_params, AUTH_SELLER, RATE_DEFAULT, 60000,
	    "The caller's products (an admin's: everybody's), a JSON object a line; X-Next-Cursor where there are more",
	    "application/x-ndjson", 0 },
	{ "GET", "/api/v1/products/{id}", shop_read, id_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "A product of the shop", DATA("Product"), ROUTE_CACHEABLE },
	{ "POST", "/api/v1/products", shop_post, create_params, AUTH_SELLER, RATE_WRITE, 5000,
	    "Put a product into the shop; its seller is the caller. An id that is known from reviews only may be "
	    "taken by an admin", "201 " DATA("Product") " !CONFLICT !NOT_FOUND", ROUTE_ONCE },
	{ "PATCH", "/api/v1/products/{id}", shop_patch, change_params, AUTH_SELLER, RATE_WRITE, 5000,
	    "Change a product of one's own: the fields given. With If-Match only if nobody else has; sales count "
	    "where the stock is set", DATA("Product") " !CONFLICT", ROUTE_MATCH },
	{ "DELETE", "/api/v1/products/{id}", shop_remove, id_params, AUTH_SELLER, RATE_WRITE, 5000,
	    "Take a product out of the shop", SAID, ROUTE_MATCH },
	{ "POST", "/api/v1/products/{id}/stock", shop_stock, stock_params, AUTH_SELLER, RATE_WRITE, 5000,
	    "Add `delta` pieces to the stock, or take them away; 409 OUT_OF_STOCK when so many are not there",
	    DATA("Product") " !OUT_OF_STOCK", ROUTE_ONCE },
	{ "POST", "/api/v1/products/import", shop_import, NULL, AUTH_SELLER, RATE_WRITE, 600000,
	    "Take in products: NDJSON or a JSON array of {id?,name,price,stock?,description?,categoryId?,imageUrl?}; "
	    "known ones are changed", "Imported", ROUTE_STREAM },
	{ 0 }
};
