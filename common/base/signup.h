/* signup.h -- the form of an e-mail address and of a new password. Pure. */
#ifndef BASE_SIGNUP_H
#define BASE_SIGNUP_H

#include <stdbool.h>

#include "arena.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128, EMAIL_BYTES_MAX = 254 };	/* of a password: characters */

/* The address as it is compared and stored, in `mem`: outer spaces off, in lower case. NULL when it is none: a local
 * part of ASCII without quotes, a domain of at least two labels. */
const char	*email_normal(struct arena *mem, const char *given);
/* Whether it has an upper and a lower case letter, a digit and a punctuation mark (ASCII). */
bool		 password_varied(const char *password);

#endif
