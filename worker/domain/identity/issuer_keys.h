/* issuer_keys.h -- the public keys of another issuer of tokens, of AUTH_JWKS_URL.
 *
 * Every process that checks tokens holds the keys and fetches them itself, in a coroutine of its own over libcurl's
 * multi interface (link/web.h): at its start, every AUTH_JWKS_REFRESH, and when a token names a key that it does not
 * know, at most once in AUTH_JWKS_COOLDOWN. Requests with known keys never wait for it. A fetch that fails leaves the
 * keys as they are. The last good answer is in Redis as `auth:jwks:{hash of the URL}`, so that a process which starts
 * while the issuer is away knows its keys.
 */
#ifndef IDENTITY_ISSUER_KEYS_H
#define IDENTITY_ISSUER_KEYS_H

#include "base/signature.h"

/* Begins to fetch; once a process, after the loop was made. Nothing happens without AUTH_JWKS_URL. */
void	 issuer_keys_start(void);
/* As jwk_find. Does not yield; the key ends at the next wait. */
const struct signature_key *issuer_keys_find(enum signature_alg alg, const char *kid);
/* Another number whenever the keys have changed. */
unsigned issuer_keys_generation(void);
/* After an unknown key: waits for a fetch under way, or one that is due. Yields. 0: look again; E_TOKEN (none is due),
 * E_DOWN (no keys at all), E_BUSY (too many wait), E_TIMEOUT, E_CANCELED. */
int	 issuer_keys_wait(void);

#endif
