/* train.c -- `dure analyzer train`: from a file of labelled reviews to a model file.
 *
 * It trains twice: first on nine tenths, to measure, calibrate and compare byte weights on the tenth held out; then on
 * everything, for the file, with the calibration of the first run. Sentences drawn from phrases are in both and never
 * held out, so that the accuracy is that of real reviews. See: learn.c, model_file.c, measure.c (eval and bench)
 */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "examples.h"
#include "model.h"
#include "phrases.h"

#define BITS		22	/* 4 MiB of weights */
#define HELD_OUT	10	/* every tenth review */
#define DRAWS		40	/* sentences of each phrase */

/* Verdicts between these are right little more than half the time, by their own calibration. */
#define NEUTRAL_LOW	0.43f
#define NEUTRAL_HIGH	0.57f

/* Moves every tenth example from `first` on to the end; returns where those begin. */
static size_t
hold_out(struct examples *x, size_t first)
{
	struct example *copy = malloc(x->n * sizeof(*copy));
	size_t kept = first, held = x->n - (x->n - first) / HELD_OUT, from = held, i;

	if (copy == NULL)
		abort();
	for (i = first; i < x->n; i++)
		copy[(i - first) % HELD_OUT == HELD_OUT - 1 ? held++ : kept++] = x->e[i];
	memcpy(x->e + first, copy + first, (x->n - first) * sizeof(*copy));
	free(copy);
	return from;
}

/* Replaces the weights by their byte values; returns the unit. */
static float
quantise_weights(struct learner *l, int8_t *bytes)
{
	size_t slots = (size_t)1 << l->bits, k;
	float unit = learner_quantise(l, bytes);

	for (k = 0; k < slots; k++)
		l->weight[k] = (float)bytes[k] * unit;
	return unit;
}

/* Scores `n` examples; returns the share on the right side of the learner's zero. */
static double
score_all(const struct learner *l, const struct example *e, size_t n, float *scores)
{
	size_t i, right = 0;

	for (i = 0; i < n; i++) {
		scores[i] = learner_score(l, e[i].text);
		right += (scores[i] >= 0) == e[i].positive;
	}
	return n > 0 ? (double)right / (double)n : 0;
}

/* Prints the accuracy on `e` with float and with byte weights, which `l` has afterwards; fills in scores and unit. */
static double
compare_weights(struct learner *l, const char *where, const struct examples *on, size_t from, float *scores,
    int8_t *bytes, float *unit)
{
	double before = score_all(l, on->e + from, on->n - from, scores), after;

	*unit = quantise_weights(l, bytes);
	after = score_all(l, on->e + from, on->n - from, scores);
	printf("accuracy on %zu %s: %.4f with float weights, %.4f with byte weights\n", on->n - from, where, before,
	    after);
	return after;
}

struct work {
	struct examples	 train, test;
	size_t		 drawn;		/* of train, the first ones: from phrases, never held out */
	struct learner	 learner;
	uint32_t	*order;
	float		*scores;
	int8_t		*bytes;
	float		 slope, shift;
	double		 accuracy;
};

static void
measure_model(struct work *w)
{
	size_t from = hold_out(&w->train, w->drawn);
	float unit;

	learner_init(&w->learner, BITS);
	learner_fit(&w->learner, w->train.e, from, w->order);
	w->accuracy = compare_weights(&w->learner, "held-out reviews", &w->train, from, w->scores, w->bytes, &unit);
	calibrate(w->scores, w->train.e + from, w->train.n - from, &w->slope, &w->shift);
	printf("calibration: slope %.3f, shift %.3f\n", (double)w->slope, (double)w->shift);
	learner_fini(&w->learner);
}

static int
produce_file(struct work *w, const char *path)
{
	struct model_header head = {
		.bits = BITS, .reviews = (uint32_t)(w->train.n - w->drawn), .neutral_low = NEUTRAL_LOW,
		.neutral_high = NEUTRAL_HIGH, .accuracy = (float)w->accuracy,
	};
	float unit;

	learner_init(&w->learner, BITS);
	learner_fit(&w->learner, w->train.e, w->train.n, w->order);
	if (w->test.n > 0)
		compare_weights(&w->learner, "test reviews", &w->test, 0, w->scores, w->bytes, &unit);
	else
		unit = quantise_weights(&w->learner, w->bytes);
	head.scale = unit * w->slope;
	head.offset = w->learner.bias * w->slope + w->shift;
	learner_fini(&w->learner);
	if (model_save(path, &head, w->bytes) == 0)
		return 0;
	fprintf(stderr, "analyzer: %s: %s\n", path, strerror(errno));
	return -1;
}

static int
train_model(struct work *w, const char *path)
{
	size_t most = w->train.n > w->test.n ? w->train.n : w->test.n;
	int64_t start_ms = mono_ms();
	int rc;

	w->order = malloc(w->train.n * sizeof(*w->order));
	w->scores = malloc(most * sizeof(*w->scores));
	w->bytes = malloc((size_t)1 << BITS);
	if (w->order == NULL || w->scores == NULL || w->bytes == NULL)
		abort();
	measure_model(w);
	rc = produce_file(w, path);
	if (rc == 0)
		printf("%s: trained on %zu reviews (%zu lines refused) and %zu drawn sentences in %.1f s\n", path,
		    w->train.n - w->drawn, w->train.refused, w->drawn, (double)(mono_ms() - start_ms) / 1000);
	free(w->order);
	free(w->scores);
	free(w->bytes);
	return rc;
}

/* Loads all files into memory; false after an error message. */
static bool
load_files(struct work *w, const char *file, const char *phrases, const char *test)
{
	if (phrases != NULL && phrases_load(&w->train, phrases, DRAWS) < 0)
		return false;
	w->drawn = w->train.n;
	if (examples_load(&w->train, file, true) < 0 || (test != NULL && examples_load(&w->test, test, true) < 0))
		return false;
	if (w->train.n - w->drawn >= HELD_OUT)
		return true;
	fprintf(stderr, "analyzer: %s: too few reviews\n", file);
	return false;
}

int
analyzer_train_main(int argc, char **argv)
{
	const char *path = MODEL_PATH, *phrases = NULL, *test = NULL;
	struct work w = { 0 };
	int c, rc;

	optind = 1;
	while ((c = getopt(argc, argv, "o:e:p:")) != -1)
		if (c == 'o')
			path = optarg;
		else if (c == 'e')
			test = optarg;
		else if (c == 'p')
			phrases = optarg;
		else
			return 2;
	if (optind != argc - 1) {
		fprintf(stderr, "usage: dure analyzer train FILE [-p PHRASES] [-o MODEL] [-e TESTFILE]\n");
		return 2;
	}
	rc = load_files(&w, argv[optind], phrases, test) ? train_model(&w, path) : -1;
	examples_fini(&w.train);
	examples_fini(&w.test);
	return rc == 0 ? 0 : 1;
}
