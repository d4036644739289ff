/* cards.c -- picks representative reviews. See cards.h, tally.c.
 *
 * Score: certainty times readability of the length, plus a bonus for each keyword by how common it is. A card's slot
 * belongs to its first keyword, so that the cards of one sentiment differ in subject.
 */
#include "cards.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define CHARS_MIN	8	/* shorter reviews are no card */
#define SCORE_MIN	0.55f
#define KEYWORD_BONUS	0.05f	/* for a keyword that is in 2 % of the reviews or more */
/* a new card must be better by this much; (most - SCORE_MIN) / MARGIN bounds the replacements */
#define MARGIN		0.02f

/* The colours of the sentiments. */
static const char *const colors[SENTIMENTS] = { "#22c55e", "#ef4444", "#94a3b8" };

/* The text on one line, white space collapsed, clipped; returns its bytes. */
static size_t
fit_text(char *out, const char *text, size_t n)
{
	const char *p = text, *end = text + n;
	size_t k = 0, chars = 0, clip = 0;

	while (p < end) {
		const char *at = p;
		uint32_t c = utf8_next(&p, end);

		if (c <= ' ' || c == 0x7f) {
			if (k == 0 || out[k - 1] == ' ')
				continue;
			at = " ";
			c = 1;
		} else {
			c = (uint32_t)(p - at);
		}
		if (chars == CARD_CHARS) {
			k = clip;
			memcpy(out + k, "\u2026", 3);
			return k + 3;
		}
		if (++chars == CARD_CHARS)
			clip = k;
		memcpy(out + k, at, c);
		k += c;
	}
	return k > 0 && out[k - 1] == ' ' ? k - 1 : k;
}

/* 0..1: best between a full sentence and a short paragraph. */
static float
readability(size_t chars)
{
	if (chars < 25)
		return 0.4f + 0.6f * (float)chars / 25;
	return chars <= 120 ? 1 : fmaxf(0.7f, 1 - (float)(chars - 120) / 400);
}

/* Picks the review's best keywords by the counts so far; returns how common those are, 0..1 each. */
static float
pick_keywords(struct card *card, const struct stem *stems, size_t n, const struct keywords *k, uint64_t reviews)
{
	double ranks[CARD_KEYWORDS], least = reviews < 20 ? 0.3 : 0.75, common = ((double)reviews + 200) / 50;
	float sum = 0;
	size_t i, at;

	card->nkeywords = 0;
	for (i = 0; i < n; i++) {
		double rank = keywords_rank(k, &stems[i]);

		if (rank < least)	/* seldom met, and not as a noun */
			continue;
		if (card->nkeywords == CARD_KEYWORDS && rank <= ranks[CARD_KEYWORDS - 1])
			continue;
		at = card->nkeywords < CARD_KEYWORDS ? card->nkeywords++ : CARD_KEYWORDS - 1;
		for (; at > 0 && ranks[at - 1] < rank; at--) {
			ranks[at] = ranks[at - 1];
			memcpy(card->keywords[at], card->keywords[at - 1], STEM_BYTES);
		}
		ranks[at] = rank;
		memcpy(card->keywords[at], stems[i].text, STEM_BYTES);
	}
	for (i = 0; i < card->nkeywords; i++)
		sum += (float)(ranks[i] < common ? ranks[i] / common : 1);
	return sum;
}

void
card_refresh(struct card *card, const struct keywords *k, uint64_t reviews)
{
	struct stem stems[STEMS_MAX];

	pick_keywords(card, stems, stems_of(card->text, strlen(card->text), stems), k, reviews);
}

static float
certainty(const struct verdict *v)
{
	float lean = fabsf(2 * v->p_positive - 1);

	return v->label == NEUTRAL ? 1 - lean : v->confidence;
}

/* The slot for a new card: that of its keyword, a free one, or that of the worst card; NULL when it beats none. */
static struct card *
find_place(struct cards *c, const struct card *new)
{
	struct card *held = c->of[new->sentiment], *worst = NULL, *same = NULL;
	size_t i;

	for (i = 0; i < c->n[new->sentiment]; i++) {
		if (held[i].hash == new->hash)
			return NULL;
		if (new->nkeywords > 0 && held[i].nkeywords > 0 && strcmp(held[i].keywords[0], new->keywords[0]) == 0)
			same = &held[i];
		if (worst == NULL || held[i].score < worst->score)
			worst = &held[i];
	}
	if (same == NULL && c->n[new->sentiment] < CARDS_EACH)
		return &held[c->n[new->sentiment]++];
	if (same != NULL)
		worst = same;
	return new->score > worst->score + MARGIN ? worst : NULL;
}

/* Whether a score of at most `most` cannot get a slot. */
static bool
cannot_improve(const struct cards *c, enum sentiment of, float most)
{
	size_t i;

	if (c->n[of] < CARDS_EACH)
		return most < SCORE_MIN;
	for (i = 0; i < CARDS_EACH; i++)
		if (most > c->of[of][i].score + MARGIN)
			return false;
	return true;
}

struct card *
cards_add(struct cards *c, const char *text, size_t n, const struct verdict *v, const struct stem *stems, size_t nstems,
    const struct keywords *k, uint64_t reviews)
{
	size_t chars = utf8_len(text, n);
	float base = certainty(v) * readability(chars);
	struct card card, *place;

	if (chars < CHARS_MIN || v->confidence <= 0 ||
	    cannot_improve(c, v->label, base + KEYWORD_BONUS * CARD_KEYWORDS))
		return NULL;	/* most reviews end here */
	card.sentiment = v->label;
	card.score = base + KEYWORD_BONUS * pick_keywords(&card, stems, nstems, k, reviews);
	card.text[n = fit_text(card.text, text, n)] = '\0';
	card.hash = hash_bytes(card.text, n);
	if (card.score < SCORE_MIN || (place = find_place(c, &card)) == NULL)
		return NULL;
	card.confidence = v->confidence;
	card.color = colors[v->label];
	card.review_count = 0;
	*place = card;
	return place;
}
