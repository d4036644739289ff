/* anthropic.h -- the client of the Anthropic Messages API: classifies videos, one by one or in batches. */
#ifndef API_ANTHROPIC_H
#define API_ANTHROPIC_H

#include <stdint.h>

#include "base/arena.h"

/* One round: looks after open batches, then classifies what is due; nothing while the setting classificationOpen is
 * false, which a spending limit or a refused key sets. *n: videos classified or sent. Yields. Errors as fetch and
 * pg_query. */
int	 anthropic_round(struct arena *mem, int64_t *n);

#endif
