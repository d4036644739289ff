/* status.h -- the bridge's status, for GET /api/kafka/status and the metrics. */
#ifndef KAFKA_STATUS_H
#define KAFKA_STATUS_H

/* Reports every two seconds until the process is asked to stop: metrics, and the field `kafka` of the Redis hash
 * system_status, {connected, error (null, or the reason), cluster, embedded, lag, outbox:{depth,ageMs,bridges},
 * brokers:[{id,host,port}], topics:[{name,partitions,replication,lag (null: not consumed)}], updatedAt}, with the time
 * of the report, ms, in `kafka_at`. Readers take a report older than 10 s for a dead bridge. The lag is that of all
 * hosts together. The field `told_at`, by Redis' clock, is for the bridges: a time older than the one last written
 * reveals an older state of Redis, and changes since then are published again (intake_unpublished). Yields. */
void	 status_run(void);
/* The connection to Redis was lost and restored: publications in between will be repeated (intake_unpublished). Does
 * not yield. */
void	 status_redis_renewed(void);
/* Stops, without waiting for the next report. */
void	 status_stop(void);

#endif
