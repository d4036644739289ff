/* issuer.c -- verifies tokens of another issuer. See issuer.h. */
#include "issuer.h"

#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/user_id.h"
#include "issuer_keys.h"
#include "tier.h"

enum { JTI_MAX = 128 };
static const char nameless[] = "external";	/* the issuer of tokens without iss */

bool
issuer_on(void)
{
	return *conf.auth_jwks_url != '\0' || *conf.auth_hs256_secret != '\0';
}

static bool
is_signed(const struct jws *t, struct token *out)
{
	enum signature_alg alg = signature_alg_of(t->alg);
	const struct signature_key *k;

	if (strcmp(t->alg, "HS256") == 0)
		return *conf.auth_hs256_secret != '\0' && token_hs256_good(t, conf.auth_hs256_secret, false);
	if (alg == SIGNATURE_ALGS || *conf.auth_jwks_url == '\0')
		return false;
	if ((k = issuer_keys_find(alg, t->kid)) == NULL) {
		out->unknown_key = true;
		return false;
	}
	return signature_good(k, t->input, t->signature);
}

/* A claim by its name, which may contain dots, else by a path "a.b.c". */
static const struct json *
find_claim(struct arena *mem, const struct json *claims, const char *name)
{
	const struct json *v = json_get(claims, name);
	const char *dot;

	while (v == NULL && claims != NULL && (dot = strchr(name, '.')) != NULL) {
		claims = json_get(claims, arena_copy(mem, name, (size_t)(dot - name)));
		name = dot + 1;
		v = json_get(claims, name);
	}
	return v;
}

/* A text, or a whole number as text; NULL: neither. */
static const char *
user_of(struct arena *mem, const struct json *v)
{
	int64_t number;
	const char *text = json_str(v);

	if (text == NULL && json_int(v, &number))
		text = arena_printf(mem, "%lld", (long long)number);
	return text != NULL && user_id_valid(text) ? text : NULL;
}

static int
rank_of(const struct json *v)
{
	const char *text = json_str(v);

	return text == NULL ? 0 : strcmp(text, "admin") == 0 ? 2 : strcmp(text, "seller") == 0;
}

/* The highest role that the claim names, which may be a text or a list; others mean "user". */
static const char *
role_of(const struct json *v)
{
	static const char *const roles[] = { "user", "seller", "admin" };
	const struct json *e;
	int best = rank_of(v);

	for (e = v != NULL && json_type(v) == JSON_ARRAY ? json_first(v) : NULL; e != NULL; e = json_next(e))
		best = rank_of(e) > best ? rank_of(e) : best;
	return roles[best];
}

/* Whether the text is in the comma-separated list. */
static bool
listed(const char *list, const char *text)
{
	size_t n = strlen(text), part;

	for (; *list != '\0'; list += part + (list[part] == ',')) {
		list += strspn(list, " ");
		part = strcspn(list, ",");
		if (part == n && memcmp(list, text, n) == 0)
			return true;
	}
	return false;
}

static bool
audience_good(const struct json *aud)
{
	const struct json *v;

	if (*conf.auth_audience == '\0')
		return true;
	if (json_str(aud) != NULL)
		return listed(conf.auth_audience, json_str(aud));
	for (v = aud != NULL && json_type(aud) == JSON_ARRAY ? json_first(aud) : NULL; v != NULL; v = json_next(v))
		if (json_str(v) != NULL && listed(conf.auth_audience, json_str(v)))
			return true;
	return false;
}

static const char *
jti_of(struct arena *mem, const struct jws *t)
{
	const char *jti = json_str(json_get(t->claims, "jti"));
	char *made;

	if (jti != NULL && *jti != '\0' && strlen(jti) <= JTI_MAX)
		return jti;
	made = arena_alloc(mem, DIGEST_TEXT_BYTES);
	return digest_text(made, STR("jti"), "token", t->input.p, t->input.n);
}

static const char *
tier_of(const struct json *v)
{
	const char *text = json_str(v);

	return text != NULL && tier_rank(text) >= 0 ? text : "free";
}

int
issuer_verify(struct arena *mem, const char *text, struct token *out)
{
	struct jws t;
	int rc;

	*out = (struct token){ 0 };
	if (strlen(text) > TOKEN_BYTES_MAX || !jws_parse(mem, text, &t) || !is_signed(&t, out) ||
	    !jws_names_differ(&t) || (rc = token_times(t.claims, conf.auth_leeway_s, out)) == E_TOKEN)
		return E_TOKEN;
	out->issuer = json_str(json_get(t.claims, "iss"));
	if ((*conf.auth_issuer != '\0' && (out->issuer == NULL || strcmp(out->issuer, conf.auth_issuer) != 0)) ||
	    !audience_good(json_get(t.claims, "aud")) ||
	    (out->sub = user_of(mem, find_claim(mem, t.claims, conf.auth_user_claim))) == NULL)
		return E_TOKEN;
	if (rc == 0 && out->exp_s > now_ms() / 1000 + conf.auth_expires_max_s)
		return E_TOKEN;
	if (out->issuer == NULL || *out->issuer == '\0')
		out->issuer = nameless;
	out->role = role_of(find_claim(mem, t.claims, conf.auth_role_claim));
	out->tier = tier_of(json_get(t.claims, "tier"));
	out->jti = jti_of(mem, &t);
	return rc;
}
