/* extension.c -- negotiating permessage-deflate. See extension.h. */
#include "extension.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

enum { BITS_MIN = 9, BITS_MAX = 15 };	/* of the server's window: 8 is more than zlib can do */

enum param { SERVER_NO_CONTEXT = 1, CLIENT_NO_CONTEXT = 2, SERVER_BITS = 4, CLIENT_BITS = 8 };

/* One offer's parameters: a set of enum param, and the size of the server's window where it was asked for. */
struct offer { unsigned seen; int bits; };

#define ANSWER "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
#define ANSWER_BITS(n) ANSWER "; server_max_window_bits=" #n

static const char *const answers[] = {
	ANSWER_BITS(9), ANSWER_BITS(10), ANSWER_BITS(11), ANSWER_BITS(12), ANSWER_BITS(13),
	ANSWER_BITS(14), ANSWER_BITS(15),
};
_Static_assert(sizeof(answers) / sizeof(*answers) == BITS_MAX - BITS_MIN + 1, "an answer a size");

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
		return value.p != NULL && window_bits(value) >= BITS_MIN ? SERVER_BITS : 0;
	return 0;
}

/* Parse one offer at *p, up to the ',' or the end. False: the header is malformed. *keep: it is permessage-deflate and
 * acceptable. */
static bool
take_offer(const char **p, bool *keep, struct offer *out)
{
	struct str name, value;
	unsigned bit;

	if (!take_token(p, &name))
		return false;
	*keep = is_token(name, "permessage-deflate");
	for (*out = (struct offer){ 0 }; **p == ';'; out->seen |= bit) {
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
		if (bit == 0 || (out->seen & bit) != 0)
			*keep = false;
		if (bit == SERVER_BITS)
			out->bits = window_bits(value);
	}
	return **p == ',' || **p == '\0';
}

const char *
extension_answer(const char *offers, bool *narrow)
{
	struct offer offer, first = { 0 };
	const char *p = offers;
	bool keep, any = false;

	*narrow = false;
	if (p == NULL)
		return NULL;
	for (p = skip_space(p); *p != '\0'; p = skip_space(p)) {
		if (*p == ',') {	/* empty elements are allowed */
			p++;
			continue;
		}
		if (!take_offer(&p, &keep, &offer))
			return NULL;
		if (keep && !any)
			first = offer;
		any = any || keep;
	}
	if (!any)
		return NULL;
	*narrow = first.bits > 0 && first.bits < BITS_MAX;
	return first.bits > 0 ? answers[first.bits - BITS_MIN] : ANSWER;
}
