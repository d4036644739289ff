/* shards.h -- which shards of the outbox this bridge drains: its fair share of them.
 *
 * A shard belongs to the session that holds its advisory lock, so no two bridges send the rows of one key. Every bridge
 * that reaches the brokers holds, shared with the others, one lock more, by which they count each other. The n bridges
 * are in order of their sessions, and each wants OUTBOX_SHARDS / n, the first ones one more where it does not come out
 * even. Who has more gives the surplus back; who has fewer takes what is free. All of it ends with the session, however
 * the bridge ended.
 */
#ifndef KAFKA_SHARDS_H
#define KAFKA_SHARDS_H

#include "link/pg.h"

/* In the session `pg` (pg_take), now and then: look for the other bridges, then take free shards up to the share, or
 * name the surplus. `up`: this bridge reaches the brokers; without, it holds something only while no other does. `all`:
 * the brokers are this host's own, nothing is shared. Yields. Errors as pg_query; after one the session is to be
 * closed. */
int	 shards_share(struct pg *pg, bool up, bool all);
/* The session is lost or given back: nothing is held any more. */
void	 shards_close(void);
/* Those held, a bit each, but for the surplus: whose rows may be taken. */
unsigned shards_held(void);
/* Held, and for others now. */
unsigned shards_surplus(void);
/* Give those of `mask` in the surplus back; nothing of theirs may be under way. Yields. Errors as pg_query. */
int	 shards_give_back(struct pg *pg, unsigned mask);
/* How many bridges shared them when last looked at, this one included; 0: none reaches the brokers. */
int	 shards_bridges(void);

#endif
