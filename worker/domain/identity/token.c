/* token.c -- signs and verifies access tokens. See token.h. Owns: jwt.h.
 *
 * libjwt signs. It does not verify: it takes base64 with foreign characters and knows neither crit nor at+jwt.
 */
#include "token.h"

#include <jwt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/hmac.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/str.h"

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

#define TIME_MAX_S	9000000000000	/* its milliseconds are within 64 bits */

struct parts {
	const struct json	*header, *claims;
	struct str		 input;		/* what is signed: header and claims as they were sent */
	const char		*mac;		/* HMAC_SHA256_BYTES */
};

/* The bytes of one base64url text in `mem`, p NULL when it is not exactly what their encoder writes: no padding, no
 * space, unused bits zero (RFC 7515 section 2). */
static struct str
decode_part(struct arena *mem, struct str text)
{
	char *bytes = arena_copy(mem, text.p, text.n), *again = arena_alloc(mem, text.n + 8);
	int64_t n = base64_decode(bytes, text.n);

	if (n <= 0)
		return (struct str){ NULL, 0 };
	base64_url(again, bytes, (size_t)n);
	return str_eq(str_of(again), text) ? (struct str){ bytes, (size_t)n } : (struct str){ NULL, 0 };
}

/* A JSON object; NULL when it is none. */
static const struct json *
decode_object(struct arena *mem, struct str text)
{
	struct str bytes = decode_part(mem, text);
	const struct json *j;

	if (bytes.p == NULL || json_parse(mem, bytes.p, bytes.n, &j) < 0 || json_type(j) != JSON_OBJECT)
		return NULL;
	return j;
}

static bool
split_token(struct arena *mem, const char *text, struct parts *out)
{
	const char *body = strchr(text, '.'), *mac = body != NULL ? strchr(body + 1, '.') : NULL;
	struct str code;

	if (mac == NULL)
		return false;
	out->input = (struct str){ text, (size_t)(mac - text) };
	code = decode_part(mem, str_of(mac + 1));
	out->mac = code.p;
	return code.n == HMAC_SHA256_BYTES &&
	    (out->header = decode_object(mem, (struct str){ text, (size_t)(body - text) })) != NULL &&
	    (out->claims = decode_object(mem, (struct str){ body + 1, (size_t)(mac - body - 1) })) != NULL;
}

/* No member twice: parsers differ in which one they take (RFC 7515 section 4). Quadratic, so for signed text only. */
static bool
names_differ(const struct json *object)
{
	const struct json *v;

	for (v = json_first(object); v != NULL; v = json_next(v))
		if (json_get(object, json_name(v)) != v)
			return false;
	return true;
}

/* A string, or absent. */
static bool
text_or_none(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	return v == NULL || json_type(v) == JSON_STRING;
}

/* HS256; an access token by its type, or of none; no extension that must be understood: none is (section 4.1.11). */
static bool
header_good(const struct json *header)
{
	const char *alg = json_str(json_get(header, "alg")), *typ = json_str(json_get(header, "typ"));

	if (json_get(header, "crit") != NULL || !text_or_none(header, "kid") || !text_or_none(header, "typ") ||
	    alg == NULL || strcmp(alg, "HS256") != 0)
		return false;
	if (typ != NULL && strncasecmp(typ, "application/", 12) == 0)
		typ += 12;
	return typ == NULL || strcasecmp(typ, "JWT") == 0 || strcasecmp(typ, "at+jwt") == 0;
}

/* Whether the secret that the kid names signed it, or without a kid any of them. */
static bool
signature_good(const struct parts *t)
{
	const char *at = conf.jwt_secret, *named = json_str(json_get(t->header, "kid"));
	unsigned char code[HMAC_SHA256_BYTES];
	struct str kid, secret;
	bool good = false;

	while (!good && secret_next(&at, &kid, &secret)) {
		if (secret.n == 0 || (named != NULL && !str_eq(name_of(kid), str_of(named))))
			continue;
		hmac_sha256(code, secret, &t->input, 1);
		good = str_eq_secret((struct str){ (char *)code, sizeof(code) }, (struct str){ t->mac, sizeof(code) });
	}
	return good;
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

static const char *
copy_claim(const struct json *claims, const char *name, const char *fallback)
{
	const char *text = json_str(json_get(claims, name));

	return text != NULL && *text != '\0' ? text : fallback;
}

int
token_verify(struct arena *mem, const char *text, struct token *out)
{
	double now = (double)now_ms() / 1000, expires, not_before, issued;
	struct parts t;

	if (strlen(text) > TOKEN_BYTES_MAX || !split_token(mem, text, &t) || !header_good(t.header) ||
	    !signature_good(&t) || !names_differ(t.header) || !names_differ(t.claims))
		return E_TOKEN;
	if (!read_time(t.claims, "exp", &expires) || !read_time(t.claims, "nbf", &not_before) ||
	    !read_time(t.claims, "iat", &issued) || expires <= 0)
		return E_TOKEN;
	*out = (struct token){
		.sub = copy_claim(t.claims, "sub", NULL), .role = copy_claim(t.claims, "role", "user"),
		.tier = copy_claim(t.claims, "tier", "free"), .sid = copy_claim(t.claims, "sid", NULL),
		.jti = copy_claim(t.claims, "jti", NULL), .iat_s = whole_seconds(issued),
		.exp_s = whole_seconds(expires),
	};
	if (expires <= now)
		return E_TOKEN_EXPIRED;
	return out->sub != NULL && not_before <= now ? 0 : E_TOKEN;
}
