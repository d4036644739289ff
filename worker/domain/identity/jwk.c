/* jwk.c -- sets of public keys. See jwk.h. */
#include "jwk.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/libsodium.h"
#include "jws.h"

/* The bytes of a member in base64url. */
static struct str
number_of(struct arena *mem, const struct json *jwk, const char *name)
{
	const char *text = json_str(json_get(jwk, name));

	return text != NULL ? jws_decode(mem, str_of(text)) : (struct str){ NULL, 0 };
}

static struct signature_key *
make_rsa(struct arena *mem, const struct json *jwk)
{
	return signature_key_rsa(number_of(mem, jwk, "n"), number_of(mem, jwk, "e"));
}

static struct signature_key *
make_p256(struct arena *mem, const struct json *jwk)
{
	return signature_key_p256(number_of(mem, jwk, "x"), number_of(mem, jwk, "y"));
}

static struct signature_key *
make_ed25519(struct arena *mem, const struct json *jwk)
{
	return signature_key_ed25519(number_of(mem, jwk, "x"));
}

/* What a key is decides what it verifies. */
static const struct {
	const char	*kty, *crv;
	struct signature_key *(*make)(struct arena *mem, const struct json *jwk);
} kinds[] = {
	{ "RSA", NULL, make_rsa }, { "EC", "P-256", make_p256 }, { "OKP", "Ed25519", make_ed25519 },
};

static bool
equals(const struct json *v, const char *want)
{
	return json_str(v) != NULL && strcmp(json_str(v), want) == 0;
}

static bool
may_verify(const struct json *jwk)
{
	const struct json *use = json_get(jwk, "use"), *ops = json_get(jwk, "key_ops"), *v;

	if (use != NULL && !equals(use, "sig"))
		return false;
	for (v = json_first(ops); v != NULL && !equals(v, "verify"); v = json_next(v))
		;
	return ops == NULL || v != NULL;
}

/* The key of one JWK; NULL: of no use here. */
static struct signature_key *
read_key(struct arena *mem, const struct json *jwk)
{
	const char *alg = json_str(json_get(jwk, "alg"));
	struct signature_key *k = NULL;
	size_t i;

	if (!may_verify(jwk))
		return NULL;
	for (i = 0; i < NELEM(kinds); i++)
		if (equals(json_get(jwk, "kty"), kinds[i].kty) &&
		    (kinds[i].crv == NULL || equals(json_get(jwk, "crv"), kinds[i].crv)))
			k = kinds[i].make(mem, jwk);
	if (k != NULL && alg != NULL && signature_alg_of(alg) != signature_key_alg(k))
		signature_key_free(&k);
	return k;
}

static void
add_key(struct arena *mem, const struct json *jwk, struct jwk_set *set)
{
	const struct json *kid = json_get(jwk, "kid");
	const char *name = kid == NULL ? "" : json_str(kid);

	if (set->n == JWK_KEYS_MAX || name == NULL || strlen(name) >= JWK_KID_BYTES ||
	    (set->keys[set->n].key = read_key(mem, jwk)) == NULL)
		return;
	snprintf(set->keys[set->n++].kid, JWK_KID_BYTES, "%s", name);
}

bool
jwk_read(struct str text, struct jwk_set *set)
{
	const struct json *j, *v;
	struct arena mem;

	*set = (struct jwk_set){ 0 };
	arena_init(&mem, 8192);
	if (json_parse(&mem, text.p, text.n, &j) == 0 && json_get(j, "keys") != NULL &&
	    json_type(json_get(j, "keys")) == JSON_ARRAY)
		for (v = json_first(json_get(j, "keys")); v != NULL; v = json_next(v))
			add_key(&mem, v, set);
	arena_fini(&mem);
	return set->n > 0;
}

void
jwk_clear(struct jwk_set *set)
{
	while (set->n > 0)
		signature_key_free(&set->keys[--set->n].key);
}

const struct signature_key *
jwk_find(const struct jwk_set *set, enum signature_alg alg, const char *kid)
{
	const struct signature_key *found = NULL;
	int i;

	for (i = 0; i < set->n; i++) {
		if (signature_key_alg(set->keys[i].key) != alg)
			continue;
		if (kid != NULL && strcmp(set->keys[i].kid, kid) == 0)
			return set->keys[i].key;
		if (kid == NULL && found != NULL)
			return NULL;
		if (kid == NULL)
			found = set->keys[i].key;
	}
	return found;
}

static const char *
public_text(struct arena *mem, const struct signature_key *k)
{
	unsigned char bytes[ED25519_KEY_BYTES];
	char *text = arena_alloc(mem, 4 * (sizeof(bytes) / 3 + 1) + 1);

	signature_public(k, bytes);
	base64_url(text, bytes, sizeof(bytes));
	return text;
}

const char *
jwk_thumbprint(struct arena *mem, const struct signature_key *k)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char *text = arena_alloc(mem, 4 * (sizeof(digest) / 3 + 1) + 1);
	const char *form = arena_printf(mem, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", public_text(mem, k));

	crypto_hash_sha256(digest, (const unsigned char *)form, strlen(form));
	base64_url(text, digest, sizeof(digest));
	return text;
}

struct str
jwk_json(struct arena *mem, const struct signature_key *k)
{
	return json_obj(mem, JS("kty", "OKP"), JS("crv", "Ed25519"), JS("x", public_text(mem, k)), JS("use", "sig"),
	    JS("alg", "EdDSA"), JS("kid", jwk_thumbprint(mem, k)));
}
