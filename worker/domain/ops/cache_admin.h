/* cache_admin.h -- the answer cache as operators see it: reach, hits, keys; invalidation and warm-up.
 *
 * Hits and misses are counted in the process (M_CACHE) and added to `cache:stats:{date}` once a second, never a
 * request.
 */
#ifndef OPS_CACHE_ADMIN_H
#define OPS_CACHE_ADMIN_H

#include "base/param.h"

/* Begin to add this process's counts to Redis; once a process, after the loop was made. */
void	 cache_stats_start(void);

/* Objects of JSON text in `mem`. Yield; errors as redis_cmd. */
int	 cache_stats(struct arena *mem, struct str *out);	/* today's hits and misses, keys, memory */
/* The hit rate of the last `days` days, today included: {"days","hits","misses","hitRate","daily":[…]}. */
int	 cache_hitrate(struct arena *mem, int64_t days, struct str *out);
/* Whether Redis answers and how fast; never fails, says so instead. *up. Yields. */
void	 cache_health(struct arena *mem, struct str *out, bool *up);

/* Forget the answers about these products; *deleted: keys there were. Yields. Errors as redis_cmd. */
int	 cache_invalidate(struct arena *mem, struct strs products, int64_t *deleted);
/* Load the results of these products from the database where the cache lacks them. *warmed: how many have a result;
 * `missing` lists the others. Yields. Errors as pg_query. */
int	 cache_warm(struct arena *mem, struct strs products, int64_t *warmed, struct strs *missing);
/* The same for the results most asked for (CACHE_WARM_COUNT). Yields. Errors as pg_query. */
int	 cache_warm_popular(struct arena *mem, int64_t *warmed);

#endif
