/* issuer.h -- tokens of another issuer: signed with the keys of AUTH_JWKS_URL (RS256, ES256, EdDSA) or with
 * AUTH_HS256_SECRET.
 *
 * Who it is for is AUTH_USER_CLAIM, as what AUTH_ROLE_CLAIM; iss and aud must be AUTH_ISSUER and one of AUTH_AUDIENCE
 * where these are set. Otherwise a token is held to what token.h says. The kind of the key decides the algorithm: a
 * public key is never a secret, nor the other way round. A token without jti gets one, made from its text, so that
 * it can be revoked. Nothing here yields.
 */
#ifndef IDENTITY_ISSUER_H
#define IDENTITY_ISSUER_H

#include "token.h"

/* Whether there is another issuer. */
bool	 issuer_on(void);
/* Verifies such a token into *out, texts in `mem`, with out->issuer. 0, E_TOKEN (then out->unknown_key says whether the
 * issuer may have a key that is not known here yet), E_TOKEN_EXPIRED. */
int	 issuer_verify(struct arena *mem, const char *text, struct token *out);

#endif
