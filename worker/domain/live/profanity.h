/* profanity.h -- words that are not wanted, found in Korean and English however they are written. Pure but for the
 * loading.
 *
 * A list has a word a line; `#` begins a comment. A Latin word means the whole word; `word*` also what begins with it,
 * `*word*` it anywhere. A Korean word means what begins with it, particles follow; `*단어` it anywhere. Compared is what
 * is read, not what is typed: case, full-width and accented letters, letters drawn out (shiiit), figures for letters
 * (sh1t), syllables in pieces (ㅅㅣ), invisible characters, figures put in between (단1어). Letters or syllables that stand
 * alone one after the other (s h i t, 단.어) are read as a word; a word that only comes about across two words is none.
 */
#ifndef LIVE_PROFANITY_H
#define LIVE_PROFANITY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct profanity;

/* From the text of a list; what is no valid UTF-8 is left out. On the heap. */
struct profanity *profanity_new(struct str list);
void		 profanity_free(struct profanity **p);
/* How many words it has. */
size_t		 profanity_words(const struct profanity *p);
/* Whether the text (valid UTF-8) has such a word; *masked, unless NULL, is the text with its characters as asterisks,
 * in `mem`. */
bool		 profanity_find(const struct profanity *p, struct arena *mem, struct str text, struct str *masked);

#endif
