/* languages.h -- counts the languages of a product's reviews while they stream past. Pure. */
#ifndef ANALYZER_LANGUAGES_H
#define ANALYZER_LANGUAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/language.h"

struct languages {		/* zeroed: none counted */
	uint64_t	korean, latin;		/* reviews */
};

/* Counts a review (valid UTF-8): as Korean where its Hangul outweighs its Latin letters, a syllable weighing two
 * letters; not at all without either. */
void		 languages_add(struct languages *l, const char *text, size_t n);
/* The language of most reviews; LANGUAGE_NONE for none or a tie. */
enum language	 languages_most(const struct languages *l);

#endif
