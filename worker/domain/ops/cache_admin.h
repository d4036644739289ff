/* cache_admin.h -- the answer cache for operators: health, hit rate, keys; invalidation and warm-up.
 *
 * Hits and misses are counted in the process (M_CACHE) and added to `cache:stats:{date}` once a second, not per
 * request.
 */
#ifndef OPS_CACHE_ADMIN_H
#define OPS_CACHE_ADMIN_H

#include "base/param.h"

/* Begins to add this process's counts to Redis; once a process, after the loop was made. */
void	 cache_stats_start(void);

/* JSON objects, in `mem`. Both yield; errors as redis_cmd. */
int	 cache_stats(struct arena *mem, struct str *out);	/* today's hits and misses, keys, memory */
/* The hit rate of the last `days` days, today included: {"days","hits","misses","hitRate","daily":[…]}. */
int	 cache_hitrate(struct arena *mem, int64_t days, struct str *out);
/* Whether Redis answers, and how fast, as JSON; *up. Never fails. Yields. */
void	 cache_health(struct arena *mem, struct str *out, bool *up);

/* Drops the cached answers about these products; *deleted: how many keys. Yields. Errors as redis_cmd. */
int	 cache_invalidate(struct arena *mem, struct strs products, int64_t *deleted);
/* Loads these products' results from the database where they are not cached. *warmed: how many have a result;
 * `missing` lists the others. Yields. Errors as pg_query. */
int	 cache_warm(struct arena *mem, struct strs products, int64_t *warmed, struct strs *missing);
/* The same for the most requested results (CACHE_WARM_COUNT). Yields. Errors as pg_query. */
int	 cache_warm_popular(struct arena *mem, int64_t *warmed);

#endif
