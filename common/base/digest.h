/* digest.h -- keyed hashes, which are stored in place of secrets, and new random secrets. Owns: libsodium's hash.
 * Pure.
 *
 * BLAKE2b-256, keyed by a setting and a purpose, so that the hashes of one purpose reveal nothing about those of
 * another.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "str.h"

/* A 64-bit hash (SipHash-2-4) under a random key of this process, for tables whose keys clients choose: colliding
 * keys cannot be constructed. It differs between processes: never store or send it. */
uint64_t hash_keyed(const void *p, size_t n);

/* The same with 128 bits, which nobody can guess either: texts with equal tags are equal. For looking up secrets that
 * have been verified, without storing them. hash_tag_equal takes the same time for any two. */
enum { HASH_TAG_BYTES = 16 };
struct hash_tag {
	unsigned char	bytes[HASH_TAG_BYTES];
};
struct hash_tag	 hash_tag(const void *p, size_t n);
bool		 hash_tag_equal(const struct hash_tag *a, const struct hash_tag *b);

enum { DIGEST_KEY_BYTES = 32 };
/* The key derived from a setting and a purpose, for frequent hashing: as secret as the setting. */
struct digest_key {
	unsigned char	bytes[DIGEST_KEY_BYTES];
};

/* 32 bytes as base64url without padding, and a NUL. */
enum { DIGEST_TEXT_BYTES = 44 };

/* The hash of `n` bytes under `key` (any length) for `purpose` into `out`; returns `out`. */
char	*digest_text(char out[DIGEST_TEXT_BYTES], struct str key, const char *purpose, const void *p, size_t n);
/* The same in two steps. */
void	 digest_key(struct digest_key *out, struct str key, const char *purpose);
char	*digest_keyed(char out[DIGEST_TEXT_BYTES], const struct digest_key *key, const void *p, size_t n);
/* 32 random bytes into `out`; returns `out`. */
char	*digest_random(char out[DIGEST_TEXT_BYTES]);

#endif
