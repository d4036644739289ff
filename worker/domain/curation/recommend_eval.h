/* recommend_eval.h -- offline evaluation: what would have been recommended, against what users then watched.
 *
 * Runs in one transaction that is rolled back. Neighbours are computed and lists are made by the statements and the
 * ranking that serve requests; only the time and the visible interactions differ (eval_data.h).
 */
#ifndef CURATION_RECOMMEND_EVAL_H
#define CURATION_RECOMMEND_EVAL_H

#include "eval_measure.h"

enum { EVAL_K_MAX = 50, EVAL_METHODS = 5 };

struct recommend_report {
	struct eval_data	 data;
	struct eval_measure	 methods[EVAL_METHODS];
	int64_t			 train_ms;	/* computing the neighbours */
	int64_t			 left;		/* videos whose neighbours the time did not suffice for */
};

/* Evaluates lists of `k`; computing neighbours takes `limit_ms` at most. Yields. E_NOT_FOUND: no user has interactions
 * on both sides of the cut; else as pg_query. */
int	 recommend_eval(struct arena *mem, const struct eval_scope *scope, size_t k, int64_t limit_ms,
    struct recommend_report *out);

#endif
