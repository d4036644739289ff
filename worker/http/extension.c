/* extension.c -- negotiating permessage-deflate. See extension.h. */
#include "extension.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

enum { WINDOW_BITS = 15 };

enum param { SERVER_NO_CONTEXT = 1, CLIENT_NO_CONTEXT = 2, SERVER_BITS = 4, CLIENT_BITS = 8 };

static const char token_chars[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* The token at *p; moves *p behind it and the white space after it. */
static bool
take_token(const char **p, struct str *out)
{
	*out = (struct str){ *p, strspn(*p, token_chars) };
	*p = skip_space(*p + out->n);
	return out->n > 0;
}

/* The value behind a '=': a token, or one in quotes. */
static bool
take_value(const char **p, struct str *out)
{
	bool quoted = **p == '"';

	*p += quoted;
	*out = (struct str){ *p, strspn(*p, token_chars) };
	*p += out->n;
	if (quoted && *(*p)++ != '"')
		return false;
	*p = skip_space(*p);
	return out->n > 0;
}

static bool
is_token(struct str s, const char *name)
{
	return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

/* 8 to 15 without leading zeros, else 0. */
static int
window_bits(struct str v)
{
	if (v.n == 1 && (v.p[0] == '8' || v.p[0] == '9'))
		return v.p[0] - '0';
	return v.n == 2 && v.p[0] == '1' && v.p[1] >= '0' && v.p[1] <= '5' ? 10 + v.p[1] - '0' : 0;
}

/* The bit of an acceptable parameter, else 0; value.p NULL: it has no value. */
static unsigned
check_param(struct str name, struct str value)
{
	if (is_token(name, "server_no_context_takeover"))
		return value.p == NULL ? SERVER_NO_CONTEXT : 0;
	if (is_token(name, "client_no_context_takeover"))
		return value.p == NULL ? CLIENT_NO_CONTEXT : 0;
	if (is_token(name, "client_max_window_bits"))
		return value.p == NULL || window_bits(value) > 0 ? CLIENT_BITS : 0;
	if (is_token(name, "server_max_window_bits"))
		return value.p != NULL && window_bits(value) == WINDOW_BITS ? SERVER_BITS : 0;
	return 0;
}

/* Parse one offer at *p, up to the ',' or the end. False: the header is malformed. *keep: it is permessage-deflate and
 * acceptable. */
static bool
take_offer(const char **p, bool *keep, unsigned *seen)
{
	struct str name, value;
	unsigned bit;

	if (!take_token(p, &name))
		return false;
	*keep = is_token(name, "permessage-deflate");
	for (*seen = 0; **p == ';'; *seen |= bit) {
		*p = skip_space(*p + 1);
		value = (struct str){ NULL, 0 };
		if (!take_token(p, &name))
			return false;
		if (**p == '=') {
			*p = skip_space(*p + 1);
			if (!take_value(p, &value))
				return false;
		}
		bit = check_param(name, value);
		if (bit == 0 || (*seen & bit) != 0)
			*keep = false;
	}
	return **p == ',' || **p == '\0';
}

const char *
extension_answer(const char *offers)
{
	unsigned seen, first_seen = 0;
	const char *p = offers;
	bool keep, any = false;

	if (p == NULL)
		return NULL;
	for (p = skip_space(p); *p != '\0'; p = skip_space(p)) {
		if (*p == ',') {	/* empty elements are allowed */
			p++;
			continue;
		}
		if (!take_offer(&p, &keep, &seen))
			return NULL;
		if (keep && !any)
			first_seen = seen;
		any = any || keep;
	}
	if (!any)
		return NULL;
	return first_seen & SERVER_BITS ?
	    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15" :
	    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
}
