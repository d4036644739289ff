/* analysis_pace.h -- estimates the duration of an analysis from the latest ones.
 *
 * The host's bridge measures: an exponentially weighted geometric mean, so that one analysis that waited all night for
 * a broker weighs little. The value is a gauge in the host's shared memory, which every process reads without cost.
 */
#ifndef ANALYSIS_ANALYSIS_PACE_H
#define ANALYSIS_ANALYSIS_PACE_H

#include <stdint.h>

/* In the bridge: begins with the stored courses (a query in the background). Does not yield. */
void	 analysis_pace_start(void);
/* In the bridge: records an analysis that completed `ms` after its request. Does not yield. */
void	 analysis_pace_add(int64_t ms);
/* The estimated seconds from request to result of an analysis requested now, from 1 to a day. Before the first
 * measurement ANALYSIS_ESTIMATED_SECONDS, or a few with the embedded analyzer. Does not yield. */
int64_t	 analysis_pace_s(void);

#endif
