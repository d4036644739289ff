/* apikey_hash.c -- hashes of API keys. See apikey_hash.h. */
#include "apikey_hash.h"

#include "base/conf.h"
#include "base/libsodium.h"
#include "base/secret.h"

static const char purpose[] = "api key";

const char *
apikey_secrets(void)
{
	return *conf.api_key_secret != '\0' ? conf.api_key_secret : conf.jwt_secret;
}

bool
apikey_next_hash(const char **at, char out[DIGEST_TEXT_BYTES], const char *key)
{
	struct str kid, secret;

	if (!secret_next(at, &kid, &secret))
		return false;
	digest_text(out, secret, purpose, key, strlen(key));
	return true;
}

/* The derived secret is cached: a process never changes the setting. */
const char *
apikey_hash(char out[DIGEST_TEXT_BYTES], const char *key)
{
	static struct digest_key first;
	static const char *of;
	const char *at = apikey_secrets();
	struct str kid, secret;

	if (at != of) {
		if (!secret_next(&at, &kid, &secret))
			return digest_random(out);	/* without a secret no key is valid */
		digest_key(&first, secret, purpose);
		of = apikey_secrets();
	}
	return digest_keyed(out, &first, key, strlen(key));
}

bool
apikey_next_old_hash(const char **at, char out[APIKEY_OLD_HASH_BYTES], const char *key)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state st;
	struct str kid, secret;

	if (!secret_next(at, &kid, &secret))
		return false;
	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const unsigned char *)key, strlen(key));
	crypto_hash_sha256_update(&st, (const unsigned char *)secret.p, secret.n);
	crypto_hash_sha256_final(&st, digest);
	sodium_bin2hex(out, APIKEY_OLD_HASH_BYTES, digest, sizeof(digest));
	return true;
}
