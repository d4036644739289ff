/* system_status.h -- the hash system_status in Redis, for those who look from outside: a field a part, each a JSON
 * object with `updatedAt`. The bridge keeps `kafka` (worker/kafka/status.c).
 */
#ifndef OPS_SYSTEM_STATUS_H
#define OPS_SYSTEM_STATUS_H

#include "base/arena.h"

/* Write `analyses` (waiting, running, users waiting), `batches` (scheduled, due) and `version`. Yields. Errors as
 * pg_query. */
int	 system_status_write(struct arena *mem);

#endif
