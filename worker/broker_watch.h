/* broker_watch.h -- for the processes that speak with the embedded broker: a new broker is another log at another
 * address, so a process that spoke with the old one ends itself, and the master starts it anew.
 */
#ifndef WORKER_BROKER_WATCH_H
#define WORKER_BROKER_WATCH_H

/* Watch from now on; nothing where the brokers are not ours. */
void	 broker_watch_start(void);
/* This process is stopping: calls that wait for a broker that has ended are given up. */
void	 broker_watch_stop(void);

#endif
