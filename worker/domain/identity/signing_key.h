/* signing_key.h -- the keys of JWT_PRIVATE_KEY, which sign access tokens with EdDSA: the first signs, all verify.
 *
 * A key's kid is its thumbprint (RFC 7638). The public halves are what /.well-known/jwks.json answers. Nothing yields.
 */
#ifndef IDENTITY_SIGNING_KEY_H
#define IDENTITY_SIGNING_KEY_H

#include <stdbool.h>

#include "base/signature.h"

/* Whether there are any. */
bool	 signing_key_on(void);
/* The key that signs, and its kid. Only where there is one. */
const struct signature_key *signing_key_first(const char **kid);
/* The key of this kid; NULL, or without a kid: none. */
const struct signature_key *signing_key_find(const char *kid);
/* {"keys":[…]}, in `mem`. */
struct str	 signing_key_set(struct arena *mem);

#endif
