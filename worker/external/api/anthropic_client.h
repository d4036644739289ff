/* anthropic_client.h -- what the parts of the Anthropic client share. */
#ifndef API_ANTHROPIC_CLIENT_H
#define API_ANTHROPIC_CLIENT_H

#include "../call/fetch.h"
#include "anthropic_text.h"

extern struct fetch_api anthropic_api;

/* Both yield; errors as fetch and pg_query. */

/* Sends videos as one batch; its id is stored, and it is found again if that fails. */
int	 anthropic_batch_create(struct arena *mem, const struct unclassified *v, size_t n, int64_t *sent);
/* Finds lost batches, and stores the results of those that have ended. *n: videos classified. */
int	 anthropic_batches_advance(struct arena *mem, int64_t *n);

#endif
