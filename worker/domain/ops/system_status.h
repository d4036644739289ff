/* system_status.h -- the hash system_status in Redis, for outside monitoring: one field per part, each a JSON object
 * with `updatedAt`, and three plain numbers: total_users (accounts; beyond 100,000 PostgreSQL's estimate),
 * active_analyses (under way), queue_size (not yet begun). The bridge writes `kafka` (worker/kafka/status.c). */
#ifndef OPS_SYSTEM_STATUS_H
#define OPS_SYSTEM_STATUS_H

#include "base/arena.h"

/* Writes `analyses` (waiting, running, users waiting), `batches` (scheduled, due), `version` and the numbers. Yields.
 * Errors as pg_query. */
int	 system_status_write(struct arena *mem);

#endif
