/* review.h -- reviews of products: taken in, in bulk; read out in pages. */
#ifndef DOMAIN_REVIEW_H
#define DOMAIN_REVIEW_H

#include "base/json.h"
#include "link/pg.h"

/* --- Taking in. Items are collected and written in batches; memory is bounded by the batch and the list of rejects. --- */
struct review_import;		/* one import under way, in the coroutine's arena */
/* `product_id` NULL: every item names its own ("productId"). */
struct review_import *review_import(const char *product_id);
/* One item: a JSON object {id?,text,rating?,author?,date?,productId?} as text. `line` counts from 1, for the report.
 * Bad items are noted, not errors. Yields now and then. Errors as pg_query. */
int	 review_import_add(struct review_import *im, int64_t line, const char *p, size_t n);
/* Note an item that could not even be cut out (too long …). */
void	 review_import_reject(struct review_import *im, int64_t line, const char *reason);
/* Write the rest; then the report {accepted,duplicates,rejected:[{line,reason}]} (at most 100 rejects listed; with
 * "rejectedCount" when there are more), in `mem`. Yields. */
int	 review_import_end(struct review_import *im, struct arena *mem, struct str *report);
int64_t	 review_import_accepted(const struct review_import *im);

/* --- Reading out --- */
/* Pages for GET /api/products/{id}/reviews, emotion-cards, keywords, price-history: a JSON array, and the next cursor or NULL. Yields. */
int	 review_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list, const char **next);
int	 card_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list, const char **next);
int	 keyword_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list, const char **next);
int	 price_list(struct arena *mem, const char *product_id, int64_t limit, const char *cursor, struct str *list, const char **next);

/* --- Streaming, for the analyzer --- */
/* Reviews held of a product. Yields. */
int	 review_count(const char *product_id, int64_t *n);
/* The texts of the next at most `max` reviews after *after (0 at first; moved on), in the coroutine's arena. Yields. */
int	 review_texts(struct arena *mem, const char *product_id, int64_t *after, int max, struct str **texts, int *n);

#endif
