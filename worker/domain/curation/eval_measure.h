/* eval_measure.h -- how good recommended lists are: sums up one method's lists over the cases. Pure.
 *
 * Hit rate: cases with a relevant video in the list. NDCG: binary relevance over log2 of the place, against the best
 * order. Coverage: share of the catalogue that is in any list. Novelty: mean of log2(users / users of the video).
 * Diversity: mean over pairs of one list of 1 - Jaccard of the keywords.
 */
#ifndef CURATION_EVAL_MEASURE_H
#define CURATION_EVAL_MEASURE_H

#include "eval_data.h"

struct eval_measure {
	const char	*name;
	size_t		 cases, hits;
	double		 ndcg, ndcg_squares;	/* sums */
	double		 novelty, diversity;	/* sums over cases with a list */
	size_t		 lists;
	bool		*shown;			/* of each video */
	int64_t		 spent_us;		/* by the caller */
};

void	 eval_measure_init(struct arena *mem, struct eval_measure *m, const char *name, const struct eval_data *d);
/* One list for a case; numbers of -1 count as misses. `popularity`: users of each video. */
void	 eval_measure_add(struct eval_measure *m, const struct eval_data *d, const struct eval_user *u,
    const int32_t *popularity, const int32_t *list, size_t n, size_t k);

double	 eval_ndcg(const struct eval_measure *m);
double	 eval_ndcg_error(const struct eval_measure *m);	/* standard error of the mean */
double	 eval_hit_rate(const struct eval_measure *m);
double	 eval_coverage(const struct eval_measure *m, const struct eval_data *d);
double	 eval_novelty(const struct eval_measure *m);
double	 eval_diversity(const struct eval_measure *m);

#endif
