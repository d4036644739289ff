/* digest.c -- keyed hashes and random secrets. See digest.h. */
#include "digest.h"

#include <stdlib.h>

#include "libsodium.h"

enum { BYTES = 32 };

uint64_t
hash_keyed(const void *p, size_t n)
{
	static unsigned char key[crypto_shorthash_KEYBYTES];
	static bool made;
	uint64_t h;

	if (!made) {
		random_bytes(key, sizeof(key));
		made = true;
	}
	crypto_shorthash((unsigned char *)&h, p, n, key);
	return h;
}

struct hash_tag
hash_tag(const void *p, size_t n)
{
	static unsigned char key[crypto_shorthash_siphashx24_KEYBYTES];
	static bool made;
	struct hash_tag t;

	if (!made) {
		random_bytes(key, sizeof(key));
		made = true;
	}
	crypto_shorthash_siphashx24(t.bytes, p, n, key);
	return t;
}

bool
hash_tag_equal(const struct hash_tag *a, const struct hash_tag *b)
{
	return sodium_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static char *
to_text(char out[DIGEST_TEXT_BYTES], const unsigned char *p)
{
	return sodium_bin2base64(out, DIGEST_TEXT_BYTES, p, BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void
digest_key(struct digest_key *out, struct str key, const char *purpose)
{
	crypto_generichash_state st;

	if (sodium_init() < 0)
		abort();
	crypto_generichash_init(&st, NULL, 0, sizeof(out->bytes));
	crypto_generichash_update(&st, (const unsigned char *)purpose, strlen(purpose) + 1);
	crypto_generichash_update(&st, (const unsigned char *)key.p, key.n);
	crypto_generichash_final(&st, out->bytes, sizeof(out->bytes));
	sodium_memzero(&st, sizeof(st));
}

char *
digest_keyed(char out[DIGEST_TEXT_BYTES], const struct digest_key *key, const void *p, size_t n)
{
	unsigned char hash[BYTES];

	crypto_generichash(hash, sizeof(hash), p, n, key->bytes, sizeof(key->bytes));
	return to_text(out, hash);
}

char *
digest_text(char out[DIGEST_TEXT_BYTES], struct str key, const char *purpose, const void *p, size_t n)
{
	struct digest_key derived;

	digest_key(&derived, key, purpose);
	digest_keyed(out, &derived, p, n);
	sodium_memzero(&derived, sizeof(derived));
	return out;
}

char *
digest_random(char out[DIGEST_TEXT_BYTES])
{
	unsigned char b[BYTES];

	random_bytes(b, sizeof(b));
	to_text(out, b);
	sodium_memzero(b, sizeof(b));
	return out;
}
