/* cron_run.h -- keeps a job's interval over all hosts and restarts. */
#ifndef OPS_CRON_RUN_H
#define OPS_CRON_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* When `job` last ran, ms since 1970, and so whether that is longer ago than the interval; a new installation starts
 * with a full interval, as if it had run now. Call it under the job's lock. Yields. Errors as pg_query. */
int	 cron_run_due(const char *job, int64_t interval_s, bool *due, int64_t *ran_ms);
/* Records a run of the job. Yields. Errors as pg_query. */
int	 cron_run_done(const char *job);

#endif
