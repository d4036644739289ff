/* cron_run.h -- keeps a job's interval over all hosts and restarts. */
#ifndef OPS_CRON_RUN_H
#define OPS_CRON_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the last run of `job` is longer ago than the interval; a new installation starts with a full interval. Call
 * it under the job's lock. Yields. Errors as pg_query. */
int	 cron_run_due(const char *job, int64_t interval_s, bool *due);
/* Records a run of the job. Yields. Errors as pg_query. */
int	 cron_run_done(const char *job);

#endif
