/* token.c -- signs and verifies access tokens. See token.h. */
#include "token.h"

#include <math.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/hmac.h"
#include "base/secret.h"
#include "base/str.h"
#include "jws.h"
#include "signing_key.h"

#define TIME_MAX_S	9000000000000	/* its milliseconds are within 64 bits */

/* The kid of a secret without a name. */
static struct str
name_of(struct str kid)
{
	return kid.n > 0 ? kid : STR("main");
}

static const char *
input_of(struct arena *mem, const struct token *t, const char *alg, const char *kid)
{
	int64_t iat = t->iat_s > 0 ? t->iat_s : now_ms() / 1000;
	int64_t exp = t->exp_s > 0 ? t->exp_s : iat + conf.jwt_expires_s;

	return jws_input(mem, json_obj(mem, JS("alg", alg), JS("typ", "JWT"), JS("kid", kid)),
	    json_obj(mem, JI("exp", exp), JI("iat", iat), JIF(t->jti != NULL, JS("jti", t->jti)), JS("kid", kid),
	    JIF(t->role != NULL, JS("role", t->role)), JIF(t->sid != NULL, JS("sid", t->sid)), JS("sub", t->sub),
	    JIF(t->tier != NULL, JS("tier", t->tier))));
}

static const char *
sign_ed25519(struct arena *mem, const struct token *t)
{
	unsigned char signature[ED25519_SIGNATURE_BYTES];
	const char *kid, *input;
	const struct signature_key *k = signing_key_first(&kid);

	input = input_of(mem, t, "EdDSA", kid);
	signature_make(k, str_of(input), signature);
	return jws_signed(mem, input, signature, sizeof(signature));
}

const char *
token_sign(struct arena *mem, const struct token *t)
{
	const char *at = conf.jwt_secret, *input;
	unsigned char code[HMAC_SHA256_BYTES];
	struct str kid, secret;

	if (signing_key_on())
		return sign_ed25519(mem, t);
	if (!secret_next(&at, &kid, &secret))
		return NULL;
	input = input_of(mem, t, "HS256", arena_copy(mem, name_of(kid).p, name_of(kid).n));
	hmac_sha256(code, secret, &(struct str){ input, strlen(input) }, 1);
	return jws_signed(mem, input, code, sizeof(code));
}

bool
token_hs256_good(const struct jws *t, const char *secrets, bool by_name)
{
	unsigned char code[HMAC_SHA256_BYTES];
	const char *at = secrets;
	struct str kid, secret;
	bool good = false;

	if (strcmp(t->alg, "HS256") != 0 || t->signature.n != sizeof(code))
		return false;
	while (!good && secret_next(&at, &kid, &secret)) {
		if (secret.n == 0 || (t->kid != NULL && (by_name || kid.n > 0) &&
		    !str_eq(name_of(kid), str_of(t->kid))))
			continue;
		hmac_sha256(code, secret, &t->input, 1);
		good = str_eq_secret((struct str){ (char *)code, sizeof(code) }, t->signature);
	}
	return good;
}

static bool
ed25519_good(const struct jws *t)
{
	const struct signature_key *k;

	if (strcmp(t->alg, "EdDSA") != 0 || (k = signing_key_find(t->kid)) == NULL)
		return false;
	return signature_good(k, t->input, t->signature);
}

/* A time in seconds; false when it is there and no number (RFC 7519 section 2: fractions are allowed). */
static bool
read_time(const struct json *claims, const char *name, double *out)
{
	const struct json *v = json_get(claims, name);

	*out = json_num(v, 0);
	return v == NULL || json_type(v) == JSON_NUMBER;
}

/* Whole seconds, of a time that may be beyond all of them. */
static int64_t
whole_seconds(double t)
{
	return t >= TIME_MAX_S ? (int64_t)TIME_MAX_S : t <= -TIME_MAX_S ? -(int64_t)TIME_MAX_S : (int64_t)floor(t);
}

int
token_times(const struct json *claims, int64_t leeway_s, struct token *out)
{
	double now = (double)now_ms() / 1000, expires, not_before, issued;

	if (!read_time(claims, "exp", &expires) || !read_time(claims, "nbf", &not_before) ||
	    !read_time(claims, "iat", &issued) || expires <= 0)
		return E_TOKEN;
	out->iat_s = whole_seconds(issued);
	out->exp_s = whole_seconds(expires);
	if (expires <= now)
		return E_TOKEN_EXPIRED;
	return not_before <= now + (double)leeway_s ? 0 : E_TOKEN;
}

static const char *
copy_claim(const struct json *claims, const char *name, const char *fallback)
{
	const char *text = json_str(json_get(claims, name));

	return text != NULL && *text != '\0' ? text : fallback;
}

int
token_verify(struct arena *mem, const char *text, struct token *out)
{
	struct jws t;
	int rc;

	*out = (struct token){ 0 };
	if (strlen(text) > TOKEN_BYTES_MAX || !jws_parse(mem, text, &t) ||
	    !(token_hs256_good(&t, conf.jwt_secret, true) || ed25519_good(&t)) || !jws_names_differ(&t))
		return E_TOKEN;
	if ((rc = token_times(t.claims, 0, out)) == E_TOKEN)
		return rc;
	out->sub = copy_claim(t.claims, "sub", NULL);
	out->role = copy_claim(t.claims, "role", "user");
	out->tier = copy_claim(t.claims, "tier", "free");
	out->sid = copy_claim(t.claims, "sid", NULL);
	out->jti = copy_claim(t.claims, "jti", NULL);
	return rc < 0 ? rc : out->sub != NULL ? 0 : E_TOKEN;
}
