/* language.h -- the languages that Dure writes, and the choice among them. Pure. */
#ifndef BASE_LANGUAGE_H
#define BASE_LANGUAGE_H

#include <stdbool.h>

enum language { LANGUAGE_NONE, LANGUAGE_KO, LANGUAGE_EN };

/* The language that an Accept-Language prefers; LANGUAGE_NONE where it names neither (NULL, "*", "fr"). Of equal
 * weights the first. */
enum language	 language_accepted(const char *accept_language);
/* "ko", "en-US", …; LANGUAGE_NONE for NULL and for any other. And back: "ko", "en", or NULL. */
enum language	 language_find(const char *code);
const char	*language_code(enum language l);
/* Whether messages in this language are English; LANGUAGE_NONE gets DEFAULT_LANGUAGE. */
bool		 language_english(enum language asked);

#endif
