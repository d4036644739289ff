/* measure.c -- `dure analyzer eval` and `dure analyzer bench`: accuracy and speed of a model file.
 *
 * See: commands.h, train.c
 */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "examples.h"
#include "model.h"
#include "model_place.h"

#define BENCH_MS	2000	/* repeats the file until this long has passed */

/* Parses FILE and [-m MODEL]; false after a usage line. */
static bool
parse_words(int argc, char **argv, const char *name, const char **file, const char **model)
{
	int c;

	optind = 1;
	*model = NULL;
	while ((c = getopt(argc, argv, "m:")) != -1) {
		if (c != 'm')
			return false;
		*model = optarg;
	}
	if (optind != argc - 1) {
		fprintf(stderr, "usage: dure analyzer %s FILE [-m MODEL]\n", name);
		return false;
	}
	*file = argv[optind];
	return true;
}

/* Opens both; `path` NULL: the model that Dure would use. False after an error message. */
static bool
load_both(const char *file, bool labelled, const char *path, struct examples *x, struct model **m)
{
	struct arena mem;
	const char *why;

	arena_init(&mem, 4096);
	*x = (struct examples){ 0 };
	path = path != NULL ? path : model_place(&mem);
	if ((*m = model_open(path, &why)) == NULL)
		fprintf(stderr, "analyzer: %s: %s\n", path, why);
	arena_fini(&mem);
	if (*m == NULL)
		return false;
	if (examples_load(x, file, labelled) == 0)
		return true;
	model_close(m);
	return false;
}

static double
percent_of(size_t part, size_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void
print_measures(const struct model *m, const struct examples *x)
{
	size_t hit[2][2] = { { 0 } }, banded = 0, banded_right = 0, i, right;
	struct verdict v;

	for (i = 0; i < x->n; i++) {
		int positive;

		model_classify(m, x->e[i].text.p, x->e[i].text.n, &v);
		positive = v.p_positive >= 0.5f;
		hit[x->e[i].positive][positive]++;
		if (v.label != NEUTRAL) {
			banded++;
			banded_right += positive == x->e[i].positive;
		}
	}
	right = hit[0][0] + hit[1][1];
	printf("reviews %zu (%zu lines refused)\naccuracy %.2f%%\n", x->n, x->refused, percent_of(right, x->n));
	printf("truth positive: %zu judged positive, %zu negative\n", hit[1][1], hit[1][0]);
	printf("truth negative: %zu judged positive, %zu negative\n", hit[0][1], hit[0][0]);
	printf("neutral between %.2f and %.2f: %.2f%% of reviews; accuracy of the others %.2f%%\n",
	    (double)m->head->neutral_low, (double)m->head->neutral_high, percent_of(x->n - banded, x->n),
	    percent_of(banded_right, banded));
}

int
analyzer_eval_main(int argc, char **argv)
{
	const char *file, *path;
	struct examples x;
	struct model *m;

	if (!parse_words(argc, argv, "eval", &file, &path))
		return 2;
	if (!load_both(file, true, path, &x, &m))
		return 1;
	print_measures(m, &x);
	examples_fini(&x);
	model_close(&m);
	return 0;
}

int
analyzer_bench_main(int argc, char **argv)
{
	size_t done = 0, bytes = 0, labels[SENTIMENTS] = { 0 }, i;
	const char *file, *path;
	int64_t start_us, us;
	struct examples x;
	struct verdict v;
	struct model *m;

	if (!parse_words(argc, argv, "bench", &file, &path))
		return 2;
	if (!load_both(file, false, path, &x, &m))
		return 1;
	start_us = mono_us();
	do {
		for (i = 0; i < x.n; i++) {
			model_classify(m, x.e[i].text.p, x.e[i].text.n, &v);
			labels[v.label]++;
			bytes += x.e[i].text.n;
		}
		done += x.n;
		us = mono_us() - start_us;
	} while (us < BENCH_MS * 1000);
	printf("%zu reviews of %.0f bytes on average in %.2f s: %.0f reviews/s, %.1f MB/s\n", done,
	    (double)bytes / (double)done, (double)us / 1e6, (double)done * 1e6 / (double)us,
	    (double)bytes / (double)us);
	printf("positive %.2f%%, negative %.2f%%, neutral %.2f%%\n", percent_of(labels[POSITIVE], done),
	    percent_of(labels[NEGATIVE], done), percent_of(labels[NEUTRAL], done));
	examples_fini(&x);
	model_close(&m);
	return 0;
}
