/* bearer.h -- checking access tokens as often as requests come: token.h's verification, remembered, and revoked.h's
 * list.
 *
 * A token that was verified once costs a look into a table until it expires or its place is needed. Used by whoever
 * lets clients in: HTTP and sockets.
 */
#ifndef IDENTITY_BEARER_H
#define IDENTITY_BEARER_H

#include "token.h"

/* As token_verify, and E_TOKEN_REVOKED; E_DOWN while it is not known which tokens are revoked. Does not yield. */
int	 bearer_verify(struct arena *mem, const char *text, struct token *out);
/* A name for a new token, from which the millisecond of its issue can be told (UUID version 7), in `mem`. */
const char *bearer_new_jti(struct arena *mem);
/* When a token was issued, ms since 1970: by its jti where that tells, else by iat. */
int64_t	 bearer_issued_ms(const struct token *t);

#endif
