/* batch_text.h -- shared by the files of batch jobs. */
#ifndef ANALYSIS_BATCH_TEXT_H
#define ANALYSIS_BATCH_TEXT_H

#include "batch.h"

/* Collects batch-update of this job. Yields. E_NOT_FOUND, else as pg_query. */
int	 batch_job_effects(struct pg *pg, struct effects *effects, const char *job_id);

#endif
