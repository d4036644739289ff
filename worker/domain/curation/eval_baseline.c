/* eval_baseline.c -- see eval_baseline.h. Pure. See: t/unit/eval_measure.c */
#include "eval_baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 0x9e3779b97f4a7c15u

struct near { int32_t number; float weight; };
struct nearest { struct near *v; size_t n; };

struct baseline {
	const struct eval_data	*d;
	struct arena		*mem;
	int32_t			*popularity, *by_popularity;
	uint32_t		*first, *users;		/* of video i: users[first[i]] to users[first[i + 1] - 1] */
	struct nearest		**nearest;
	double			*score;			/* of each video, between uses 0 */
	int32_t			*touched;
	bool			*seen;			/* between uses false */
	uint64_t		 random;
};

static void
index_users(struct baseline *b)
{
	const struct eval_data *d = b->d;
	uint32_t *next = arena_alloc(b->mem, (d->n_videos + 1) * sizeof(*next));
	size_t u, i, total = 0;

	for (u = 0; u < d->n_users; u++)
		for (i = 0; i < d->users[u].liked.n; i++)
			b->popularity[d->users[u].liked.v[i]]++;
	for (i = 0; i <= d->n_videos; i++) {
		b->first[i] = next[i] = (uint32_t)total;
		total += i < d->n_videos ? (size_t)b->popularity[i] : 0;
	}
	b->users = arena_alloc(b->mem, (total + 1) * sizeof(*b->users));
	for (u = 0; u < d->n_users; u++)
		for (i = 0; i < d->users[u].liked.n; i++)
			b->users[next[d->users[u].liked.v[i]]++] = (uint32_t)u;
}

static int
by_weight(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->number > y->number) - (x->number < y->number);
}

static void
sort_by_popularity(struct baseline *b)
{
	size_t i, n = b->d->n_videos;
	struct near *list = arena_alloc(b->mem, (n + 1) * sizeof(*list));

	for (i = 0; i < n; i++)
		list[i] = (struct near){ (int32_t)i, (float)b->popularity[i] };
	qsort(list, n, sizeof(*list), by_weight);
	for (i = 0; i < n; i++)
		b->by_popularity[i] = list[i].number;
}

struct baseline *
baseline_new(struct arena *mem, const struct eval_data *d)
{
	struct baseline *b = arena_zalloc(mem, sizeof(*b));
	size_t n = d->n_videos + 1;

	*b = (struct baseline){ .d = d, .mem = mem, .random = SEED,
	    .popularity = arena_zalloc(mem, n * sizeof(int32_t)),
	    .by_popularity = arena_alloc(mem, n * sizeof(int32_t)),
	    .first = arena_alloc(mem, n * sizeof(uint32_t)), .nearest = arena_zalloc(mem, n * sizeof(b->nearest[0])),
	    .score = arena_zalloc(mem, n * sizeof(double)), .touched = arena_alloc(mem, n * sizeof(int32_t)),
	    .seen = arena_zalloc(mem, n) };
	index_users(b);
	sort_by_popularity(b);
	return b;
}

const int32_t *
baseline_popularity(const struct baseline *b)
{
	return b->popularity;
}

static void
mark_seen(struct baseline *b, const struct eval_user *u, bool seen)
{
	size_t i;

	for (i = 0; i < u->liked.n; i++)
		b->seen[u->liked.v[i]] = seen;
	for (i = 0; i < u->other.n; i++)
		b->seen[u->other.v[i]] = seen;
}

size_t
baseline_popular(struct baseline *b, const struct eval_user *u, int32_t *list, size_t k)
{
	size_t i, n = 0;

	mark_seen(b, u, true);
	for (i = 0; i < b->d->n_videos && n < k; i++)
		if (!b->seen[b->by_popularity[i]])
			list[n++] = b->by_popularity[i];
	mark_seen(b, u, false);
	return n;
}

static uint64_t
next_random(struct baseline *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

size_t
baseline_random(struct baseline *b, const struct eval_user *u, int32_t *list, size_t k)
{
	size_t n = 0, tries, i;

	mark_seen(b, u, true);
	for (tries = 0; b->d->n_videos > 0 && n < k && tries < 20 * k; tries++) {
		int32_t v = (int32_t)(next_random(b) % b->d->n_videos);

		if (b->seen[v])
			continue;
		b->seen[v] = true;
		list[n++] = v;
	}
	for (i = 0; i < n; i++)
		b->seen[list[i]] = false;
	mark_seen(b, u, false);
	return n;
}

static void
add_score(struct baseline *b, size_t *n, int32_t video, double weight)
{
	if (b->score[video] == 0)
		b->touched[(*n)++] = video;
	b->score[video] += weight;
}

/* Of the `n` touched videos the best `k` into a new array; clears their scores. */
static size_t
take_best(struct baseline *b, size_t n, size_t k, struct near **out)
{
	struct near *list = malloc((n + 1) * sizeof(*list));
	size_t i;

	if (list == NULL)
		abort();
	for (i = 0; i < n; i++) {
		list[i] = (struct near){ b->touched[i], (float)b->score[b->touched[i]] };
		b->score[b->touched[i]] = 0;
	}
	qsort(list, n, sizeof(*list), by_weight);
	n = n < k ? n : k;
	*out = arena_alloc(b->mem, (n + 1) * sizeof(*list));
	memcpy(*out, list, n * sizeof(*list));
	free(list);
	return n;
}

static struct nearest *
find_nearest(struct baseline *b, int32_t video)
{
	struct nearest *out = arena_zalloc(b->mem, sizeof(*out));
	size_t n = 0, j;
	uint32_t i;

	for (i = b->first[video]; i < b->first[video + 1]; i++) {
		const struct eval_numbers *liked = &b->d->users[b->users[i]].liked;

		for (j = 0; j < liked->n; j++)
			if (liked->v[j] != video)
				add_score(b, &n, liked->v[j], 1);
	}
	for (j = 0; j < n; j++)
		b->score[b->touched[j]] /= sqrt((double)b->popularity[video] * b->popularity[b->touched[j]]);
	out->n = take_best(b, n, BASELINE_NEIGHBOURS, &out->v);
	return out;
}

size_t
baseline_knn(struct baseline *b, const struct eval_user *u, int32_t *list, size_t k)
{
	struct arena_mark mark;
	struct near *best;
	size_t i, j, n = 0;

	for (i = 0; i < u->liked.n; i++)
		if (b->nearest[u->liked.v[i]] == NULL)
			b->nearest[u->liked.v[i]] = find_nearest(b, u->liked.v[i]);
	mark_seen(b, u, true);
	for (i = 0; i < u->liked.n; i++) {
		const struct nearest *near = b->nearest[u->liked.v[i]];

		for (j = 0; j < near->n; j++)
			if (!b->seen[near->v[j].number])
				add_score(b, &n, near->v[j].number, (double)near->v[j].weight);
	}
	mark_seen(b, u, false);
	mark = arena_mark(b->mem);
	n = take_best(b, n, k, &best);
	for (i = 0; i < n; i++)
		list[i] = best[i].number;
	arena_release(b->mem, mark);
	return n;
}
