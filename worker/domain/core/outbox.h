/* outbox.h -- the transactional outbox: messages for Kafka, stored with the change they announce, sent by the bridge.
 *
 * Ordered per key. A row is deleted after Kafka acknowledged it: a message is delivered at least once.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "base/json.h"
#include "link/pg.h"

struct outbox_message {
	const char	*topic, *key;		/* key: productId, jobId or userId */
	const char	*message_id, *type;	/* headers; type "": none */
	const char	*traceparent;		/* NULL: none */
	struct str	 payload;		/* JSON */
};
/* Add a row in `pg`'s transaction. Yields. Errors as pg_query. */
int	 outbox_add(struct pg *pg, const struct outbox_message *m);
/* Wakes the bridges after a commit (Redis `outbox:ready`). Does not yield; a failure only delays. */
void	 outbox_announce(void);

struct outbox_row {
	int64_t		 id;
	struct outbox_message m;
	int64_t		 created_ms;
};
enum { OUTBOX_SHARDS = 8 };
/* The shard of a key, 0 to OUTBOX_SHARDS - 1. */
int	 outbox_shard(const char *key);
/* The oldest `max` rows of the shards in the bit mask, in order, without those of the topics `but`, in the coroutine's
 * arena. Yields. Errors as pg_query. */
int	 outbox_read(struct pg *pg, unsigned shards, const char *const *but, size_t n_but, int max,
    struct outbox_row **rows, int *n);
/* Deletes acknowledged rows. Yields. Errors as pg_query. */
int	 outbox_delete(struct pg *pg, const int64_t *ids, int n);
/* How many rows wait, and the age of the oldest in ms. Yields. Errors as pg_query. */
int	 outbox_depth(struct pg *pg, int64_t *rows, int64_t *age_ms);

#endif
