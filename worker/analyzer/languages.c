/* languages.c -- see languages.h. */
#include "languages.h"

enum { HANGUL_WEIGHT = 2 };

void
languages_add(struct languages *l, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;
	size_t hangul = 0, latin = 0;

	/* Hangul syllables are EA B0 80 to ED 9E A3 in UTF-8. */
	for (; p < end; p++)
		if (*p < 0x80)
			latin += (*p | 32u) - 'a' < 26;
		else if (*p >= 0xea && *p <= 0xed && end - p >= 3)
			hangul += *p > 0xea || p[1] >= 0xb0;
	if (hangul * HANGUL_WEIGHT > latin)
		l->korean++;
	else if (latin > 0)
		l->latin++;
}

enum language
languages_most(const struct languages *l)
{
	if (l->korean == l->latin)
		return LANGUAGE_NONE;
	return l->korean > l->latin ? LANGUAGE_KO : LANGUAGE_EN;
}
