/* review.h -- reviews of products: taken in, in bulk; read out in pages. */
#ifndef CATALOG_REVIEW_H
#define CATALOG_REVIEW_H

#include "base/json.h"
#include "import.h"
#include "link/pg.h"

/* --- Taking in (import.h): items {id?,text,rating?,author?,date?,productId?}; the report counts "accepted" and
 * "duplicates". --- */
/* In the coroutine's arena. `product_id` NULL: every item names its own ("productId"). */
struct import *review_import(const char *product_id);
int64_t	 review_import_accepted(const struct import *im);

/* --- Reading out --- */
/* Pages for GET /api/products/{id}/reviews, emotion-cards, keywords, price-history: a JSON array, and the next cursor
 * or NULL. Yields. */
int	 review_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);
int	 card_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);
int	 keyword_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);
int	 price_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list,
    const char **next);

/* --- Streaming, for the analyzer --- */
/* Reviews held of a product. Yields. */
int	 review_count(const char *product_id, int64_t *n);
/* The texts of the next at most `max` reviews after *after (0 at first; moved on), in the coroutine's arena. Yields. */
int	 review_texts(struct arena *mem, const char *product_id, int64_t *after, int max, struct str **texts, int *n);

#endif
