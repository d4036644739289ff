/* token.h -- access tokens: JWT, HS256 and nothing else, signed with the first secret of JWT_SECRET, verified with any
 * of them.
 *
 * Secrets are `kid:secret` pairs, or one without a name (base/secret.h), whose kid is "main"; the header and the claims
 * have it. A token that names a key is verified with that key only. Nothing here yields.
 */
#ifndef IDENTITY_TOKEN_H
#define IDENTITY_TOKEN_H

#include <stdint.h>

#include "base/arena.h"

enum { TOKEN_BYTES_MAX = 4096 };

struct token {
	const char	*sub;		/* the user's id; never NULL in a verified one */
	const char	*role;		/* "user", "seller", "admin"; "user" where none is given */
	const char	*tier;		/* "free" where none is given */
	const char	*sid, *jti;	/* session and token; NULL: none */
	int64_t		 iat_s, exp_s;	/* since 1970 */
};
/* The token as text in `mem`; iat_s 0: now, exp_s 0: JWT_EXPIRES_IN from then. NULL without a secret. */
const char	*token_sign(struct arena *mem, const struct token *t);
/* Read a token into *out, texts in `mem`. 0, E_TOKEN (malformed, another algorithm, unknown key, wrong signature,
 * without sub or exp), E_TOKEN_EXPIRED. */
int		 token_verify(struct arena *mem, const char *text, struct token *out);

#endif
