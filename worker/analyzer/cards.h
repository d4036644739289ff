/* cards.h -- picks a few reviews worth showing from the stream of reviews.
 *
 * Of each sentiment the best CARDS_EACH are held: clearly classified, of readable length, each with another keyword. A
 * held card is replaced only by a clearly better one, so that an analysis has few candidates (at most CARDS_EVER)
 * however many reviews it reads, and each can be shown as soon as it is found.
 */
#ifndef ANALYZER_CARDS_H
#define ANALYZER_CARDS_H

#include <stddef.h>
#include <stdint.h>

#include "keywords.h"
#include "model.h"

#define CARDS_EACH	4
#define CARD_KEYWORDS	3
#define CARD_CHARS	200	/* longer texts end in an ellipsis */
#define CARDS_EVER	(SENTIMENTS * CARDS_EACH * 30)

struct card {
	enum sentiment	sentiment;
	char		text[CARD_CHARS * 4 + 1];	/* one line, clipped on a character */
	char		keywords[CARD_KEYWORDS][STEM_BYTES];
	size_t		nkeywords;
	float		confidence;
	const char	*color;				/* "#rrggbb" */
	/* reviews of this sentiment that share the first keyword; all of the sentiment's without one */
	uint64_t	review_count;
	float		score;				/* for the selection */
	uint64_t	hash;				/* of the text: the same words are shown once */
};

struct cards {
	struct card	of[SENTIMENTS][CARDS_EACH];
	size_t		n[SENTIMENTS];
};

/* Considers one review, the last of `reviews`. NULL, or the card it became (valid until the next call); its
 * review_count is left to the caller. */
struct card	*cards_add(struct cards *c, const char *text, size_t n, const struct verdict *v,
    const struct stem *stems,
		    size_t nstems, const struct keywords *k, uint64_t reviews);
/* Picks a card's keywords again, by the counts in `k` after `reviews` reviews. */
void		 card_refresh(struct card *card, const struct keywords *k, uint64_t reviews);

#endif
