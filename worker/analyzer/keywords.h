/* keywords.h -- the words most reviews speak of, counted in bounded memory however many reviews stream past.
 *
 * A table of KEYWORDS_HELD stems. When it is full, all with at most the median count are dropped, so a count may be too
 * low, by at most `lost`, and a stem more frequent than that is always in it. A stem counts once a review.
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
	uint32_t	count;			/* reviews that have it */
	uint32_t	by[SENTIMENTS];		/* of them */
};

struct keyword_slot {
	struct stem	stem;
	uint32_t	by[SENTIMENTS];
};

struct keywords {
	struct keyword_slot	*slots;		/* KEYWORDS_HELD */
	uint16_t		*index;		/* hash table of slot numbers plus one, 0 for none */
	size_t			 n;
	uint64_t		 lost;		/* the most that any count is too low by */
};

void	 keywords_init(struct keywords *k);
void	 keywords_fini(struct keywords *k);
/* Count the stems of one review. */
void	 keywords_add(struct keywords *k, const struct stem *stems, size_t n, enum sentiment of);
/* How much a stem deserves to be a keyword: its count, less when it was not met as nouns are. 0 when it is not held. */
double	 keywords_rank(const struct keywords *k, const struct stem *s);
/* Reviews of one sentiment that have the stem `text`; 0 when it is not held. */
uint32_t keywords_count(const struct keywords *k, const char *text, enum sentiment of);
/* The `max` best keywords into `out`, best first; returns how many there were. */
size_t	 keywords_top(const struct keywords *k, struct keyword *out, size_t max);

#endif
