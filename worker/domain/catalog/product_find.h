/* product_find.h -- a product as messages to other services show it. */
#ifndef CATALOG_PRODUCT_FIND_H
#define CATALOG_PRODUCT_FIND_H

#include "base/arena.h"
#include "base/str.h"

/* {"productName","newPrice"?} in `mem`. Yields. E_NOT_FOUND; else as pg_query. */
int	 product_find(struct arena *mem, const char *id, struct str *json);

#endif
