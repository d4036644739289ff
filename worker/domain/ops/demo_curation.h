/* demo_curation.h -- the curated part of the demo: 2,000 videos of ten tastes, and 200 users of two tastes each.
 *
 * The words are etc/demo/tastes.ndjson, built in; videos and interactions are generated from them and are the same each
 * time, but for their times, which are relative to now. Users are taste-NNN@dure.local; nobody can log in as one.
 */
#ifndef OPS_DEMO_CURATION_H
#define OPS_DEMO_CURATION_H

#include "base/arena.h"

/* Emails of the generated users, as a LIKE pattern. */
#define DEMO_TASTE_USERS "taste-%@dure.local"

/* Seeds videos, users and their interactions, gives `buyer` (an id) a history as well, and computes the trends; cron
 * computes the neighbours. Whatever exists stays. Yields; errors as pg_query and redis_cmd, and E_INTERNAL when the
 * content is rejected (logged). */
int	 demo_curation_seed(struct arena *mem, const char *buyer);

#endif
