/* analysis_pace.h -- how long an analysis takes, from what the last ones took.
 *
 * The bridge of a host measures: a geometric mean that follows the newest, so that one analysis that waited for a
 * broker all night counts little. It is a gauge in the host's shared memory, so every process reads it for nothing.
 */
#ifndef ANALYSIS_ANALYSIS_PACE_H
#define ANALYSIS_ANALYSIS_PACE_H

#include <stdint.h>

/* In the bridge: begin with the courses that are stored (a query in the background). Does not yield. */
void	 analysis_pace_start(void);
/* In the bridge: an analysis was completed, `ms` after it was asked for. */
void	 analysis_pace_add(int64_t ms);
/* Seconds, from 1 to a day, that an analysis asked for now takes from its request to its result; where none has been
 * measured yet ANALYSIS_ESTIMATED_SECONDS, and few with the embedded analyzer. Does not yield. */
int64_t	 analysis_pace_s(void);

#endif
