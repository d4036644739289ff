/* product_cache.h -- product_cache:{productId}, a hash of a product's name, price, rating, review_count and image_url,
 * for other services.
 *
 * Filled after products were read, for PRODUCT_CACHE_TTL, out of the way of the answer; `rating` is "0" while there is
 * none. A change of a product deletes its hash and invalidates the cached searches (search_cache.h).
 */
#ifndef CATALOG_PRODUCT_CACHE_H
#define CATALOG_PRODUCT_CACHE_H

#include "base/json.h"
#include "worker/domain/core/effects.h"

/* A product was read, or a list of them as search_products returns it: its hash will be there soon. Neither yields. */
void	 product_cache_read(const char *id);
void	 product_cache_read_all(struct arena *mem, struct str products);
/* Invalidates a product's hash and all cached searches: after the commit by `effects`, or at once for a committed
 * change. Neither yields. */
void	 product_cache_effects(struct effects *effects, const char *product);
void	 product_cache_changed(const char *product);

#endif
