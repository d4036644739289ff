/* secret.h -- a secret of the configuration, or several with names: "kid:secret,kid:secret", the first of which signs.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>

#include "str.h"

enum { SECRET_BYTES_MIN = 32 };		/* what production asks for */

/* The next secret at *at, which moves on; *kid is empty for one without a name. Start with the setting; false at its
 * end. A text of which not every part between commas has a name of A-Z a-z 0-9 _ . - is one secret. */
bool	 secret_next(const char **at, struct str *kid, struct str *secret);

#endif
