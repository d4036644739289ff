/* password.h -- password hashes (Argon2id; imported bcrypt is accepted), computed off the loop.
 *
 * A hash takes tens of milliseconds of a thread (run/offload.h). The plain texts are wiped afterwards.
 */
#ifndef IDENTITY_PASSWORD_H
#define IDENTITY_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Hashes a password, in `mem`. Yields. 0, or as co_offload; E_INTERNAL when memory for the hash is missing. */
int	 password_hash(struct arena *mem, const char *password, const char **hash);
/* Compares a password with a stored hash; NULL: no hash, which takes as long. *stale: the hash is outdated. *due_ms
 * (monotonic): a refusal no earlier than this does not reveal what was compared, slower imported hashes included;
 * counted from the thread's start, since the wait before it is the same for all. `client` as co_offload_for. Yields.
 * 0, E_CREDENTIALS (wrong, or no hash), or as co_offload. */
int	 password_verify(uint64_t client, const char *password, const char *hash, bool *stale, int64_t *due_ms);

#endif
