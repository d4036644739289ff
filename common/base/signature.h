/* signature.h -- public-key signatures of tokens: RS256, ES256 and EdDSA (Ed25519).
 *
 * A key is made for one algorithm and verifies nothing else, so that no text can choose how a key is used. Pure; takes
 * 30 µs (RS256) to 150 µs. Owns: libcrypto's keys.
 */
#ifndef BASE_SIGNATURE_H
#define BASE_SIGNATURE_H

#include <stdbool.h>

#include "arena.h"
#include "str.h"

enum signature_alg { SIGNATURE_RS256, SIGNATURE_ES256, SIGNATURE_EDDSA, SIGNATURE_ALGS };
enum { SIGNATURE_BYTES_MAX = 1024, ED25519_KEY_BYTES = 32, ED25519_SIGNATURE_BYTES = 64 };

/* The algorithm of this name ("RS256"); SIGNATURE_ALGS: none. */
enum signature_alg	 signature_alg_of(const char *name);

struct signature_key;
/* Public keys from the numbers of a JWK, as bytes; NULL: no such key, or a weak one (RSA of fewer than 2048 or more
 * than 8192 bits). Ended by signature_key_free. */
struct signature_key	*signature_key_rsa(struct str n, struct str e);
struct signature_key	*signature_key_p256(struct str x, struct str y);
struct signature_key	*signature_key_ed25519(struct str x);
/* The next private key of a text with PEM blocks at *at, which moves on; NULL: none is left, or with *at NULL, one is
 * no Ed25519 key. */
struct signature_key	*signature_key_pem(const char **at);
void			 signature_key_free(struct signature_key **k);

enum signature_alg	 signature_key_alg(const struct signature_key *k);
/* Whether `sig` is the key's signature of `text`, in the form of RFC 7518 (ES256: r and s). */
bool			 signature_good(const struct signature_key *k, struct str text, struct str sig);
/* Sign with a private Ed25519 key. */
void			 signature_make(const struct signature_key *k, struct str text,
    unsigned char out[ED25519_SIGNATURE_BYTES]);
/* The public part of an Ed25519 key. */
void			 signature_public(const struct signature_key *k, unsigned char out[ED25519_KEY_BYTES]);

#endif
