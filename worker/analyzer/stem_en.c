/* stem_en.c -- the stem of an English word: no stop-words, plural to singular. See stem.h, stop_words.h. */
#include "stem.h"

#include <string.h>

#include "stop_words.h"

/* "batteries" to "battery", "boxes" to "box", "actors" to "actor"; "glass", "bonus", "analysis" stay. */
static size_t
cut_plural(char *word, size_t n)
{
	if (n < 4 || word[n - 1] != 's' || strchr("sui", word[n - 2]) != NULL)
		return n;
	if (n > 4 && memcmp(word + n - 3, "ies", 3) == 0) {
		word[n - 3] = 'y';
		return n - 2;
	}
	if (n > 4 && word[n - 2] == 'e' && (strchr("xz", word[n - 3]) != NULL || memcmp(word + n - 4, "ss", 2) == 0 ||
	    memcmp(word + n - 4, "ch", 2) == 0 || memcmp(word + n - 4, "sh", 2) == 0))
		return n - 2;
	return n - 1;
}

/* "oo", "zzz": an exclamation rather than a word. */
static bool
is_one_letter(const char *word, size_t n)
{
	while (n > 1 && word[n - 1] == word[0])
		n--;
	return n == 1;
}

bool
stem_en(const char *word, size_t n, struct stem *out)
{
	if (n < 2 || n >= STEM_BYTES || is_one_letter(word, n))
		return false;
	memcpy(out->text, word, n);
	out->text[n] = '\0';
	if (is_stop_word(out->text, n))
		return false;
	n = cut_plural(out->text, n);
	out->text[n] = '\0';
	out->n = (uint8_t)n;
	out->forms = FORM_LATIN;
	return !is_stop_word(out->text, n);
}
