/* jws.c -- compact JWS texts. See jws.h. */
#include "jws.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/str.h"

struct str
jws_decode(struct arena *mem, struct str text)
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
	struct str bytes = jws_decode(mem, text);
	const struct json *j;

	if (bytes.p == NULL || json_parse(mem, bytes.p, bytes.n, &j) < 0 || json_type(j) != JSON_OBJECT)
		return NULL;
	return j;
}

static bool
split_text(struct arena *mem, const char *text, struct jws *out)
{
	const char *body = strchr(text, '.'), *signature = body != NULL ? strchr(body + 1, '.') : NULL;

	if (signature == NULL)
		return false;
	out->input = (struct str){ text, (size_t)(signature - text) };
	out->signature = jws_decode(mem, str_of(signature + 1));
	return out->signature.p != NULL &&
	    (out->header = decode_object(mem, (struct str){ text, (size_t)(body - text) })) != NULL &&
	    (out->claims = decode_object(mem, (struct str){ body + 1, (size_t)(signature - body - 1) })) != NULL;
}

/* A string, or absent. */
static bool
text_or_none(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	return v == NULL || json_type(v) == JSON_STRING;
}

static bool
header_good(const struct json *header)
{
	const char *typ = json_str(json_get(header, "typ"));

	if (json_get(header, "crit") != NULL || !text_or_none(header, "kid") || !text_or_none(header, "typ"))
		return false;
	if (typ != NULL && strncasecmp(typ, "application/", 12) == 0)
		typ += 12;
	return typ == NULL || strcasecmp(typ, "JWT") == 0 || strcasecmp(typ, "at+jwt") == 0;
}

bool
jws_parse(struct arena *mem, const char *text, struct jws *out)
{
	if (!split_text(mem, text, out) || !header_good(out->header))
		return false;
	out->alg = json_str(json_get(out->header, "alg"));
	out->kid = json_str(json_get(out->header, "kid"));
	return out->alg != NULL;
}

static bool
members_differ(const struct json *object)
{
	const struct json *v;

	for (v = json_first(object); v != NULL; v = json_next(v))
		if (json_get(object, json_name(v)) != v)
			return false;
	return true;
}

bool
jws_names_differ(const struct jws *t)
{
	return members_differ(t->header) && members_differ(t->claims);
}

static char *
encode(struct arena *mem, const void *p, size_t n)
{
	char *out = arena_alloc(mem, 4 * (n / 3 + 1) + 1);

	base64_url(out, p, n);
	return out;
}

const char *
jws_input(struct arena *mem, struct str header, struct str claims)
{
	return arena_printf(mem, "%s.%s", encode(mem, header.p, header.n), encode(mem, claims.p, claims.n));
}

const char *
jws_signed(struct arena *mem, const char *input, const void *signature, size_t n)
{
	return arena_printf(mem, "%s.%s", input, encode(mem, signature, n));
}
