/* analysis_hash.h -- writes the progress hash analysis_progress:{taskId}, which analysis servers write too. */
#ifndef ANALYSIS_ANALYSIS_HASH_H
#define ANALYSIS_ANALYSIS_HASH_H

#include "analysis_text.h"

/* Collects the write of what `u` gives (counts and estimate of -1 and no step: not given). Where `before`, the task's
 * state until now, is NULL, Dure alone writes this hash and all that is given is set. Otherwise an analysis server may
 * have written it: a field is set where it is missing, has its value of `before`, or the hash is behind `u`; an ended
 * status is always set. */
void	 analysis_hash_effects(struct effects *effects, const struct analysis_update *u,
    const struct analysis_update *before);

#endif
