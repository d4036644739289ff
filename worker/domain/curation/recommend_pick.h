/* recommend_pick.h -- both stages of a recommendation: the user's variant ranks the candidates. */
#ifndef CURATION_RECOMMEND_PICK_H
#define CURATION_RECOMMEND_PICK_H

#include "recommend_candidates.h"

/* At most `limit` videos, best first, in `mem`; nothing is stored. *algorithm: the variant's name, or RANK_COLD.
 * Yields. Errors as recommend_candidates. */
int	 recommend_pick(struct arena *mem, const struct recommend_ask *ask, size_t limit, struct rank_video ***out,
    size_t *n, const char **algorithm);

#endif
