/* batch_text.h -- inside the batch domain: what its files share. */
#ifndef ANALYSIS_BATCH_TEXT_H
#define ANALYSIS_BATCH_TEXT_H

#include "batch.h"

/* batch-update of this job. Yields. E_NOT_FOUND. */
int	 batch_job_effects(struct pg *pg, struct effects *effects, const char *job_id);

#endif
