/* republish.h -- caches and rooms catch up with the tables after a publication may have been lost.
 *
 * Between a commit and the publication of its effects a process can die, or Redis be away. Whoever may have lost that
 * moment publishes again what changed since: caches are dropped, not written, and updates are idempotent for clients.
 */
#ifndef OPS_REPUBLISH_H
#define OPS_REPUBLISH_H

#include <stdint.h>

#include "base/arena.h"

/* Publish again, from the tables, what changed since `since_ms` (wall clock, ms). Yields. Errors as pg_query; nothing
 * is published then. */
int	 republish_since(struct arena *mem, int64_t since_ms);

#endif
