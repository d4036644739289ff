/* recommend_reason.h -- says why a video is recommended, in Korean or English. Pure. */
#ifndef CURATION_RECOMMEND_REASON_H
#define CURATION_RECOMMEND_REASON_H

#include "recommend_rank.h"

/* The sentence, in `mem`. `word` fills it: a keyword, an emotion's name, or the title of a watched video (NULL or "": a
 * sentence without it). */
const char	*recommend_reason(struct arena *mem, enum rank_reason reason, const char *word, bool english);
/* The stable name of a reason for clients: "pin", "neighbour", "keyword", … */
const char	*recommend_reason_name(enum rank_reason reason);

#endif
