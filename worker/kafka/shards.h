/* shards.h -- the shards of the outbox that this bridge drains: its fair share.
 *
 * A shard belongs to the session that holds its advisory lock, so that no two bridges send rows of one key. Every
 * bridge that reaches the brokers also holds one shared lock, by which they count each other. Ordered by session, each
 * of n bridges wants OUTBOX_SHARDS / n, the first ones one more where there is a remainder. A bridge with more gives
 * the surplus back, one with fewer claims what is free. All locks end with the session, however the bridge ended.
 */
#ifndef KAFKA_SHARDS_H
#define KAFKA_SHARDS_H

#include "link/pg.h"

/* Counts the bridges in the session `pg` (pg_take), then claims free shards up to the share, or determines the
 * surplus. To be called periodically. `up`: this bridge reaches the brokers; otherwise it holds shards only while no
 * other bridge does. `all`: the brokers are this host's own, nothing is shared. Yields. Errors as pg_query: close the
 * session then. */
int	 shards_share(struct pg *pg, bool up, bool all);
/* Forgets all shards: the session is lost or was given back. Does not yield. */
void	 shards_close(void);
/* The shards whose rows may be taken, one bit each: held ones without the surplus. */
unsigned shards_held(void);
/* Held shards that are to be given back. */
unsigned shards_surplus(void);
/* Gives the shards of `mask` in the surplus back; none of their rows may be in flight. Yields. Errors as pg_query. */
int	 shards_give_back(struct pg *pg, unsigned mask);
/* The number of bridges at the last count, this one included; 0: none reaches the brokers. */
int	 shards_bridges(void);

#endif
