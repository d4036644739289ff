/* seal_hex.c -- values sealed as iv:tag:ciphertext in hex. See seal_hex.h. */
#include "seal_hex.h"

#include <stdlib.h>

#include "libcrypto.h"
#include "libsodium.h"

enum { IV_BYTES = 16, TAG_BYTES = 16, IV_CHARS = 2 * IV_BYTES, TAG_AT = IV_CHARS + 1,
    TEXT_AT = TAG_AT + 2 * TAG_BYTES + 1 };

static bool
is_hex(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr("0123456789abcdefABCDEF", p[i]) == NULL || p[i] == '\0')
			return false;
	return true;
}

bool
seal_hex_is(struct str s)
{
	return s.n >= TEXT_AT && s.n % 2 == 0 && s.p[IV_CHARS] == ':' && s.p[TEXT_AT - 1] == ':' &&
	    is_hex(s.p, IV_CHARS) && is_hex(s.p + TAG_AT, 2 * TAG_BYTES) && is_hex(s.p + TEXT_AT, s.n - TEXT_AT);
}

static void
from_hex(unsigned char *out, const char *p, size_t bytes)
{
	if (sodium_hex2bin(out, bytes, p, 2 * bytes, NULL, NULL, NULL) != 0)
		abort();
}

static bool
decrypt(EVP_CIPHER_CTX *c, const unsigned char *key, struct str sealed, unsigned char *out)
{
	unsigned char iv[IV_BYTES], tag[TAG_BYTES];
	size_t n = (sealed.n - TEXT_AT) / 2;
	int done;

	from_hex(iv, sealed.p, sizeof(iv));
	from_hex(tag, sealed.p + TAG_AT, sizeof(tag));
	from_hex(out, sealed.p + TEXT_AT, n);
	return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_IVLEN, IV_BYTES, NULL) == 1 &&
	    EVP_DecryptInit_ex(c, NULL, NULL, key, iv) == 1 && EVP_DecryptUpdate(c, out, &done, out, (int)n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
	    EVP_DecryptFinal_ex(c, out + done, &done) == 1;
}

bool
seal_hex_open(struct arena *mem, const unsigned char key[SEAL_HEX_KEY_BYTES], struct str sealed, struct str *plain)
{
	EVP_CIPHER_CTX *c;
	unsigned char *out;
	bool good;
	size_t n;

	if (!seal_hex_is(sealed))
		return false;
	if ((c = EVP_CIPHER_CTX_new()) == NULL)
		abort();
	n = (sealed.n - TEXT_AT) / 2;
	out = arena_alloc(mem, n + 1);
	good = decrypt(c, key, sealed, out);
	EVP_CIPHER_CTX_free(c);
	out[n] = '\0';
	if (good)
		*plain = (struct str){ (const char *)out, n };
	return good;
}
