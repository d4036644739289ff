/* offsets.h -- where the bridge is in each partition, stored beside the effects of what it has read; and dead letters.
 *
 * The position moves in the transaction of the effects, and only from where this process believes it is: of two bridges
 * that both think a partition is theirs, one gets E_CONFLICT, rolls back and asks anew. That makes effects happen
 * exactly once.
 */
#ifndef KAFKA_OFFSETS_H
#define KAFKA_OFFSETS_H

#include "link/kafka.h"
#include "link/pg.h"

/* Read where to start in each of these partitions of the present cluster, and remember it. Yields. Errors as pg_query,
 * kafka_cluster. */
int	 offsets_load(struct kafka_place *v, size_t n);
/* In `pg`'s transaction: everything of these messages is done. Call before the effects: it also locks out another
 * bridge. E_CONFLICT when somebody else moved on. Yields. */
int	 offsets_move(struct pg *pg, const struct kafka_message *m, size_t n);
/* That transaction was committed: remember the new places. */
void	 offsets_moved(const struct kafka_message *m, size_t n);
/* A cluster met for the first time: true in *fresh, once. Yields. */
int	 offsets_meet_cluster(bool *fresh);

/* How far behind the table is in each of these topics, all partitions; -1: cannot be told, or not a topic that is read.
 * Yields. */
int	 offsets_lag(const struct kafka_held *topics, size_t n, int64_t *lag);
/* When a place last moved, wall clock, ms; 0: never. Yields. */
int	 offsets_last_move(int64_t *ms);

/* In `pg`'s transaction: keep a message that can never be applied, and say so on error-notifications. Yields. */
int	 offsets_dead_letter(struct pg *pg, struct arena *mem, const struct kafka_message *m, const char *reason);

#endif
