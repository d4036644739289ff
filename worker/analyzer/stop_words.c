/* stop_words.c -- looks a word up in the list of stop_words.def. See stop_words.h. */
#include "stop_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const stop_words[] = {
#include "stop_words.def"
};

static int
compare_word(const void *word, const void *stop)
{
	const struct str *w = word;
	const char *s = *(const char *const *)stop;
	int order = strncmp(w->p, s, w->n);

	return order != 0 ? order : s[w->n] == '\0' ? 0 : -1;
}

bool
is_stop_word(const char *word, size_t n)
{
	const struct str w = { word, n };

	return bsearch(&w, stop_words, NELEM(stop_words), sizeof(stop_words[0]), compare_word) != NULL;
}
