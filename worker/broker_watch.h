/* broker_watch.h -- for the clients of the embedded broker: a new broker is another log at another address, so a
 * client of the old one exits, and the master restarts it.
 */
#ifndef WORKER_BROKER_WATCH_H
#define WORKER_BROKER_WATCH_H

/* Watch from now on; nothing where the brokers are not ours. */
void	 broker_watch_start(void);
/* This process is stopping: calls that wait for a broker that has ended are given up. */
void	 broker_watch_stop(void);

#endif
