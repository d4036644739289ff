/* learn.h -- trains the weights of the Korean classifier: logistic regression on naive-Bayes-scaled features.
 *
 * Deterministic: equal reviews in equal order and an equal seed give equal weights on one type of machine. Memory: 12
 * bytes per feature slot (48 MiB at 22 bits). No I/O.
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
/* Trains from scratch on `n` examples; `order` is scratch for n indices. */
void	 learner_fit(struct learner *l, const struct example *e, size_t n, uint32_t *order);
/* Uncalibrated log-odds of a text being positive. */
float	 learner_score(const struct learner *l, struct str text);

/* Writes the weights as signed bytes into `out` of 2^bits; returns the value of one unit. */
float	 learner_quantise(const struct learner *l, int8_t *out);
/* Fits p = sigmoid(slope * score + shift) to scores with known labels (Platt scaling). */
void	 calibrate(const float *scores, const struct example *e, size_t n, float *slope, float *shift);

#endif
