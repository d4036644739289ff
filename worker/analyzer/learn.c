/* learn.c -- stochastic gradient descent for the Korean classifier. See learn.h.
 *
 * The hyperparameters were chosen on a tenth of the training reviews, held out, never on the test set. Accuracy there,
 * which varies by 0.001 with the seed:
 *   0.884  table of 2^20, 1-4 characters
 *   0.886  2^22, 1-4 characters: this one
 *   0.887  2^23, 1-5 characters
 *   0.882  2^22, 1-5 characters: the table is too small for them
 *   0.888  2^26, whatever the features: the ceiling
 *   0.870  recurrent lookup network over words
 *   0.873  bidirectional GRU of 48 on its own
 *   0.890  this and one GRU; 0.893 with three, at 50 us a review and network instead of 1
 * No gain: jamo sequences of 3-9, pairs of near words, a word's position, presence for counts, random feature dropout,
 * averaged epochs. A loss of 0.001: the clause before "지만" or "는데" at 0.3 to 0.8; of 0.002: no rule of negation.
 */
#include "learn.h"

#include <math.h>
#include <stdlib.h>

#include "features.h"

#define EPOCHS		4
#define RATE		0.3f	/* AdaGrad step */
#define PRIOR		3.0f	/* pseudo-count of a feature in each class */
#define SEED		0x44555245u

static float *
new_slots(unsigned bits)
{
	float *p = calloc((size_t)1 << bits, sizeof(*p));

	if (p == NULL)
		abort();
	return p;
}

void
learner_init(struct learner *l, unsigned bits)
{
	*l = (struct learner){ .bits = bits, .weight = new_slots(bits), .ratio = new_slots(bits),
	    .gradient = new_slots(bits), .bias = 0, .bias_gradient = 1 };
}

void
learner_fini(struct learner *l)
{
	free(l->weight);
	free(l->ratio);
	free(l->gradient);
	*l = (struct learner){ 0 };
}

/* Reads the features of the first part of a text, which is all of it except for the very longest; returns the value of
 * each. */
static float
read_features(const struct learner *l, struct str text, struct features *f)
{
	struct symbols s;

	symbols_read(&s, text.p, text.p + text.n);
	features_of(&s, l->bits, f);
	return f->n > 0 ? 1 / sqrtf((float)f->n) : 0;
}

/* Counts each slot in both classes (in weight and gradient, unused until then) and takes the log ratio. Under negation
 * a feature is evidence for the other class. */
static void
fit_ratios(struct learner *l, const struct example *e, size_t n)
{
	size_t slots = (size_t)1 << l->bits, i, k;
	double in_positive = 0, in_negative = 0;
	struct features f;

	for (i = 0; i < n; i++) {
		float *class = e[i].positive ? l->weight : l->gradient, *other = e[i].positive ? l->gradient
		    : l->weight;

		read_features(l, e[i].text, &f);
		for (k = 0; k < f.plain; k++)
			class[f.at[k]]++;
		for (; k < f.n; k++)
			other[f.at[k]] -= TURNED;
	}
	for (k = 0; k < slots; k++) {
		in_positive += l->weight[k] + PRIOR;
		in_negative += l->gradient[k] + PRIOR;
	}
	for (k = 0; k < slots; k++) {
		double positive = (l->weight[k] + PRIOR) / in_positive,
		    negative = (l->gradient[k] + PRIOR) / in_negative;

		l->ratio[k] = (float)log(positive / negative);
		l->weight[k] = l->gradient[k] = 0;
	}
}

/* One step; while fitting, a slot's effective weight is weight * ratio. */
static void
fit_example(struct learner *l, const struct example *e)
{
	struct features f;
	float x = read_features(l, e->text, &f), sum = 0, error;
	size_t k;

	for (k = 0; k < f.n; k++)
		sum += l->weight[f.at[k]] * l->ratio[f.at[k]] * (k < f.plain ? 1 : TURNED);
	error = 1 / (1 + expf(-(sum * x + l->bias))) - (float)e->positive;
	for (k = 0; k < f.n; k++) {
		float g = error * x * l->ratio[f.at[k]] * (k < f.plain ? 1 : TURNED);

		l->gradient[f.at[k]] += g * g;
		l->weight[f.at[k]] -= RATE * g / sqrtf(l->gradient[f.at[k]] + 1e-6f);
	}
	l->bias_gradient += error * error;
	l->bias -= RATE / 10 * error / sqrtf(l->bias_gradient);
}

static void
shuffle_order(uint32_t *order, size_t n, uint32_t *random)
{
	size_t i;

	for (i = n; i > 1; i--) {
		uint32_t r = *random, j, t;

		r ^= r << 13;
		r ^= r >> 17;
		r ^= r << 5;
		*random = r;
		j = (uint32_t)(((uint64_t)r * i) >> 32);
		t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
}

void
learner_fit(struct learner *l, const struct example *e, size_t n, uint32_t *order)
{
	size_t slots = (size_t)1 << l->bits, i, k;
	uint32_t random = SEED;
	int epoch;

	fit_ratios(l, e, n);
	for (i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (epoch = 0; epoch < EPOCHS; epoch++) {
		shuffle_order(order, n, &random);
		for (i = 0; i < n; i++)
			fit_example(l, &e[order[i]]);
	}
	for (k = 0; k < slots; k++)
		l->weight[k] *= l->ratio[k];
}

float
learner_score(const struct learner *l, struct str text)
{
	struct features f;
	float x = read_features(l, text, &f), sum = 0;
	size_t k;

	for (k = 0; k < f.n; k++)
		sum += l->weight[f.at[k]] * (k < f.plain ? 1 : TURNED);
	return sum * x + l->bias;
}

float
learner_quantise(const struct learner *l, int8_t *out)
{
	size_t slots = (size_t)1 << l->bits, k;
	float top = 1e-6f, unit;

	for (k = 0; k < slots; k++)
		top = fmaxf(top, fabsf(l->weight[k]));
	unit = top / 127;
	for (k = 0; k < slots; k++)
		out[k] = (int8_t)lrintf(l->weight[k] / unit);
	return unit;
}

void
calibrate(const float *scores, const struct example *e, size_t n, float *slope, float *shift)
{
	double a = 1, b = 0;
	int round;
	size_t i;

	for (round = 0; round < 30; round++) {		/* Newton's method, two unknowns */
		double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9, det;

		for (i = 0; i < n; i++) {
			double p = 1 / (1 + exp(-(a * scores[i] + b))), r = p - e[i].positive, v = p * (1 - p);

			ga += r * scores[i];
			gb += r;
			haa += v * scores[i] * scores[i];
			hab += v * scores[i];
			hbb += v;
		}
		det = haa * hbb - hab * hab;
		a -= (hbb * ga - hab * gb) / det;
		b -= (haa * gb - hab * ga) / det;
	}
	*slope = (float)a;
	*shift = (float)b;
}
