/* token.c -- signs and verifies access tokens. See token.h. Owns: jwt.h. */
#include "token.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

static const char *
copy_grant(struct arena *mem, jwt_t *jwt, const char *name, const char *fallback)
{
	const char *value = jwt_get_grant(jwt, name);

	return value != NULL && *value != '\0' ? arena_strdup(mem, value) : fallback;
}

/* The kid of a secret without a name. */
static struct str
name_of(struct str kid)
{
	return kid.n > 0 ? kid : STR("main");
}

static int
add_text(jwt_t *jwt, const char *name, const char *value)
{
	return value != NULL ? jwt_add_grant(jwt, name, value) : 0;
}

static char *
encode_with(jwt_t *jwt, const struct token *t, const char *kid, struct str secret)
{
	int64_t iat = t->iat_s > 0 ? t->iat_s : now_ms() / 1000;
	int64_t exp = t->exp_s > 0 ? t->exp_s : iat + conf.jwt_expires_s;

	if (jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret.p, (int)secret.n) != 0 ||
	    jwt_add_header(jwt, "kid", kid) != 0 || jwt_add_grant(jwt, "kid", kid) != 0 ||
	    add_text(jwt, "sub", t->sub) != 0 ||
	    add_text(jwt, "role", t->role) != 0 || add_text(jwt, "tier", t->tier) != 0 ||
	    add_text(jwt, "sid", t->sid) != 0 ||
	    add_text(jwt, "jti", t->jti) != 0 || jwt_add_grant_int(jwt, "iat", (long)iat) != 0 ||
	    jwt_add_grant_int(jwt, "exp", (long)exp) != 0)
		return NULL;
	return jwt_encode_str(jwt);
}

const char *
token_sign(struct arena *mem, const struct token *t)
{
	const char *at = conf.jwt_secret, *out = NULL;
	struct str kid, secret;
	jwt_t *jwt;
	char *text;

	if (!secret_next(&at, &kid, &secret) || jwt_new(&jwt) != 0)
		return NULL;
	if ((text = encode_with(jwt, t, arena_copy(mem, name_of(kid).p, name_of(kid).n), secret)) != NULL)
		out = arena_strdup(mem, text);
	free(text);
	jwt_free(jwt);
	return out;
}

/* Whether the text has three non-empty parts: libjwt allocates no bytes for an empty one and writes behind it. */
static bool
has_parts(const char *text)
{
	const char *body = strchr(text, '.'), *mac = body != NULL ? strchr(body + 1, '.') : NULL;

	return mac != NULL && body > text && mac > body + 1 && mac[1] != '\0';
}

/* The token if this secret signed it, else NULL. */
static jwt_t *
decode_with(const char *text, struct str secret)
{
	jwt_t *jwt = NULL;

	if (jwt_decode(&jwt, text, (const unsigned char *)secret.p, (int)secret.n) != 0)
		return NULL;
	if (jwt_get_alg(jwt) == JWT_ALG_HS256)
		return jwt;
	jwt_free(jwt);
	return NULL;
}

/* The token if it was signed with the secret that its kid names, or without a kid with any of them; else NULL. */
static jwt_t *
decode_any(const char *text)
{
	const char *at = conf.jwt_secret, *alg, *named;
	jwt_t *unverified, *jwt = NULL;
	struct str kid, secret;

	if (jwt_decode(&unverified, text, NULL, 0) != 0)
		return NULL;
	alg = jwt_get_header(unverified, "alg");
	named = jwt_get_header(unverified, "kid");
	while (jwt == NULL && alg != NULL && strcmp(alg, "HS256") == 0 && secret_next(&at, &kid, &secret))
		if (named == NULL || str_eq(name_of(kid), str_of(named)))
			jwt = decode_with(text, secret);
	jwt_free(unverified);
	return jwt;
}

int
token_verify(struct arena *mem, const char *text, struct token *out)
{
	int64_t now = now_ms() / 1000, not_before;
	jwt_t *jwt;

	if (strlen(text) > TOKEN_BYTES_MAX || !has_parts(text) || (jwt = decode_any(text)) == NULL)
		return E_TOKEN;
	*out = (struct token){
		.sub = copy_grant(mem, jwt, "sub", NULL), .role = copy_grant(mem, jwt, "role", "user"),
		.tier = copy_grant(mem, jwt, "tier", "free"), .sid = copy_grant(mem, jwt, "sid", NULL),
		.jti = copy_grant(mem, jwt, "jti", NULL), .iat_s = jwt_get_grant_int(jwt, "iat"),
		.exp_s = jwt_get_grant_int(jwt, "exp"),
	};
	not_before = jwt_get_grant_int(jwt, "nbf");
	jwt_free(jwt);
	if (out->exp_s > 0 && out->exp_s <= now)
		return E_TOKEN_EXPIRED;
	return out->sub != NULL && out->exp_s > 0 && not_before <= now ? 0 : E_TOKEN;
}
