/* token.h -- access tokens made by Dure, or elsewhere with its secret: JWTs.
 *
 * HS256 with the first secret of JWT_SECRET signs; with JWT_PRIVATE_KEY its first key does (EdDSA, signing_key.h). Any
 * of the secrets and keys verifies. Secrets are `kid:secret` pairs, or one without a name (base/secret.h), whose kid is
 * "main"; both header and claims carry the kid. A token with a kid is verified with that secret only. The algorithm
 * chooses between secrets and keys, so that no public key is ever taken for a secret. Tokens made elsewhere with the
 * secret are taken as RFC 7515 and 7519 have them: strict base64url, no member twice, no crit, typ JWT, at+jwt or none,
 * times that may have fractions. Those of another issuer are issuer.h's. Nothing here yields.
 */
#ifndef IDENTITY_TOKEN_H
#define IDENTITY_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "jws.h"

enum { TOKEN_BYTES_MAX = 4096 };

struct token {
	const char	*sub;		/* the user's id; never NULL once verified */
	const char	*role;		/* "user", "seller" or "admin"; default "user" */
	const char	*tier;		/* default "free" */
	const char	*sid, *jti;	/* session and token id; NULL: none */
	const char	*issuer;	/* who else made it (issuer.h); NULL: it is of Dure's own secrets and keys */
	int64_t		 iat_s, exp_s;	/* seconds since 1970 */
	bool		 unknown_key;	/* not verified: the other issuer may have a new key */
};
/* The signed token as text, in `mem`. iat_s 0: now; exp_s 0: JWT_EXPIRES_IN after that. NULL without a secret. */
const char	*token_sign(struct arena *mem, const struct token *t);
/* Verifies a token into *out, texts in `mem`. 0, E_TOKEN (malformed, another algorithm, unknown kid, wrong signature,
 * without sub or exp, not valid yet), E_TOKEN_EXPIRED. */
int		 token_verify(struct arena *mem, const char *text, struct token *out);

/* Whether one of the secrets signed it with HS256; where the token names its key, that secret only. A secret without a
 * name is "main" when `by_name`, else of any name. */
bool		 token_hs256_good(const struct jws *t, const char *secrets, bool by_name);
/* Reads the times of the claims into *out. 0, E_TOKEN (without exp, no number, nbf more than `leeway_s` ahead),
 * E_TOKEN_EXPIRED. */
int		 token_times(const struct json *claims, int64_t leeway_s, struct token *out);

#endif
