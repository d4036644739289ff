/* topics_in.h -- the messages that the bridge consumes: a row per topic and type, and what its functions get.
 *
 * Messages are applied to the tables in batches, in the transaction that also stores their offsets; each collects its
 * effects for after the commit. A row either has a handler alone, which applies one message after the other, or also
 * `store`, one statement for all its messages in a batch.
 */
#ifndef KAFKA_TOPICS_IN_H
#define KAFKA_TOPICS_IN_H

#include "base/log.h"
#include "base/param.h"
#include "link/kafka.h"
#include "link/pg.h"
#include "worker/domain/core/effects.h"

struct kmsg {			/* one message being applied */
	struct arena	*mem;		/* of the unit of work */
	struct pg	*pg;		/* the transaction */
	struct effects	*effects;
	const struct kafka_message *m;
	struct log_work	 work;		/* what log lines, spans and effects of this message refer to */
	const struct json *body;
	const struct topic_in *row;
	void		*args;
	/* 0; E_CONFLICT: a duplicate; else refused, with no row changed: a dead letter */
	int		 rc;
	const char	*reason;	/* why it was refused, where the error alone does not tell; in mem */
};

/* Whether it came on a Redis channel (channels.h), reworded, not on a topic. */
static inline bool
kmsg_from_channel(const struct kmsg *m)
{
	return m->m->partition < 0;
}
#define STEP_REASON "currentStep: must be an integer of 0 to 1000, or a step's name of at most 255 characters"

struct topic_in {
	/* header `type`, else member `type`; the first row of a topic when there is neither */
	const char	*topic, *type;
	/* Applies a message to the tables, or with `store` only collects its effects, and then does not yield. 0;
	 * E_CONFLICT for a duplicate (counted, otherwise ignored); or an error whose verdict in err.def is RETRY or
	 * PARK: the transaction is rolled back. */
	int		(*handler)(struct kmsg *m, const void *args);
	const struct param *params;
	size_t		 args_bytes;
	/* Applies all messages of the row in a batch, in their order, and sets `rc` of each: handlers of those with 0
	 * follow. NULL: the handler does. May run before other messages of the same key, which must not matter to it.
	 * Yields. 0, or the error of its statement. */
	int		(*store)(struct kmsg *const *m, size_t n);
	const char	*table;		/* that `store` inserts into */
};
/* The rows of one topic's file in on/, ending with a NULL topic; and all of them. */
extern const struct topic_in on_realtime_status[], on_analysis_results[], on_product_search_results[],
    on_watchlist_updates[],
	on_batch_job_status[], on_error_notifications[];
extern const struct topic_in *const topics_in[];	/* ends with NULL */

/* Parses, binds and applies a batch; what is wrong with a message before any of its rows changed is in its rc. Yields.
 * 0; else an error of a statement or handler, after which the transaction is to be rolled back. */
int	 topics_in_apply(struct kmsg *m, size_t n);
/* The topics to consume: fills `out`, of at least 16, and returns how many. */
size_t	 topics_in_names(const char *out[16]);

#endif
