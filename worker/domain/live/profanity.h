/* profanity.h -- finds unwanted words in Korean and English text, however they are written. Pure, apart from loading.
 *
 * A list has one word a line; `#` begins a comment. A Latin word matches whole words only; `word*` also matches words
 * that begin with it, `*word*` any occurrence. A Korean word matches words that begin with it, since particles follow;
 * `*단어` matches any occurrence. Matching compares how a text reads, not its characters: it ignores case, full-width
 * and accented forms, drawn-out letters (shiiit), figures for letters (sh1t), decomposed syllables (ㅅㅣ), invisible
 * characters and figures in between (단1어). Single letters or syllables in sequence (s h i t, 단.어) are read as one
 * word; a match across two whole words is none.
 */
#ifndef LIVE_PROFANITY_H
#define LIVE_PROFANITY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct profanity;

/* From the text of a list; skips invalid UTF-8. On the heap. */
struct profanity *profanity_new(struct str list);
void		 profanity_free(struct profanity **p);
/* How many words it has. */
size_t		 profanity_words(const struct profanity *p);
/* Whether the text (valid UTF-8) has an unwanted word; *masked, unless NULL, is the text with those replaced by
 * asterisks, in `mem`. */
bool		 profanity_find(const struct profanity *p, struct arena *mem, struct str text, struct str *masked);

#endif
