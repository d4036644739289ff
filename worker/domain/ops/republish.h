/* republish.h -- brings caches and rooms up to date with the tables after a publication may have been lost.
 *
 * Between a commit and the publication of its effects, a process can die or Redis can be away. This publishes again
 * what changed in such a period: caches are deleted, not written, and updates are idempotent for clients.
 *
 * core/room_outbox.h does not make this superfluous. It keeps the events that a living process could not publish; what
 * a process that died after its commit had not handed over yet is in the tables only, and keys of caches are in no
 * outbox.
 */
#ifndef OPS_REPUBLISH_H
#define OPS_REPUBLISH_H

#include <stdint.h>

#include "base/arena.h"

/* Publishes again, from the tables, what changed since `since_ms` (ms since 1970). Yields. Errors as pg_query; then
 * nothing was published. */
int	 republish_since(struct arena *mem, int64_t since_ms);

#endif
