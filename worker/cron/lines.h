/* lines.h -- the log lines of all processes of this host, from its journal into app_logs. Each host does it for itself,
 * so it is no job under a lock.
 */
#ifndef CRON_LINES_H
#define CRON_LINES_H

/* Begin; once a process. Does not yield. */
void	 lines_start(void);
/* Read no more; the successor does. What was read is written. Yields. */
void	 lines_stop(void);

#endif
