/* features.h -- what the Korean classifier sees of a review: hashed sequences of one to four characters.
 *
 * Text is first normalised to symbols: lower case, any white space one mark, a character repeated more than twice
 * counts as twice ("ㅋㅋㅋㅋㅋ" is "ㅋㅋ"). Sequences are taken twice over a word boundary, with the mark and without it,
 * because Korean reviews are spaced carelessly. Sequences inside a negated predicate ("재밌지 않다", "안 좋아요") count with
 * TURNED instead of 1, so that a negation seldom seen is still understood.
 * A change of either rule needs another FEATURE_VERSION and a newly trained model.
 */
#ifndef ANALYZER_FEATURES_H
#define ANALYZER_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#define FEATURE_VERSION	1
#define GRAM_MAX	4	/* characters in the longest sequence */
#define SYMBOLS_MAX	1024	/* symbols of one part; longer texts are read part by part */
#define TURNED		-1.0f	/* what a sequence under negation counts */
#define FEATURES_MAX	(SYMBOLS_MAX * (2 * GRAM_MAX - 1))

#define MARK ' '	/* the symbol of a word boundary, also at both ends of the text */

struct symbols {
	uint32_t	c[SYMBOLS_MAX];
	unsigned	n;
	unsigned	hangul, latin, emoji;	/* letters of each script in this part, before collapsing */
};

/* Normalise text from `p` (valid UTF-8) until `end` or until `s` is full; returns where the next part begins. */
const char	*symbols_read(struct symbols *s, const char *p, const char *end);

struct features {
	uint32_t	at[FEATURES_MAX];	/* indices below 2^bits; repeats stay */
	size_t		n;
	size_t		plain;			/* the first `plain` count 1, the others TURNED */
};

/* The features of one part. */
void		 features_of(const struct symbols *s, unsigned bits, struct features *out);

#endif
