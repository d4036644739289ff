/* keywords.c -- a bounded table of stem counts. See keywords.h, stem.h, t/unit/analyzer_words.c. */
#include "keywords.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/str.h"

#define INDEX_SIZE	(KEYWORDS_HELD * 2)

_Static_assert(KEYWORDS_HELD < UINT16_MAX, "a slot number fits the index");

void
keywords_init(struct keywords *k)
{
	*k = (struct keywords){ .slots = calloc(KEYWORDS_HELD, sizeof(*k->slots)),
	    .index = calloc(INDEX_SIZE, sizeof(*k->index)), .n = 0, .lost = 0 };
	if (k->slots == NULL || k->index == NULL)
		abort();
}

void
keywords_fini(struct keywords *k)
{
	free(k->slots);
	free(k->index);
	*k = (struct keywords){ 0 };
}

static uint32_t
count_of(const struct keyword_slot *s)
{
	return s->by[POSITIVE] + s->by[NEGATIVE] + s->by[NEUTRAL];
}

/* The index slot that holds this text, or would. */
static uint16_t *
find_place(const struct keywords *k, const char *text, size_t n)
{
	size_t at = hash_keyed(text, n) % INDEX_SIZE;

	for (; k->index[at] != 0; at = (at + 1) % INDEX_SIZE) {
		const struct stem *s = &k->slots[k->index[at] - 1].stem;

		if (s->n == n && memcmp(s->text, text, n) == 0)
			break;
	}
	return &k->index[at];
}

static int
compare_count(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Drops every stem with at most the median count: at least half the table. */
static void
purge_rare(struct keywords *k)
{
	uint32_t *counts = malloc(k->n * sizeof(*counts)), level;
	size_t i, kept = 0;

	if (counts == NULL)
		abort();
	for (i = 0; i < k->n; i++)
		counts[i] = count_of(&k->slots[i]);
	qsort(counts, k->n, sizeof(*counts), compare_count);
	level = counts[k->n / 2];
	free(counts);
	memset(k->index, 0, INDEX_SIZE * sizeof(*k->index));
	for (i = 0; i < k->n; i++)
		if (count_of(&k->slots[i]) > level) {
			k->slots[kept] = k->slots[i];
			*find_place(k, k->slots[kept].stem.text, k->slots[kept].stem.n) = (uint16_t)(kept + 1);
			kept++;
		}
	k->n = kept;
	k->lost += level;
}

static void
add_one(struct keywords *k, const struct stem *s, enum sentiment of)
{
	uint16_t *place = find_place(k, s->text, s->n);

	if (*place == 0) {
		if (k->n == KEYWORDS_HELD) {
			purge_rare(k);
			place = find_place(k, s->text, s->n);
		}
		k->slots[k->n++] = (struct keyword_slot){ .stem = *s };
		*place = (uint16_t)k->n;
	}
	k->slots[*place - 1].stem.forms |= s->forms;
	k->slots[*place - 1].by[of]++;
}

void
keywords_add(struct keywords *k, const struct stem *stems, size_t n, enum sentiment of)
{
	size_t i;

	for (i = 0; i < n; i++)
		add_one(k, &stems[i], of);
}

/* How likely a stem met in these forms is a noun: more particles, more likely. */
static double
noun_likelihood(uint16_t forms)
{
	static const double by_cases[] = { 0.15, 0.4, 0.75, 1 };
	unsigned particles = forms & (FORM_SUBJECT | FORM_TOPIC | FORM_OBJECT | FORM_ALSO | FORM_OF | FORM_AT |
	    FORM_WITH);
	int cases = __builtin_popcount(particles) + ((forms & (FORM_IS | FORM_DOES)) != 0);

	if (forms & FORM_LATIN)		/* articles and prepositions are stop-words already */
		return 0.75;
	if (forms == FORM_VERBAL)
		return 0;
	return by_cases[cases < 3 ? cases : 3];
}

static double
rank_of(const struct keyword_slot *s)
{
	return count_of(s) * noun_likelihood(s->stem.forms);
}

double
keywords_rank(const struct keywords *k, const struct stem *s)
{
	uint16_t at = *find_place(k, s->text, s->n);

	return at == 0 ? 0 : rank_of(&k->slots[at - 1]);
}

uint32_t
keywords_count(const struct keywords *k, const char *text, enum sentiment of)
{
	uint16_t at = *find_place(k, text, strlen(text));

	return at == 0 ? 0 : k->slots[at - 1].by[of];
}

/* Inserts slot `s` into the `n` best so far, ordered by rank, then text. */
static size_t
insert_best(const struct keyword_slot **best, size_t n, size_t max, const struct keyword_slot *s)
{
	double rank = rank_of(s);
	size_t i = n;

	if (rank <= 0)
		return n;
	for (; i > 0; i--) {
		double above = rank_of(best[i - 1]);

		if (above > rank || (above >= rank && strcmp(best[i - 1]->stem.text, s->stem.text) < 0))
			break;
		if (i < max)
			best[i] = best[i - 1];
	}
	if (i == max)
		return n;
	best[i] = s;
	return n < max ? n + 1 : n;
}

size_t
keywords_top(const struct keywords *k, struct keyword *out, size_t max)
{
	const struct keyword_slot *best[max + 1];
	size_t i, n = 0;

	for (i = 0; i < k->n; i++)
		n = insert_best(best, n, max, &k->slots[i]);
	for (i = 0; i < n; i++) {
		memcpy(out[i].text, best[i]->stem.text, STEM_BYTES);
		memcpy(out[i].by, best[i]->by, sizeof(out[i].by));
		out[i].count = count_of(best[i]);
	}
	return n;
}
