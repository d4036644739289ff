/* learn.h -- train the weights of the Korean classifier: logistic regression on naive-Bayes-scaled features.
 *
 * Deterministic: the same reviews in the same order and the same seed give the same weights on the same machine type.
 * Memory: 12 bytes a feature slot (48 MiB at 22 bits). No I/O.
 */
#ifndef ANALYZER_LEARN_H
#define ANALYZER_LEARN_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct example {
	struct str	text;		/* borrowed, valid UTF-8 */
	int		positive;	/* 0 or 1 */
};

struct learner {
	unsigned	 bits;
	float		*weight;	/* of each feature slot */
	float		*ratio;		/* naive-Bayes log ratio of each slot: the prior scale of its weight */
	float		*gradient;	/* AdaGrad's sum of squares */
	float		 bias, bias_gradient;
};

void	 learner_init(struct learner *l, unsigned bits);
void	 learner_fini(struct learner *l);
/* Train from nothing on `n` examples; `order` is scratch for n indices. */
void	 learner_fit(struct learner *l, const struct example *e, size_t n, uint32_t *order);
/* Uncalibrated log-odds of a text being positive. */
float	 learner_score(const struct learner *l, struct str text);

/* Weights as signed bytes into `out` of 2^bits; returns what one unit stands for. */
float	 learner_quantise(const struct learner *l, int8_t *out);
/* Fit p = sigmoid(slope * score + shift) to scores whose truth is known (Platt). */
void	 calibrate(const float *scores, const struct example *e, size_t n, float *slope, float *shift);

#endif
