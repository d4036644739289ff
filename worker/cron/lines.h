/* lines.h -- copies the log lines of this host's processes from its journal to app_logs. Every host does it for
 * itself, hence not as a job under a lock. */
#ifndef CRON_LINES_H
#define CRON_LINES_H

/* Begins; once a process. Does not yield. */
void	 lines_start(void);
/* Stops reading, which the successor continues, and waits until the lines read are written. Yields. */
void	 lines_stop(void);

#endif
