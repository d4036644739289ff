/* drain.h -- publishes outbox rows to Kafka, in order per key, at least once. */
#ifndef KAFKA_DRAIN_H
#define KAFKA_DRAIN_H

/* Drains until the process is asked to stop; returns when nothing is in flight any more. Yields. */
void	 drain_run(void);
/* Stops: waits for no more rows, and only a few seconds for the brokers. */
void	 drain_stop(void);

#endif
