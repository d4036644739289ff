/* quarantine.h -- people are told of processes of this host that the master no longer starts (master/restart.h). */
#ifndef CRON_QUARANTINE_H
#define CRON_QUARANTINE_H

/* Look now and then, from now on. */
void	 quarantine_watch(void);

#endif
