/* search.h -- product search requests answered by the analysis pipeline, and the products and reviews held here. */
#ifndef CATALOG_SEARCH_H
#define CATALOG_SEARCH_H

#include <stdbool.h>

#include "base/json.h"
#include "link/pg.h"
#include "worker/domain/core/effects.h"

/* Ask the pipeline: a search_sessions row and an outbox row for product-search-requests. *message_id in `mem`. Yields.
 */
int	 search_start(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *user_id,
	    const char *traceparent, const char **message_id);
/* product-search-results: store, and tell the room search:{messageId} (search-results, also search:{messageId}).
 * E_CONFLICT when it was already answered. */
struct search_outcome {
	const char		*message_id, *status, *query, *error;
	const struct json	*products;
	int64_t			 total, execution_ms;
};
int	 search_on_result(struct pg *pg, struct effects *effects, const struct search_outcome *r);
/* For republish.h: the results stored since `since_ms`. Yields. Errors as pg_query. */
int	 search_republish(struct effects *effects, int64_t since_ms);
/* The payload of search-results for a late subscriber. Yields. E_NOT_FOUND. */
int	 search_state(struct arena *mem, const char *message_id, struct str *payload);

/* Products whose id or name contains the query: a JSON array of
 * {productId,name,price,rating,reviewCount,imageUrl,reviews?[…]} with at most `limit` products, after `cursor` (NULL:
 * from the first); *next is the cursor of the next page or NULL. Yields. */
int	 search_products(struct arena *mem, const char *query, int64_t limit, bool include_reviews, const char *cursor,
	    struct str *products, int64_t *total, const char **next);

#endif
