/* reach.h -- whether the stores can be reached, how fast they answer, and what they are. */
#ifndef DOMAIN_REACH_H
#define DOMAIN_REACH_H

#include <stdbool.h>

#include "base/json.h"

struct reach {
	bool		 up;
	int64_t		 us;		/* the round trip */
	const char	*version;	/* NULL: not asked for */
};
/* None of them fails: they say so instead. They yield. Versions live in the coroutine's arena. */
void	 reach_database(struct reach *r);
void	 reach_redis(struct arena *mem, struct reach *r, bool version);
/* {"status":"up|down"}, with latencyMs and version where `details`. */
struct str reach_json(struct arena *mem, const struct reach *r, bool details);
/* The read replica: {"status":"up|behind|down","lagMs"}; p NULL where there is none. Does not yield. */
struct str reach_replica_json(struct arena *mem);

#endif
