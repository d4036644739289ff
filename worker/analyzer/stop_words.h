/* stop_words.h -- words, Korean and English, that are never keywords. */
#ifndef ANALYZER_STOP_WORDS_H
#define ANALYZER_STOP_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the `n` bytes are such a word (lower case). */
bool	 is_stop_word(const char *word, size_t n);

#endif
