/* bearer.h -- checks the access token of a request: token.h's verification, cached, and revoked.h's list.
 *
 * A token verified once costs a table lookup until it expires or is evicted. Used by HTTP and sockets.
 */
#ifndef IDENTITY_BEARER_H
#define IDENTITY_BEARER_H

#include "token.h"

/* As token_verify, and E_TOKEN_REVOKED; E_DOWN while the revocations are not loaded. `out`'s texts are in `mem`. Does
 * not yield. */
int	 bearer_verify(struct arena *mem, const char *text, struct token *out);
/* A new token id, in `mem`: UUID version 7, which contains the millisecond of its issue. */
const char *bearer_new_jti(struct arena *mem);
/* When a token was issued, ms since 1970: from its jti where that is a version 7, else from iat. */
int64_t	 bearer_issued_ms(const struct token *t);

#endif
