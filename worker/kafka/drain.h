/* drain.h -- outbox to topics: every committed row is sent at least once, in order per key. */
#ifndef KAFKA_DRAIN_H
#define KAFKA_DRAIN_H

/* Drain until the process is asked to stop. Yields; returns then, with nothing of ours under way. */
void	 drain_run(void);
/* Do not wait for more rows, and but a few seconds for the brokers. */
void	 drain_stop(void);

#endif
