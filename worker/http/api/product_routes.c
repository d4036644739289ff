/* product_routes.c -- what is held of a product: its reviews, taken in as a stream, and the lists of what was made of
 * them. Yields: all. */
#include "../items.h"
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/catalog/product_cache.h"
#include "worker/domain/catalog/review.h"

struct import_in { const char *product; };
static const struct param import_params[] = {
	P_ID(FROM_PATH, struct import_in, product, "productId", REQUIRED), PARAM_END
};

/* POST …/reviews -- items are written as they come; an error in the middle keeps what was written: sending all again is
 * harmless, since an item is known by its id or text. */
static int
review_take(struct req *rq, const void *args)
{
	const struct import_in *in = args;

	return items_import(rq, review_import(in->product));
}

struct page_in {
	const char	*product, *cursor;
	int64_t		 limit;
};
static const struct param page_params[] = {
	P_ID(FROM_PATH, struct page_in, product, "productId", REQUIRED),
	P_PAGE(struct page_in, 100, "20"),
	PARAM_END
};

typedef int list_fn(struct arena *mem, const char *product, int64_t limit, const char *cursor, struct str *list,
    const char **next);

static int
reply_page(struct req *rq, const struct page_in *in, list_fn *read)
{
	const char *next = NULL;
	struct str list;
	int rc;

	if ((rc = read(rq->mem, in->product, in->limit, in->cursor, &list, &next)) < 0)
		return rc;
	product_cache_read(in->product);
	return reply_list(rq, list, next);
}

static int
review_page(struct req *rq, const void *args)
{
	return reply_page(rq, args, review_list);
}

static int
card_page(struct req *rq, const void *args)
{
	return reply_page(rq, args, card_list);
}

static int
keyword_page(struct req *rq, const void *args)
{
	return reply_page(rq, args, keyword_list);
}

static int
price_page(struct req *rq, const void *args)
{
	return reply_page(rq, args, price_list);
}

const struct route product_routes[] = {
	{ "POST", "/api/products/{productId}/reviews", review_take, import_params, AUTH_OPTIONAL, RATE_DEFAULT, 600000,
	    "Take in reviews: NDJSON or a JSON array of {id?,text,rating?,author?,date?}",
	    "{accepted:int = 2, duplicates:int, rejected:[Rejected]}", ROUTE_STREAM },
	{ "GET", "/api/products/{productId}/reviews", review_page, page_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "The reviews held of a product", LIST("Review"), ROUTE_CACHEABLE },
	{ "GET", "/api/products/{productId}/emotion-cards", card_page, page_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "The sentiment cards of a product", LIST("SentimentCard"), ROUTE_CACHEABLE },
	{ "GET", "/api/products/{productId}/keywords", keyword_page, page_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "The keywords of a product's reviews", LIST("Keyword"), ROUTE_CACHEABLE },
	{ "GET", "/api/products/{productId}/price-history", price_page, page_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "The prices a product had", LIST("{price:num = 12000, recordedAt:time}"), ROUTE_CACHEABLE },
	{ 0 }
};
