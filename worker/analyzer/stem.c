/* stem.c -- splits a review into words by script and collects their stems. See stem.h, stem_ko.c, stem_en.c. */
#include "stem.h"

#include <string.h>

#include "base/str.h"

#define WORD_BYTES	48	/* longer runs are not words */

enum script { OTHER, HANGUL, LATIN };

static enum script
script_of(uint32_t c)
{
	if (c >= 0xac00 && c <= 0xd7a3)
		return HANGUL;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' ? LATIN : OTHER;
}

static bool
stem_latin(const char *word, size_t n, struct stem *out)
{
	char lower[WORD_BYTES];
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (word[i] != '\'')
			lower[k++] = (char)(word[i] | 0x20);
	return stem_en(lower, k, out);
}

static size_t
add_stem(struct stem *out, size_t count, const struct stem *s)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (out[i].n == s->n && memcmp(out[i].text, s->text, s->n) == 0) {
			out[i].forms |= s->forms;
			return count;
		}
	out[count] = *s;
	return count + 1;
}

size_t
stems_of(const char *text, size_t n, struct stem *out)
{
	const char *p = text, *end = text + n, *from = text;
	enum script now = OTHER, next;
	size_t count = 0;

	while (count < STEMS_MAX) {
		const char *at = p;
		struct stem s;

		next = p < end ? script_of(utf8_next(&p, end)) : OTHER;
		if (next == now && at < end)
			continue;
		if (now != OTHER && (size_t)(at - from) <= WORD_BYTES &&
		    (now == HANGUL ? stem_ko : stem_latin)(from, (size_t)(at - from), &s))
			count = add_stem(out, count, &s);
		if (at == end)
			break;
		from = at;
		now = next;
	}
	return count;
}
