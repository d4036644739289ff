/* keywords.h -- counts the most frequent words of a stream of reviews, in bounded memory.
 *
 * A table of KEYWORDS_HELD stems. When it is full, all stems with at most the median count are dropped: a count may be
 * too low by at most `lost`, and a stem more frequent than that is always in the table. A stem counts once per review.
 */
#ifndef ANALYZER_KEYWORDS_H
#define ANALYZER_KEYWORDS_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "stem.h"

#define KEYWORDS_HELD	8192	/* stems; the table takes about 460 kB */

struct keyword {
	char		text[STEM_BYTES];
	uint32_t	count;			/* reviews that contain it */
	uint32_t	by[SENTIMENTS];		/* of those, by sentiment */
};

struct keyword_slot {
	struct stem	stem;
	uint32_t	by[SENTIMENTS];
};

struct keywords {
	struct keyword_slot	*slots;		/* KEYWORDS_HELD */
	uint16_t		*index;		/* hash table of slot numbers plus one, 0 for none */
	size_t			 n;
	uint64_t		 lost;		/* the largest error of any count */
};

void	 keywords_init(struct keywords *k);
void	 keywords_fini(struct keywords *k);
/* Counts the stems of one review. */
void	 keywords_add(struct keywords *k, const struct stem *stems, size_t n, enum sentiment of);
/* A stem's rank as a keyword: its count, reduced when it does not occur in the forms of nouns. 0 when it is not held.
 */
double	 keywords_rank(const struct keywords *k, const struct stem *s);
/* The number of reviews of one sentiment with the stem `text`; 0 when it is not held. */
uint32_t keywords_count(const struct keywords *k, const char *text, enum sentiment of);
/* Writes the `max` best keywords into `out`, best first; returns how many there are. */
size_t	 keywords_top(const struct keywords *k, struct keyword *out, size_t max);

#endif
