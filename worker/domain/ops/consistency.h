/* consistency.h -- compares Redis with the tables, for analyses and products; deletes or restores what is wrong.
 *
 * Every change updates the caches itself; this finds what was lost nonetheless. A key counts as wrong if it is wrong
 * twice in a row, so that a concurrent change is not mistaken for an error.
 */
#ifndef OPS_CONSISTENCY_H
#define OPS_CONSISTENCY_H

#include <stdint.h>

#include "base/arena.h"

/* Runs the comparison; *repaired: how many keys. Counted in M_CONSISTENCY, logged by kind of key. Yields. Errors as
 * pg_query and redis_cmd. */
int	 consistency_check(struct arena *mem, int64_t *repaired);

#endif
