/* hmac.c -- HMAC-SHA256. See hmac.h. */
#include "hmac.h"

#include "libsodium.h"

void
hmac_sha256(unsigned char out[HMAC_SHA256_BYTES], struct str key, const struct str *parts, size_t n)
{
	crypto_auth_hmacsha256_state st;
	size_t i;

	crypto_auth_hmacsha256_init(&st, (const unsigned char *)key.p, key.n);
	for (i = 0; i < n; i++)
		crypto_auth_hmacsha256_update(&st, (const unsigned char *)parts[i].p, parts[i].n);
	crypto_auth_hmacsha256_final(&st, out);
}

char *
hmac_sha256_hex(char out[HMAC_SHA256_HEX_BYTES], struct str key, const struct str *parts, size_t n)
{
	unsigned char code[HMAC_SHA256_BYTES];

	hmac_sha256(code, key, parts, n);
	return sodium_bin2hex(out, HMAC_SHA256_HEX_BYTES, code, sizeof(code));
}
