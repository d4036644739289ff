/* trend_count.h -- the decayed counts of keywords, for trend_snapshot. */
#ifndef CURATION_TREND_COUNT_H
#define CURATION_TREND_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct trend_keyword {
	const char	*keyword;
	double		 fast, usual;		/* decayed counts of this moment */
	double		 growth, score;		/* for the caller */
};

/* Counts anew from the table unless the counts are intact. Yields. Errors as pg_query and redis_cmd. */
int	 trend_count_mend(struct arena *mem);
/* The `max` keywords with the highest fast count, in `mem`; trims the rest. Yields. Errors as redis_cmd. */
int	 trend_count_top(struct arena *mem, int64_t max, struct trend_keyword **out, size_t *n);

#endif
