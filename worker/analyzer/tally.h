/* tally.h -- the analysis of one product: takes classified reviews, gives a snapshot at any time.
 *
 * Memory is bounded (about half a megabyte) whatever the number of reviews; only reviews on cards are retained. One
 * tally per analysis, any number at once. Nothing here yields or fails.
 * See: keywords.h, cards.h, summary.h (the snapshot as text)
 */
#ifndef ANALYZER_TALLY_H
#define ANALYZER_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "cards.h"
#include "keywords.h"
#include "model.h"

struct tally {
	uint64_t	reviews;
	uint64_t	by[SENTIMENTS];
	struct keywords	keywords;
	struct cards	cards;
};

void	 tally_init(struct tally *t);
void	 tally_fini(struct tally *t);

/* Counts a review (valid UTF-8) with its verdict. NULL for most; else the card that it became, worth showing now. The
 * card is the tally's and valid until the next call. */
const struct card	*tally_add(struct tally *t, const char *text, size_t n, const struct verdict *v);

/* Shares of the sentiments in hundredths of a percent, which sum to 10000 (to 0 without reviews). */
void	 tally_shares(const struct tally *t, unsigned out[SENTIMENTS]);
/* Writes the best keywords into `out`, best first; returns how many, at most `max` (itself at most 1000). */
size_t	 tally_keywords(const struct tally *t, struct keyword *out, size_t max);
/* The current cards, each sentiment's best first, with current keywords and counts; returns how many. */
size_t	 tally_cards(const struct tally *t, struct card out[SENTIMENTS * CARDS_EACH]);

#endif
