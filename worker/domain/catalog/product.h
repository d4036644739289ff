/* product.h -- products in the shop: made, changed, found. The rules and SQL of `products` as far as they are for sale.
 *
 * A product in the shop has a seller, who alone changes it, or an admin does. Prices are won. Stock falls by orders
 * (order.h) and by product_adjust, and never below 0. A deleted product leaves the shop; orders and reviews keep it. An
 * answer is the product as JSON:
 * {id,name,description,price,stock,sold,categoryId,imageUrl,sellerId,rating,reviewCount,version,
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

/* What may be said of a product. Which members were given is asked of the JSON: a null categoryId or imageUrl takes it
 * away. */
struct product_in {
	const char	*id;			/* where the table has it */
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
/* The given fields as a JSON object, which the statements take apart. Pure. */
struct str product_fields(struct arena *mem, const struct json *body, const struct product_in *in);

/* A product as it is answered. */
struct product {
	struct str	 json;
	int64_t		 version, revision;
};
/* Its ETag, quoted, in `mem`. */
const char *product_etag(struct arena *mem, const struct product *p);


/* All yield; errors as pg_query, and those named. */

/* In the transaction `pg`: into the shop, the caller being the seller. With an id (else NULL) that is known from
 * reviews only, an admin brings that product into the shop. E_CONFLICT: the id is taken. E_VALIDATION: there is no such
 * category. */
int	 product_create(struct pg *pg, const struct caller *who, const char *id, struct str fields,
    struct product *out);
/* In the transaction: change the given fields. `match` is an If-Match header, NULL: none. *change is for
 * product_change_publish after the commit, `news` gets what those who watch the price are told then. E_NOT_FOUND,
 * E_FORBIDDEN (another's), E_PRECONDITION, E_MATCH_NEEDED, E_VALIDATION (category). A sale meanwhile does not count as
 * a change, unless `fields` sets the stock. */
int	 product_update(struct pg *pg, const struct caller *who, const char *id, const char *match, struct str fields,
	    struct product *out, struct effects *effects, int64_t *change);
/* In the transaction: out of the shop. Errors as product_update. */
int	 product_delete(struct pg *pg, const struct caller *who, const char *id, const char *match, int64_t *change);
/* In the transaction: `delta` pieces more, or less. E_OUT_OF_STOCK with *left when so many are not there, E_VALIDATION
 * beyond PRODUCT_STOCK_MAX. */
int	 product_adjust(struct pg *pg, const struct caller *who, const char *id, int64_t delta, const char *reason,
    struct product *out,
	    int64_t *left, int64_t *change);

/* E_NOT_FOUND. */
int	 product_get(const char *id, struct product *out);
struct product_filter {
	const char	*q;			/* found as by GET /api/search (search_text.h); NULL, "": any */
	const char	*category, *seller;	/* NULL: any; a category means those below it too */
	int64_t		 price_min, price_max;
	bool		 in_stock;
	const char	*sort;			/* of PRODUCT_SORTS */
	int64_t		 limit;
	const char	*cursor;		/* NULL: the first page */
};
#define PRODUCT_SORTS "newest|oldest|price_asc|price_desc|popular"
/* A page as a JSON array, or with `lines` a product a line; *next is the cursor of the next, NULL: this is the last.
 * E_VALIDATION: the cursor is none of this order's. */
int	 product_list(struct arena *mem, const struct product_filter *f, bool lines, struct str *list,
    const char **next);

/* Products come in (import.h): items {id?,name,price,…}; one that is known by its id or, without one, by its name is
 * changed. The report counts "created" and "updated". In the coroutine's arena; E_FORBIDDEN for who is nobody. */
struct import *product_import(const struct caller *who);

#endif
