/* product_cache.h -- product_cache:{productId}, a hash of a product's name, price, rating, review_count and image_url,
 * for other services.
 *
 * Filled from search results, for PRODUCT_CACHE_TTL. A change of a product deletes its hash and invalidates the cached
 * searches (search_cache.h).
 */
#ifndef CATALOG_PRODUCT_CACHE_H
#define CATALOG_PRODUCT_CACHE_H

#include "base/json.h"
#include "worker/domain/core/effects.h"

/* Fills it from a list of products as search_products returns it. Does not yield. */
void	 product_cache_fill(struct arena *mem, struct str products);
/* Invalidates a product's hash and all cached searches: after the commit by `effects`, or at once for a committed
 * change. Neither yields. */
void	 product_cache_effects(struct effects *effects, const char *product);
void	 product_cache_changed(const char *product);

#endif
