/* features.h -- the Korean classifier's features: hashed sequences of one to four characters.
 *
 * Text is first normalised to symbols: lower case, white space as one mark, characters repeated more than twice as two
 * ("ㅋㅋㅋㅋㅋ" is "ㅋㅋ"). Sequences across a word boundary are taken twice, with the mark and without it, because Korean
 * reviews are spaced carelessly. Sequences inside a negated predicate ("재밌지 않다", "안 좋아요") count TURNED instead of 1,
 * so that rarely negated words are understood too. A change of either rule needs another FEATURE_VERSION and a newly
 * trained model.
 */
#ifndef ANALYZER_FEATURES_H
#define ANALYZER_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#define FEATURE_VERSION	1
#define GRAM_MAX	4	/* characters in the longest sequence */
#define SYMBOLS_MAX	1024	/* symbols of one part; longer texts are read part by part */
#define TURNED		-1.0f	/* the value of a sequence under negation */
#define FEATURES_MAX	(SYMBOLS_MAX * (2 * GRAM_MAX - 1))

#define MARK ' '	/* the symbol of a word boundary, also at both ends of the text */

struct symbols {
	uint32_t	c[SYMBOLS_MAX];
	unsigned	n;
	unsigned	hangul, latin, emoji;	/* letters of each script in this part, before collapsing */
};

/* Normalises text from `p` (valid UTF-8) until `end` or until `s` is full; returns where the next part begins. */
const char	*symbols_read(struct symbols *s, const char *p, const char *end);

struct features {
	uint32_t	at[FEATURES_MAX];	/* indices below 2^bits; repeats stay */
	size_t		n;
	size_t		plain;			/* the first `plain` count 1, the others TURNED */
};

/* Computes the features of one part. */
void		 features_of(const struct symbols *s, unsigned bits, struct features *out);

#endif
