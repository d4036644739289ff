/* quarantine.h -- alerts operators of processes on this host that the master no longer restarts (master/restart.h). */
#ifndef CRON_QUARANTINE_H
#define CRON_QUARANTINE_H

/* Begins to check every second; once a process. Does not yield. */
void	 quarantine_watch(void);

#endif
