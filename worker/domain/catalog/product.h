/* product.h -- the shop's products: create, change, find. The rules and SQL of `products` as far as they are for sale.
 *
 * A product in the shop has a seller; only the seller or an admin changes it. Prices are in won. Stock falls by orders
 * (order.h) and by product_adjust, never below 0. A deleted product leaves the shop; orders and reviews keep it. As
 * JSON: {id,name,description,price,stock,sold,categoryId,imageUrl,sellerId,rating,reviewCount,version,
 * revision,createdAt,updatedAt}.
 */
#ifndef CATALOG_PRODUCT_H
#define CATALOG_PRODUCT_H

#include "base/param.h"
#include "worker/domain/core/caller.h"
#include "worker/domain/core/effects.h"

#define PRODUCT_PRICE_MAX	INT64_C(10000000000)	/* won */
#define PRODUCT_STOCK_MAX	INT64_C(1000000000)
enum { PRODUCT_NAME_MAX = 200, PRODUCT_DESCRIPTION_MAX = 10000, PRODUCT_URL_MAX = 2048, PRODUCT_REASON_MAX = 200 };

/* The members of a product's JSON. product_fields looks at the JSON itself for which are present: a null categoryId or
 * imageUrl clears it. */
struct product_in {
	const char	*id;			/* in tables that have one */
	const char	*name, *description, *category, *image;
	int64_t		 price, stock;
};
#define PRODUCT_PARAMS(needed) \
	P_STR(FROM_JSON, struct product_in, name, "name", needed, 1, PRODUCT_NAME_MAX), \
	P_STR(FROM_JSON, struct product_in, description, "description", OPTIONAL, 0, PRODUCT_DESCRIPTION_MAX), \
	P_INT(FROM_JSON, struct product_in, price, "price", needed, 0, PRODUCT_PRICE_MAX, NULL), \
	P_INT(FROM_JSON, struct product_in, stock, "stock", OPTIONAL, 0, PRODUCT_STOCK_MAX, NULL), \
	P_ID(FROM_JSON, struct product_in, category, "categoryId", OPTIONAL), \
	P_URL(FROM_JSON, struct product_in, image, "imageUrl", OPTIONAL, PRODUCT_URL_MAX)
/* The members that are present, as the JSON object that the statements take, in `mem`. Pure. */
struct str product_fields(struct arena *mem, const struct json *body, const struct product_in *in);

/* A product as it is answered. */
struct product {
	struct str	 json;
	int64_t		 version, revision;
};
/* Its ETag, quoted, in `mem`. */
const char *product_etag(struct arena *mem, const struct product *p);


/* All yield; errors as pg_query, and those named. */

/* In the transaction `pg`: adds a product, the caller being its seller. With an `id` (else NULL) known only from
 * reviews, an admin brings that product into the shop. E_CONFLICT: the id is taken. E_VALIDATION: no such category. */
int	 product_create(struct pg *pg, const struct caller *who, const char *id, struct str fields,
    struct product *out);
/* In the transaction: changes the given fields. `match` is an If-Match header, NULL: none. *change is for
 * product_change_publish after the commit; `effects` collects the notifications of users who watch the price.
 * E_NOT_FOUND, E_FORBIDDEN (another seller's), E_PRECONDITION, E_MATCH_NEEDED, E_VALIDATION (category). A concurrent
 * sale does not count as a change, unless `fields` sets the stock. */
int	 product_update(struct pg *pg, const struct caller *who, const char *id, const char *match, struct str fields,
    struct product *out, struct effects *effects, int64_t *change);
/* In the transaction: takes the product out of the shop. Errors as product_update. */
int	 product_delete(struct pg *pg, const struct caller *who, const char *id, const char *match, int64_t *change);
/* In the transaction: adds `delta` to the stock, negative to subtract. E_OUT_OF_STOCK with *left when the stock is
 * lower, E_VALIDATION above PRODUCT_STOCK_MAX. */
int	 product_adjust(struct pg *pg, const struct caller *who, const char *id, int64_t delta, const char *reason,
    struct product *out, int64_t *left, int64_t *change);

/* E_NOT_FOUND. */
int	 product_get(const char *id, struct product *out);
struct product_filter {
	const char	*q;			/* matched as by GET /api/search (search_words.h); NULL, "": any */
	const char	*category, *seller;	/* NULL: any; a category includes those below it */
	int64_t		 price_min, price_max;
	bool		 in_stock;
	const char	*sort;			/* of PRODUCT_SORTS */
	int64_t		 limit;
	const char	*cursor;		/* NULL: the first page */
};
#define PRODUCT_SORTS "newest|oldest|price_asc|price_desc|popular"
/* A page as a JSON array, or with `lines` one product a line; *next is the cursor of the next page, NULL at the end.
 * E_VALIDATION: the cursor is not of this sort. */
int	 product_list(struct arena *mem, const struct product_filter *f, bool lines, struct str *list,
    const char **next);

/* Imports products (import.h): items {id?,name,price,…}; a product with the same id or, without one, the same name is
 * updated. The report counts "created" and "updated". In the coroutine's arena. Items fail with E_FORBIDDEN when
 * the caller has no account. */
struct import *product_import(const struct caller *who);

#endif
