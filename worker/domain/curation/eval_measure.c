/* eval_measure.c -- see eval_measure.h. Pure. See: t/unit/eval_measure.c */
#include "eval_measure.h"

#include <math.h>

void
eval_measure_init(struct arena *mem, struct eval_measure *m, const char *name, const struct eval_data *d)
{
	*m = (struct eval_measure){ .name = name, .shown = arena_zalloc(mem, d->n_videos + 1) };
}

static bool
contains(const struct eval_numbers *list, int32_t number)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i] == number)
			return true;
	return false;
}

static double
discount(size_t place)
{
	return 1 / log2((double)place + 2);
}

static void
add_accuracy(struct eval_measure *m, const struct eval_user *u, const int32_t *list, size_t n, size_t k)
{
	double gain = 0, best = 0, ndcg;
	size_t i;

	for (i = 0; i < n && i < k; i++)
		if (contains(&u->relevant, list[i]))
			gain += discount(i);
	for (i = 0; i < u->relevant.n && i < k; i++)
		best += discount(i);
	ndcg = best > 0 ? gain / best : 0;
	m->cases++;
	m->hits += gain > 0;
	m->ndcg += ndcg;
	m->ndcg_squares += ndcg * ndcg;
}

static double
unlikeness(const struct eval_video *a, const struct eval_video *b)
{
	size_t i, k, shared = 0;

	for (i = 0; i < a->n_words; i++)
		for (k = 0; k < b->n_words; k++)
			shared += a->words[i] == b->words[k];
	return a->n_words + b->n_words == 0 ? 0 : 1 - (double)shared / (double)(a->n_words + b->n_words - shared);
}

static void
add_spread(struct eval_measure *m, const struct eval_data *d, const int32_t *popularity, const int32_t *list, size_t n)
{
	double novelty = 0, unlike = 0;
	size_t i, j, shown = 0, pairs = 0;

	for (i = 0; i < n; i++) {
		if (list[i] < 0)
			continue;
		m->shown[list[i]] = true;
		shown++;
		novelty += log2(((double)d->n_users + 1) / ((double)popularity[list[i]] + 1));
		for (j = 0; j < i; j++)
			if (list[j] >= 0) {
				unlike += unlikeness(&d->videos[list[i]], &d->videos[list[j]]);
				pairs++;
			}
	}
	if (shown == 0)
		return;
	m->lists++;
	m->novelty += novelty / (double)shown;
	m->diversity += pairs > 0 ? unlike / (double)pairs : 0;
}

void
eval_measure_add(struct eval_measure *m, const struct eval_data *d, const struct eval_user *u,
    const int32_t *popularity, const int32_t *list, size_t n, size_t k)
{
	add_accuracy(m, u, list, n, k);
	add_spread(m, d, popularity, list, n < k ? n : k);
}

static double
over(double sum, size_t n)
{
	return n > 0 ? sum / (double)n : 0;
}

double
eval_ndcg(const struct eval_measure *m)
{
	return over(m->ndcg, m->cases);
}

double
eval_ndcg_error(const struct eval_measure *m)
{
	double mean = eval_ndcg(m);

	return m->cases < 2 ? 0 : sqrt(fmax(0, over(m->ndcg_squares, m->cases) - mean * mean) / ((double)m->cases - 1));
}

double
eval_hit_rate(const struct eval_measure *m)
{
	return over((double)m->hits, m->cases);
}

double
eval_coverage(const struct eval_measure *m, const struct eval_data *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->n_videos; i++)
		n += m->shown[i];
	return over((double)n, d->n_videos);
}

double
eval_novelty(const struct eval_measure *m)
{
	return over(m->novelty, m->lists);
}

double
eval_diversity(const struct eval_measure *m)
{
	return over(m->diversity, m->lists);
}
