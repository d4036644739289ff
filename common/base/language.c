/* language.c -- see language.h. */
#include "language.h"

#include <string.h>
#include <strings.h>

#include "conf.h"
#include "str.h"
#include "weight.h"

static const char *const codes[] = { [LANGUAGE_KO] = "ko", [LANGUAGE_EN] = "en" };

enum language
language_accepted(const char *accept_language)
{
	double en, ko;

	if (accept_language == NULL)
		return LANGUAGE_NONE;
	en = weight_in_list(accept_language, "en");
	ko = weight_in_list(accept_language, "ko");
	if (en <= 0 && ko <= 0)
		return LANGUAGE_NONE;
	if (en == ko)
		return strcasestr(accept_language, "en") < strcasestr(accept_language, "ko")
		    ? LANGUAGE_EN : LANGUAGE_KO;
	return en > ko ? LANGUAGE_EN : LANGUAGE_KO;
}

enum language
language_find(const char *code)
{
	size_t i;

	for (i = LANGUAGE_KO; code != NULL && i < NELEM(codes); i++)
		if (strncasecmp(code, codes[i], 2) == 0 && (code[2] == '\0' || code[2] == '-' || code[2] == '_'))
			return (enum language)i;
	return LANGUAGE_NONE;
}

const char *
language_code(enum language l)
{
	return codes[l];
}

bool
language_english(enum language asked)
{
	return (asked != LANGUAGE_NONE ? asked : language_find(conf.default_language)) == LANGUAGE_EN;
}
