/* seal.h -- values at rest that only Dure can read: XChaCha20-Poly1305 under ENCRYPTION_KEY, bound to the place they
 * are stored in.
 *
 * A sealed value is the text "v1.<kid>.<base64url of nonce and ciphertext>". It opens only with the same context, so
 * that it cannot be moved to another row or column. The first key seals, all of them open: to change keys, put the new
 * one in front, seal again what does not begin with seal_prefix, then drop the old one. Pure but for the random nonce.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdbool.h>

#include "arena.h"
#include "str.h"

struct seal_place {
	const char	*table, *column, *row;
};

/* Read "kid:base64,…" of 32 bytes each (ENCRYPTION_KEY); replaces what was read before. 0, or E_VALIDATION. */
int	 seal_keys(const char *setting);
/* Whether there is a key to seal with. */
bool	 seal_ready(void);
/* The value sealed, in `mem`, NUL-terminated. E_INTERNAL without a key. */
int	 seal_value(struct arena *mem, const struct seal_place *at, struct str plain, struct str *sealed);
/* Back, in `mem`. E_INTERNAL when it is none, its key is unknown, it was changed or belongs elsewhere. */
int	 seal_open(struct arena *mem, const struct seal_place *at, struct str sealed, struct str *plain);
/* How all that the first key sealed begins, "v1.<kid>."; "" without a key. */
const char *seal_prefix(void);
/* Whether the text looks like a sealed value. */
bool	 seal_is(struct str text);

#endif
