/* service_day.h -- what this host answers and when it is ready, kept over restarts: `service_days`, `service_minutes`.
 */
#ifndef OPS_SERVICE_DAY_H
#define OPS_SERVICE_DAY_H

/* Begins to count, from the host's figures of now; once a process. */
void	 service_day_start(void);
/* Adds what was answered since the last time, and the present minute where an HTTP worker is ready. What cannot be
 * stored is added the next time. Yields. Errors as pg_query. */
int	 service_day_record(void);

#endif
