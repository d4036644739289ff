/* slow_queries.h -- the slowest kinds of query, as PostgreSQL's pg_stat_statements counts them. */
#ifndef OPS_SLOW_QUERIES_H
#define OPS_SLOW_QUERIES_H

#include "base/str.h"

/* *list: [{query,calls,totalTime,meanTime,maxTime}], times in ms, the slowest mean first. *missing: what PostgreSQL
 * lacks, a sentence; NULL: nothing. Both live in the coroutine's arena. Yields. Errors as pg_query. */
int	 slow_queries_read(struct str *list, const char **missing);

#endif
