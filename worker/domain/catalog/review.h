/* review.h -- reviews of products: bulk import, and pages to read. */
#ifndef CATALOG_REVIEW_H
#define CATALOG_REVIEW_H

#include "base/json.h"
#include "import.h"
#include "link/pg.h"

/* --- Import (import.h): items {id?,text,rating?,author?,date?,productId?}; the report counts "accepted" and
 * "duplicates" --- */
/* In the coroutine's arena. `product_id` NULL: every item has its own "productId". */
struct import *review_import(const char *product_id);
int64_t	 review_import_accepted(const struct import *im);

/* --- Pages --- */
/* Pages for GET /api/products/{id}/reviews, emotion-cards, keywords, price-history: a JSON array, in `mem`, and the
 * next cursor or NULL. All yield. E_VALIDATION for a malformed cursor, else as pg_query. */
int	 review_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);
int	 card_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);
int	 keyword_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);
int	 price_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);

/* --- Streaming, for the analyzer --- */
/* How many reviews of a product are stored. Yields. Errors as pg_query. */
int	 review_count(const char *product_id, int64_t *n);
/* The texts of at most `max` reviews behind *after (0 at first; advanced), in the coroutine's arena. Yields. Errors as
 * pg_query. */
int	 review_texts(struct arena *mem, const char *product_id, int64_t *after, int max, struct str **texts, int *n);

#endif
