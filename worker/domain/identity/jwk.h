/* jwk.h -- a set of public keys as RFC 7517 writes it, `{"keys":[…]}`: those that can verify a token's signature.
 *
 * Keys of other kinds are left out: secret ones (oct), for encryption, weak ones. Pure.
 */
#ifndef IDENTITY_JWK_H
#define IDENTITY_JWK_H

#include "base/signature.h"

enum { JWK_KEYS_MAX = 32, JWK_KID_BYTES = 128 };

struct jwk_set {
	int			 n;
	struct {
		char			 kid[JWK_KID_BYTES];	/* "": none */
		struct signature_key	*key;
	} keys[JWK_KEYS_MAX];
};

/* Reads a set from JSON text. False, with *set empty, when that is no set or holds no key of use. Of more than
 * JWK_KEYS_MAX keys the first. */
bool	 jwk_read(struct str text, struct jwk_set *set);
void	 jwk_clear(struct jwk_set *set);
/* The key of this algorithm and name; without a name the only one of the algorithm. NULL: none. */
const struct signature_key *jwk_find(const struct jwk_set *set, enum signature_alg alg, const char *kid);
/* The public half of an Ed25519 key as a JWK, and its name, the thumbprint of RFC 7638; in `mem`. */
struct str	 jwk_json(struct arena *mem, const struct signature_key *k);
const char	*jwk_thumbprint(struct arena *mem, const struct signature_key *k);

#endif
