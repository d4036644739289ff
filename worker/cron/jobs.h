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

#endif
