/* eval_baseline.h -- simple recommenders to compare with: the most watched, random ones, plain item-kNN. Pure.
 *
 * Item-kNN: the cosine of the users of two videos, BASELINE_NEIGHBOURS a video, summed over all that the user liked.
 * The neighbours of a video are computed when first needed.
 */
#ifndef CURATION_EVAL_BASELINE_H
#define CURATION_EVAL_BASELINE_H

#include "eval_data.h"

enum { BASELINE_NEIGHBOURS = 100 };

struct baseline;

/* In `mem`, about 16 bytes an interaction and 1 KiB for each video whose neighbours are needed. `d` must outlive it. */
struct baseline *baseline_new(struct arena *mem, const struct eval_data *d);
/* How many users liked each video. */
const int32_t	*baseline_popularity(const struct baseline *b);

/* At most `k` videos that the user has not seen into list[], best first; returns how many. */
size_t	 baseline_popular(struct baseline *b, const struct eval_user *u, int32_t *list, size_t k);
size_t	 baseline_random(struct baseline *b, const struct eval_user *u, int32_t *list, size_t k);
size_t	 baseline_knn(struct baseline *b, const struct eval_user *u, int32_t *list, size_t k);

#endif
