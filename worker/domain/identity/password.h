/* password.h -- the hashes of passwords (Argon2id; imported bcrypt is understood), never on the loop.
 *
 * Hashing takes tens of milliseconds of a thread (run/offload.h). The texts are wiped when a hash is done.
 */
#ifndef IDENTITY_PASSWORD_H
#define IDENTITY_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* The hash to store, in `mem`. Yields. 0, or as co_offload; E_INTERNAL when there is no memory for it. */
int	 password_hash(struct arena *mem, const char *password, const char **hash);
/* Check against a stored hash; NULL: there is none, which takes as long. *stale: it should be hashed anew. *due_ms, of
 * the monotonic clock: a refusal that comes no sooner does not tell what was compared, imported hashes that take longer
 * included; it is counted from when the thread began, since all wait alike before. `client` as co_offload_for. Yields.
 * 0, E_CREDENTIALS (wrong, or no hash), or as co_offload. */
int	 password_verify(uint64_t client, const char *password, const char *hash, bool *stale, int64_t *due_ms);

#endif
