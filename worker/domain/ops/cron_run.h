/* cron_run.h -- timed work that is done so often and no oftener, whichever host does it and however often one restarts.
 */
#ifndef OPS_CRON_RUN_H
#define OPS_CRON_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* Whether `job` was last done longer ago than that; a new installation begins to count. Call it under the job's lock.
 * Yields. Errors as pg_query. */
int	 cron_run_due(const char *job, int64_t interval_s, bool *due);
/* It was done. */
int	 cron_run_done(const char *job);

#endif
