/* tally.c -- accumulates one product's reviews. See tally.h. */
#include "tally.h"

#include <string.h>

void
tally_init(struct tally *t)
{
	memset(t, 0, sizeof(*t));
	keywords_init(&t->keywords);
}

void
tally_fini(struct tally *t)
{
	keywords_fini(&t->keywords);
	memset(t, 0, sizeof(*t));
}

static uint64_t
review_count(const struct tally *t, const struct card *c)
{
	uint32_t n = c->nkeywords > 0 ? keywords_count(&t->keywords, c->keywords[0], c->sentiment) : 0;

	return n > 0 ? n : t->by[c->sentiment];
}

const struct card *
tally_add(struct tally *t, const char *text, size_t n, const struct verdict *v)
{
	struct stem stems[STEMS_MAX];
	size_t nstems = stems_of(text, n, stems);
	struct card *card;

	t->reviews++;
	t->by[v->label]++;
	keywords_add(&t->keywords, stems, nstems, v->label);
	card = cards_add(&t->cards, text, n, v, stems, nstems, &t->keywords, t->reviews);
	if (card != NULL)
		card->review_count = review_count(t, card);
	return card;
}

/* Largest remainder method: rounds down, then distributes the rest by the size of the remainders. */
void
tally_shares(const struct tally *t, unsigned out[SENTIMENTS])
{
	uint64_t rest[SENTIMENTS];
	unsigned missing = 10000;
	int i, most;

	memset(out, 0, SENTIMENTS * sizeof(*out));
	if (t->reviews == 0)
		return;
	for (i = 0; i < SENTIMENTS; i++) {
		out[i] = (unsigned)(t->by[i] * 10000 / t->reviews);
		rest[i] = t->by[i] * 10000 % t->reviews;
		missing -= out[i];
	}
	for (; missing > 0; missing--) {
		for (most = 0, i = 1; i < SENTIMENTS; i++)
			if (rest[i] > rest[most])
				most = i;
		out[most]++;
		rest[most] = 0;
	}
}

size_t
tally_keywords(const struct tally *t, struct keyword *out, size_t max)
{
	return keywords_top(&t->keywords, out, max);
}

size_t
tally_cards(const struct tally *t, struct card out[SENTIMENTS * CARDS_EACH])
{
	size_t n = 0, i, at, first;
	int of;

	for (of = 0; of < SENTIMENTS; of++)
		for (first = n, i = 0; i < t->cards.n[of]; i++) {
			struct card card = t->cards.of[of][i];

			card_refresh(&card, &t->keywords, t->reviews);
			card.review_count = review_count(t, &card);
			for (at = n++; at > first && out[at - 1].score < card.score; at--)
				out[at] = out[at - 1];
			out[at] = card;
		}
	return n;
}
