/* languages.h -- in which language the reviews of a product are, counted while they stream past. Pure. */
#ifndef ANALYZER_LANGUAGES_H
#define ANALYZER_LANGUAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/language.h"

struct languages {		/* zeroed: none counted */
	uint64_t	korean, latin;		/* reviews */
};

/* Count a review (valid UTF-8): Korean where its Hangul weighs more than its Latin letters, a syllable as two of them;
 * without either not. */
void		 languages_add(struct languages *l, const char *text, size_t n);
/* What most of them are in; LANGUAGE_NONE where none or as many are in each. */
enum language	 languages_most(const struct languages *l);

#endif
