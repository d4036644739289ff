/* consistency.h -- what Redis says of analyses and products, compared with the store; what is wrong goes, or is made
 * anew.
 *
 * Every change tells the caches by itself; this finds what was lost all the same. A key counts as wrong when it is so
 * twice in a row, so what just changes is left alone.
 */
#ifndef OPS_CONSISTENCY_H
#define OPS_CONSISTENCY_H

#include <stdint.h>

#include "base/arena.h"

/* *repaired: how many. Counted in M_CONSISTENCY, logged by kind of key. Yields. Errors as pg_query and redis_cmd. */
int	 consistency_check(struct arena *mem, int64_t *repaired);

#endif
