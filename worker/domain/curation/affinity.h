/* affinity.h -- which videos are watched together, and how much: the precomputed half of recommendations.
 *
 * Incremental: interactions stored since the last run (by transaction, so that none is missed) refresh the counts of
 * their videos and queue them; then the neighbours of queued videos are computed, oldest first, in rounds of bounded
 * memory. Videos are the nearer the closer users watch them one after the other (shelves.h).
 */
#ifndef CURATION_AFFINITY_H
#define CURATION_AFFINITY_H

#include <stdint.h>

struct pg;

/* One run: all new interactions, and rounds of queued videos until `limit_ms` have passed; a round may take as long.
 * Nothing is queued any more when *left is 0. *n: videos computed. One process at a time. Yields. Errors as
 * pg_query. */
int	 affinity_run(int64_t limit_ms, int64_t *n, int64_t *left);
/* The same on the tables that `pg` sees: an evaluation has temporary ones. */
int	 affinity_run_in(struct pg *pg, int64_t limit_ms, int64_t *n, int64_t *left);

#endif
