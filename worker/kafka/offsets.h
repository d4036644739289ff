/* offsets.h -- the bridge's consumer offsets, stored in the transaction of the effects; and dead letters.
 *
 * An offset moves only from the value that this process believes it has: of two bridges that both consume a partition,
 * one gets E_CONFLICT, rolls back and reloads. Effects thus happen exactly once.
 */
#ifndef KAFKA_OFFSETS_H
#define KAFKA_OFFSETS_H

#include "link/kafka.h"
#include "link/pg.h"

/* Reads the start offset of each of these partitions in the current cluster, and caches it. Yields. Errors as
 * pg_query, kafka_cluster. */
int	 offsets_load(struct kafka_place *v, size_t n);
/* In `pg`'s transaction: moves the offsets behind these messages. Call it before their effects: it locks out other
 * bridges. E_CONFLICT when another bridge has moved them. Yields. Other errors as pg_query. */
int	 offsets_move(struct pg *pg, const struct kafka_message *m, size_t n);
/* After the commit: caches the new offsets. Does not yield. */
void	 offsets_moved(const struct kafka_message *m, size_t n);
/* Whether this cluster is seen for the first time; *fresh is true once. Yields. Errors as pg_query, kafka_cluster. */
int	 offsets_meet_cluster(bool *fresh);

/* The lag behind the end of each of these topics, over all partitions; -1: unknown, or not a consumed topic. Yields.
 * Errors as pg_query, kafka_cluster. */
int	 offsets_lag(const struct kafka_held *topics, size_t n, int64_t *lag);
/* When an offset last moved, ms since 1970; 0: never. Yields. Errors as pg_query. */
int	 offsets_last_move(int64_t *ms);

/* In `pg`'s transaction: stores a message that can never be applied as a dead letter, and announces it on
 * error-notifications. Yields. Errors as pg_query. */
int	 offsets_dead_letter(struct pg *pg, struct arena *mem, const struct kafka_message *m, const char *reason);

#endif
