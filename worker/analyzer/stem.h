/* stem.h -- the words of a review that may become keywords, without their particles and endings.
 *
 * Korean by rules, without a dictionary: '연기가', '연기는', '연기도' are all '연기'. A stem records the forms it was met in:
 * only a noun occurs with several particles, by which keywords.c tells nouns from other words. English: lower case,
 * singular, without stop words.
 */
#ifndef ANALYZER_STEM_H
#define ANALYZER_STEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEM_BYTES	32	/* with the NUL */
#define STEMS_MAX	32	/* looked at in one review */

enum stem_form {
	FORM_BARE = 1, FORM_SUBJECT = 2, FORM_TOPIC = 4, FORM_OBJECT = 8, FORM_ALSO = 16, FORM_OF = 32, FORM_AT = 64,
	FORM_WITH = 128, FORM_IS = 256, FORM_DOES = 512, FORM_VERBAL = 1024, FORM_LATIN = 2048
};

struct stem {
	char		text[STEM_BYTES];
	uint8_t		n;
	uint16_t	forms;		/* enum stem_form, or-ed */
};

/* Collects the distinct stems of valid UTF-8 text into `out` of STEMS_MAX; returns how many. */
size_t	 stems_of(const char *text, size_t n, struct stem *out);

/* Internal to stem*.c: the stem of one word; false when it cannot be a keyword. Korean: syllables only; English: ASCII
 * letters, lower case. */
bool	 stem_ko(const char *word, size_t n, struct stem *out);
bool	 stem_en(const char *word, size_t n, struct stem *out);

#endif
