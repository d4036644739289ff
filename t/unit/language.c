/* language.c -- what an Accept-Language asks for, and what somebody who asks for nothing gets. */
#include "tap.h"

#include "base/conf.h"
#include "base/language.h"
#include "base/str.h"

static void
accepted(void)
{
	static const struct { const char *list; enum language l; } cases[] = {
		{ NULL, LANGUAGE_NONE }, { "*", LANGUAGE_NONE }, { "", LANGUAGE_NONE }, { "fr", LANGUAGE_NONE },
		    { "en", LANGUAGE_EN },
		{ "en-GB,en;q=0.9", LANGUAGE_EN }, { "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", LANGUAGE_KO },
		    { "en-US,en;q=0.9,ko;q=0.8", LANGUAGE_EN },
		{ "en, ko", LANGUAGE_EN }, { "ko, en", LANGUAGE_KO }, { "fr,en;q=0.5", LANGUAGE_EN },
		    { "en;q=0,ko;q=0.1", LANGUAGE_KO },
		{ "en;q=0", LANGUAGE_NONE }, { "english", LANGUAGE_NONE }, { "*,en;q=0.1", LANGUAGE_EN },
	};
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		is_int(language_accepted(cases[i].list), cases[i].l, "%s", cases[i].list != NULL
		    ? cases[i].list : "(none)");
}

static void
codes(void)
{
	is_int(language_find("en-US"), LANGUAGE_EN, "a region does not change the language");
	is_int(language_find("KO"), LANGUAGE_KO, "languages match in any case");
	is_int(language_find("eng"), LANGUAGE_NONE, "a longer word is not a language code");
	is_int(language_find(NULL), LANGUAGE_NONE, "an empty code is not a language");
	is_str(language_code(LANGUAGE_KO), "ko", "a language has its code");
	ok(language_code(LANGUAGE_NONE) == NULL, "no language has no code");
}

int
main(void)
{
	accepted();
	codes();
	conf.default_language = "ko";
	ok(!language_english(LANGUAGE_NONE) && language_english(LANGUAGE_EN), "the default language is Korean");
	conf.default_language = "en";
	ok(language_english(LANGUAGE_NONE) && !language_english(LANGUAGE_KO), "the default language can be English");
	return done_testing();
}
