/* signature.c -- RS256, ES256 and EdDSA by libcrypto. See signature.h. */
#include "signature.h"

#include <stdlib.h>

#include "libcrypto.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, P256_BYTES = 32, DER_MAX = 80 };

struct signature_key {
	enum signature_alg alg;
	EVP_PKEY	*pkey;
};

static const char *const names[SIGNATURE_ALGS] = {
	[SIGNATURE_RS256] = "RS256", [SIGNATURE_ES256] = "ES256", [SIGNATURE_EDDSA] = "EdDSA",
};

enum signature_alg
signature_alg_of(const char *name)
{
	int i;

	for (i = 0; i < SIGNATURE_ALGS && strcmp(names[i], name) != 0; i++)
		;
	return (enum signature_alg)i;
}

static struct signature_key *
wrap_key(enum signature_alg alg, EVP_PKEY *pkey)
{
	struct signature_key *k;

	if (pkey == NULL)
		return NULL;
	if ((k = malloc(sizeof(*k))) == NULL)
		abort();
	*k = (struct signature_key){ alg, pkey };
	return k;
}

/* A key of this type from what the builder holds; NULL: they make none. */
static EVP_PKEY *
build_key(const char *type, OSSL_PARAM_BLD *b)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL), *check;
	EVP_PKEY *pkey = NULL;

	if (params == NULL || c == NULL)
		abort();
	if (EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1) {
		check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
		if (check == NULL || EVP_PKEY_public_check(check) != 1) {
			EVP_PKEY_free(pkey);
			pkey = NULL;
		}
		EVP_PKEY_CTX_free(check);
	}
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	return pkey;
}

static OSSL_PARAM_BLD *
new_builder(void)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();

	if (b == NULL)
		abort();
	return b;
}

struct signature_key *
signature_key_rsa(struct str n, struct str e)
{
	BIGNUM *bn_n, *bn_e;
	EVP_PKEY *pkey;

	if (n.n < RSA_BITS_MIN / 8 || n.n > RSA_BITS_MAX / 8 || e.n == 0 || e.n > 4)
		return NULL;
	bn_n = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL);
	bn_e = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL);
	if (bn_n == NULL || bn_e == NULL)
		abort();
	if (BN_num_bits(bn_n) < RSA_BITS_MIN || !BN_is_odd(bn_n) || !BN_is_odd(bn_e) || BN_is_one(bn_e)) {
		pkey = NULL;
	} else {
		OSSL_PARAM_BLD *b = new_builder();

		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn_n);
		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, bn_e);
		pkey = build_key("RSA", b);
	}
	BN_free(bn_n);
	BN_free(bn_e);
	return wrap_key(SIGNATURE_RS256, pkey);
}

struct signature_key *
signature_key_p256(struct str x, struct str y)
{
	unsigned char point[1 + 2 * P256_BYTES] = { 4 };	/* not compressed */
	OSSL_PARAM_BLD *b;

	if (x.n != P256_BYTES || y.n != P256_BYTES)
		return NULL;
	memcpy(point + 1, x.p, P256_BYTES);
	memcpy(point + 1 + P256_BYTES, y.p, P256_BYTES);
	b = new_builder();
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	return wrap_key(SIGNATURE_ES256, build_key("EC", b));
}

struct signature_key *
signature_key_ed25519(struct str x)
{
	if (x.n != ED25519_KEY_BYTES)
		return NULL;
	return wrap_key(SIGNATURE_EDDSA,
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.p, x.n));
}

struct signature_key *
signature_key_pem(const char **at)
{
	static const char end[] = "-----END";
	const char *p = *at != NULL ? strstr(*at, "-----BEGIN") : NULL, *stop;
	EVP_PKEY *pkey;
	BIO *bio;

	if (p == NULL)
		return NULL;
	stop = strstr(p, end);
	stop = stop != NULL ? stop + strcspn(stop, "\n") : p + strlen(p);
	if ((bio = BIO_new_mem_buf(p, (int)(stop - p))) == NULL)
		abort();
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, "");	/* an empty pass phrase: none is asked for */
	BIO_free(bio);
	*at = stop;
	if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(pkey);
		*at = NULL;
		return NULL;
	}
	return wrap_key(SIGNATURE_EDDSA, pkey);
}

void
signature_key_free(struct signature_key **k)
{
	if (*k == NULL)
		return;
	EVP_PKEY_free((*k)->pkey);
	free(*k);
	*k = NULL;
}

enum signature_alg
signature_key_alg(const struct signature_key *k)
{
	return k->alg;
}

/* One number of an ECDSA signature as a DER INTEGER; returns its bytes. */
static size_t
put_integer(unsigned char *out, const unsigned char *p)
{
	size_t n = P256_BYTES, pad;

	while (n > 1 && *p == 0)
		p++, n--;
	pad = *p >> 7;
	out[0] = 2;
	out[1] = (unsigned char)(n + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, p, n);
	return 2 + pad + n;
}

/* r and s of 32 bytes each as the DER sequence that libcrypto reads; 0: of another length. */
static size_t
der_signature(unsigned char out[DER_MAX], struct str sig)
{
	const unsigned char *p = (const unsigned char *)sig.p;
	size_t n;

	if (sig.n != 2 * P256_BYTES)
		return 0;
	n = put_integer(out + 2, p);
	n += put_integer(out + 2 + n, p + P256_BYTES);
	out[0] = 0x30;
	out[1] = (unsigned char)n;
	return 2 + n;
}

bool
signature_good(const struct signature_key *k, struct str text, struct str sig)
{
	const EVP_MD *md = k->alg == SIGNATURE_EDDSA ? NULL : EVP_sha256();
	const unsigned char *p = (const unsigned char *)sig.p;
	unsigned char der[DER_MAX];
	size_t n = sig.n;
	EVP_MD_CTX *c;
	bool good;

	if (k->alg == SIGNATURE_ES256) {
		n = der_signature(der, sig);
		p = der;
	}
	if (n == 0 || (c = EVP_MD_CTX_new()) == NULL)
		return false;
	good = EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(c, p, n, (const unsigned char *)text.p, text.n) == 1;
	EVP_MD_CTX_free(c);
	return good;
}

void
signature_make(const struct signature_key *k, struct str text, unsigned char out[ED25519_SIGNATURE_BYTES])
{
	size_t n = ED25519_SIGNATURE_BYTES;
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (c == NULL || EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) != 1 ||
	    EVP_DigestSign(c, out, &n, (const unsigned char *)text.p, text.n) != 1)
		abort();
	EVP_MD_CTX_free(c);
}

void
signature_public(const struct signature_key *k, unsigned char out[ED25519_KEY_BYTES])
{
	size_t n = ED25519_KEY_BYTES;

	if (EVP_PKEY_get_raw_public_key(k->pkey, out, &n) != 1)
		abort();
}
