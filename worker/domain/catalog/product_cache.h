/* product_cache.h -- product_cache:{productId}: name, price, rating, review_count, image_url of a product, for whoever
 * shows it (a hash).
 *
 * Filled from what searches find, for PRODUCT_CACHE_TTL; whoever changes a product says so, and the searches that were
 * answered before (search_cache.h) are forgotten with it.
 */
#ifndef CATALOG_PRODUCT_CACHE_H
#define CATALOG_PRODUCT_CACHE_H

#include "base/json.h"
#include "worker/domain/core/effects.h"

/* Fill it from a list of products as search_products gives it. Does not yield. */
void	 product_cache_fill(struct arena *mem, struct str products);
/* Something of the product has changed that lists and searches show: for after the commit; or at once, when it was
 * committed. */
void	 product_cache_effects(struct effects *effects, const char *product);
void	 product_cache_changed(const char *product);

#endif
