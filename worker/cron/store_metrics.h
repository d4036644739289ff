/* store_metrics.h -- the metrics of PostgreSQL and Redis themselves, read every STORE_METRICS_INTERVAL. Every host does
 * it for itself, hence not as a job under a lock. */
#ifndef CRON_STORE_METRICS_H
#define CRON_STORE_METRICS_H

/* Begins; once a process. Does not yield. */
void	 store_metrics_start(void);
/* Stops, and waits for a reading under way. Yields. */
void	 store_metrics_stop(void);

#endif
