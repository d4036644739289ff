/* topics_in.h -- the messages that the bridge consumes: a row per topic and type, and what a handler gets.
 *
 * A handler applies one message to the tables, in the transaction that also stores its offset, and collects its
 * effects in `effects` for after the commit. It may yield. It returns 0; E_CONFLICT for a duplicate (counted,
 * otherwise ignored); or an error whose verdict in err.def is RETRY (the message is applied again later) or PARK (it
 * becomes a dead letter).
 */
#ifndef KAFKA_TOPICS_IN_H
#define KAFKA_TOPICS_IN_H

#include "base/param.h"
#include "link/kafka.h"
#include "link/pg.h"
#include "worker/domain/core/effects.h"

struct kmsg {			/* one message being applied */
	struct arena	*mem;		/* of the unit of work */
	struct pg	*pg;		/* the transaction */
	struct effects	*effects;
	const struct kafka_message *m;
	const struct json *body;
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
	int		(*handler)(struct kmsg *m, const void *args);
	const struct param *params;
	size_t		 args_bytes;
};
/* The rows of one topic's file in on/, ending with a NULL topic; and all of them. */
extern const struct topic_in on_realtime_status[], on_analysis_results[], on_product_search_results[],
    on_watchlist_updates[],
	on_batch_job_status[], on_error_notifications[];
extern const struct topic_in *const topics_in[];	/* ends with NULL */

/* Parses, binds and applies one message. Yields. As a handler, with m->reason set for PARK. */
int	 topics_in_apply(struct kmsg *m);
/* The topics to consume: fills `out`, of at least 16, and returns how many. */
size_t	 topics_in_names(const char *out[16]);

#endif
