/* external_user.h -- accounts of another issuer's users: the first token makes the row, later ones keep its role and
 * tier as their claims have them.
 *
 * The id is the issuer's own. A row of another issuer, or of an account of Dure, is never taken: the ids of two
 * issuers may be alike. Each process remembers whom it has seen for AUTH_ACCOUNT_TTL; a change of the account ends that
 * at once.
 */
#ifndef IDENTITY_EXTERNAL_USER_H
#define IDENTITY_EXTERNAL_USER_H

#include "token.h"

/* Whether the user of a verified token of another issuer may enter. Yields when the process does not remember. 0,
 * E_TOKEN (the id is another's), E_INACTIVE, errors as pg_query. */
int	 external_user_admit(struct arena *mem, const struct token *t);

#endif
