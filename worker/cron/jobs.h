/* jobs.h -- the periodic jobs, in one table. */
#ifndef CRON_JOBS_H
#define CRON_JOBS_H

#include <stdint.h>

struct job {
	const char	*name, *help;
	int64_t		(*every_ms)(void);
	/* runs the job; *n: how many things it changed, for the log. Yields. Errors as pg_query */
	int		(*run)(int64_t *n);
};
extern const struct job jobs[];		/* ends with a NULL name */

/* The interval that a rare job keeps over all hosts and restarts (domain/ops/cron_run.h), seconds: every_ms says how
 * often it is looked at. 0: it runs every_ms. */
int64_t	 job_interval_s(const struct job *j);

#endif
