/* bearer.h -- checks an access token: token.h's and issuer.h's verification, cached, and revoked.h's list.
 *
 * A token verified once costs a table lookup until it expires, is evicted, or the other issuer's keys change. HTTP and
 * sockets come through admission.h.
 */
#ifndef IDENTITY_BEARER_H
#define IDENTITY_BEARER_H

#include "token.h"

/* As token_verify and issuer_verify, and E_TOKEN_REVOKED; E_DOWN while the revocations are not loaded. `out`'s texts
 * are in `mem`. Does not yield. */
int	 bearer_verify(struct arena *mem, const char *text, struct token *out);
/* A new token id, in `mem`: UUID version 7, which contains the millisecond of its issue. */
const char *bearer_new_jti(struct arena *mem);
/* When a token was issued, ms since 1970: from its jti where that is a version 7, else from iat. */
int64_t	 bearer_issued_ms(const struct token *t);

#endif
