/* outbox.h -- messages for Kafka, stored in the transaction of what they announce, sent by the bridge.
 *
 * Ordered per key. A row is deleted once Kafka has acknowledged it, so a message is sent at least once and never lost.
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
/* Tell the bridges that rows were committed (Redis `outbox:ready`); does not yield, failure only delays. */
void	 outbox_announce(void);

struct outbox_row {
	int64_t		 id;
	struct outbox_message m;
	int64_t		 created_ms;
};
enum { OUTBOX_SHARDS = 8 };
/* The shard of a key, 0 to OUTBOX_SHARDS - 1. */
int	 outbox_shard(const char *key);
/* The oldest `max` rows of these shards (a bit each) in order, but for those of the topics `but`, in the coroutine's
 * arena. Yields. */
int	 outbox_take(struct pg *pg, unsigned shards, const char *const *but, size_t n_but, int max,
    struct outbox_row **rows, int *n);
/* Delete acknowledged rows. Yields. */
int	 outbox_done(struct pg *pg, const int64_t *ids, int n);
/* Rows waiting and the age of the oldest, ms. Yields. */
int	 outbox_depth(struct pg *pg, int64_t *rows, int64_t *age_ms);

#endif
