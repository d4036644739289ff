/* token.h -- access tokens: JWTs, HS256 only, signed with the first secret of JWT_SECRET and verified with any of
 * them.
 *
 * Secrets are `kid:secret` pairs, or one without a name (base/secret.h), whose kid is "main"; both header and claims
 * carry the kid. A token with a kid is verified with that secret only. Nothing here yields.
 */
#ifndef IDENTITY_TOKEN_H
#define IDENTITY_TOKEN_H

#include <stdint.h>

#include "base/arena.h"

enum { TOKEN_BYTES_MAX = 4096 };

struct token {
	const char	*sub;		/* the user's id; never NULL once verified */
	const char	*role;		/* "user", "seller" or "admin"; default "user" */
	const char	*tier;		/* default "free" */
	const char	*sid, *jti;	/* session and token id; NULL: none */
	int64_t		 iat_s, exp_s;	/* seconds since 1970 */
};
/* The signed token as text, in `mem`. iat_s 0: now; exp_s 0: JWT_EXPIRES_IN after that. NULL without a secret. */
const char	*token_sign(struct arena *mem, const struct token *t);
/* Verifies a token into *out, texts in `mem`. 0, E_TOKEN (malformed, another algorithm, unknown kid, wrong signature,
 * without sub or exp), E_TOKEN_EXPIRED. */
int		 token_verify(struct arena *mem, const char *text, struct token *out);

#endif
