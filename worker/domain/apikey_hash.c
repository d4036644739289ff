/* apikey_hash.c -- hashes of API keys. See apikey_hash.h. */
#include "apikey_hash.h"

#include "base/conf.h"
#include "base/secret.h"

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
	digest_text(out, secret, "api key", key, strlen(key));
	return true;
}

const char *
apikey_hash(char out[DIGEST_TEXT_BYTES], const char *key)
{
	const char *at = apikey_secrets();

	if (!apikey_next_hash(&at, out, key))
		digest_random(out);		/* without a secret no key is any good */
	return out;
}
