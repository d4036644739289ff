/* languages.c -- in which language reviews are, and what most of a product's are in. */
#include "tap.h"

#include "base/str.h"
#include "worker/analyzer/languages.h"

static enum language
one(const char *text)
{
	struct languages l = { 0 };

	languages_add(&l, text, strlen(text));
	return languages_most(&l);
}

int
main(void)
{
	static const struct { const char *text; enum language l; } cases[] = {
		{ "배송이 빨라요", LANGUAGE_KO }, { "Great tea", LANGUAGE_EN }, { "iPhone 정말 좋아요", LANGUAGE_KO },
		{ "The 김치 was delicious and arrived early", LANGUAGE_EN },
		    { "12345 !!! \xf0\x9f\x98\x80", LANGUAGE_NONE }, { "", LANGUAGE_NONE },
		{ "\xe4\xb8\xad\xe6\x96\x87", LANGUAGE_NONE }, { "caf\xc3\xa9", LANGUAGE_EN },
	};
	struct languages l = { 0 };
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		is_int(one(cases[i].text), cases[i].l, "%s", cases[i].text);
	languages_add(&l, "좋아요", strlen("좋아요"));
	languages_add(&l, "a long English review counts as one", 35);
	is_int(languages_most(&l), LANGUAGE_NONE, "no language wins among as many reviews of each");
	languages_add(&l, "또 사요", strlen("또 사요"));
	is_int(languages_most(&l), LANGUAGE_KO, "the language of most reviews wins, whatever their length");
	return done_testing();
}
