/* seal.h -- encrypts values at rest: XChaCha20-Poly1305 under ENCRYPTION_KEY, bound to the place where they are
 * stored.
 *
 * A sealed value is the text "v1.<kid>.<base64url of nonce and ciphertext>". It opens only with the same context, so
 * that it cannot be moved to another row or column. The first key seals, all of them open. To rotate keys, put the new
 * one in front, seal again what does not begin with seal_prefix, then drop the old one. Values that an older server
 * left (seal_hex.h) are opened too, with any of the keys, wherever they are. Pure but for the random nonce.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdbool.h>

#include "arena.h"
#include "str.h"

struct seal_place {
	const char	*table, *column, *row;
};

/* Read "kid:base64,…" of 32 bytes each (ENCRYPTION_KEY); 64 hex digits are taken too, and without a name, which is then
 * "main". Replaces what was read before. 0, or E_VALIDATION. */
int	 seal_keys(const char *setting);
/* Whether there is a key to seal with. */
bool	 seal_ready(void);
/* Seal a value; the text lies in `mem`, NUL-terminated. E_INTERNAL without a key. */
int	 seal_value(struct arena *mem, const struct seal_place *at, struct str plain, struct str *sealed);
/* Open a sealed value, in `mem`. E_INTERNAL when it is malformed, its key is unknown, or it was altered or moved. */
int	 seal_open(struct arena *mem, const struct seal_place *at, struct str sealed, struct str *plain);
/* How all that the first key sealed begins, "v1.<kid>."; "" without a key. */
const char *seal_prefix(void);
/* Whether the text looks like a sealed value. */
bool	 seal_is(struct str text);

#endif
