/* trend_external.h -- trends that come from outside, beside those of interactions (trend.h). */
#ifndef CURATION_TREND_EXTERNAL_H
#define CURATION_TREND_EXTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct external_trend {
	const char	*keyword;
	double		 score;
};
/* Replaces the active trends of `source`: those of these keywords that videos have and interactions have not made
 * trends. *n: how many. Yields. Errors as pg_query. */
int	 trend_external_store(struct arena *mem, const char *source, int64_t window_s, const struct external_trend *v,
    size_t n, int64_t *stored);

#endif
