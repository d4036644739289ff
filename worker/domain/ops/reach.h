/* reach.h -- health of the stores: reachable, latency, version. */
#ifndef OPS_REACH_H
#define OPS_REACH_H

#include <stdbool.h>

#include "base/json.h"

struct reach {
	bool		 up;
	int64_t		 us;		/* the round trip, microseconds */
	const char	*version;	/* NULL: not asked for */
	const char	*missing;	/* of the database: migrations that it lacks (schema.h); NULL: none */
};
/* Neither fails: the result says what is wrong. Both yield. Texts live in `mem` or the coroutine's arena. */
void	 reach_database(struct arena *mem, struct reach *r);
void	 reach_redis(struct arena *mem, struct reach *r, bool version);
/* {"status":"up|outdated|down"}, with "missing" and "advice" where migrations are missing, and latencyMs and version
 * where `details`. */
struct str reach_json(struct arena *mem, const struct reach *r, bool details);
/* The read replica: {"status":"up|behind|down","lagMs"}; p NULL where there is none. Does not yield. */
struct str reach_replica_json(struct arena *mem);

/* Whether the store is up, and has all its tables. */
bool	 reach_good(const struct reach *r);

#endif
