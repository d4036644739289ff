/* status.h -- how the bridge is, for GET /api/kafka/status and the metrics. */
#ifndef KAFKA_STATUS_H
#define KAFKA_STATUS_H

/* Report every two seconds until the process is asked to stop: metrics, and the field `kafka` of the Redis hash
 * system_status, {connected, error (null, or why not), cluster, embedded, lag, outbox:{depth,ageMs,bridges},
 * brokers:[{id,host,port}], topics:[{name,partitions,replication,lag (null: not read here)}], updatedAt}, with the time
 * of the report, ms, in the field `kafka_at`; a reader takes one older than 10 s for a bridge that is gone. The lag is
 * that of all hosts together. The field `told_at`, by Redis' clock, is for the bridges: an older time than one wrote
 * means an older state of Redis, and what has changed since is told again (intake_unpublished). Yields; returns then.
 */
void	 status_run(void);
/* The connection to Redis was lost and is there again: what it was not told is to be told (intake_unpublished). */
void	 status_redis_renewed(void);
/* Do not wait for the next report. */
void	 status_stop(void);

#endif
