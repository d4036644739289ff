/* search.h -- product searches: by the analysis pipeline, and among the stored products. */
#ifndef CATALOG_SEARCH_H
#define CATALOG_SEARCH_H

#include <stdbool.h>

#include "base/json.h"
#include "link/pg.h"
#include "worker/domain/core/effects.h"

/* Sends a search to the pipeline: a search_sessions row and an outbox row for product-search-requests. *message_id in
 * `mem`. Yields. Errors as pg_query. */
int	 search_start(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *user_id,
    const char *traceparent, const char **message_id);
/* A message of product-search-results: stores it and collects `search-results` for the room search:{messageId} (also
 * as search:{messageId}). Yields. E_CONFLICT when the search is already answered, E_NOT_FOUND. */
struct search_outcome {
	const char		*message_id, *status, *query, *error;
	const struct json	*products;
	int64_t			 total, execution_ms;
};
int	 search_on_result(struct pg *pg, struct effects *effects, const struct search_outcome *r);
/* For republish.h: collects the results stored since `since_ms` (ms since 1970). Yields. Errors as pg_query. */
int	 search_republish(struct effects *effects, int64_t since_ms);
/* The payload of search-results for a late subscriber. Yields. E_NOT_FOUND. */
int	 search_state(struct arena *mem, const char *message_id, struct str *payload);

/* Products whose id or name contains the query: a JSON array of
 * {productId,name,price,rating,reviewCount,imageUrl,reviews?[…]}, at most `limit`, behind `cursor` (NULL: from the
 * first); *next is the cursor of the next page or NULL. Yields. E_VALIDATION for a malformed cursor, else as pg_query.
 */
int	 search_products(struct arena *mem, const char *query, int64_t limit, bool include_reviews,
    const char *cursor, struct str *products, int64_t *total, const char **next);

#endif
