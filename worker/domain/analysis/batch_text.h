/* batch_text.h -- inside the batch domain: what its files share. */
#ifndef ANALYSIS_BATCH_TEXT_H
#define ANALYSIS_BATCH_TEXT_H

#include "batch.h"

/* batch-update of this job. Yields. E_NOT_FOUND. */
int	 batch_news_job(struct pg *pg, struct news *news, const char *job_id);

#endif
