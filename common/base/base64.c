/* base64.c -- see base64.h.
 *
 * libsodium's decoder wants one alphabet and either padding or none; clients of Engine.IO send any of these, those in
 * Java with line feeds.
 */
#include "base64.h"

#include <stdbool.h>

#include "libsodium.h"

void
base64_put(struct buf *out, const void *p, size_t n)
{
	size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);

	sodium_bin2base64(buf_reserve(out, room), room, p, n, sodium_base64_VARIANT_ORIGINAL);
	buf_grow(out, room - 1);	/* without the NUL */
}

void
base64_url(char *out, const void *p, size_t n)
{
	size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);

	sodium_bin2base64(out, room, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static int
decode_char(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Padding and the white space of RFC 2045; false: neither. */
static bool
skip_char(char c, int *pads)
{
	*pads += c == '=';
	return c == '=' || c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

int64_t
base64_decode(char *p, size_t n)
{
	char *to = p;
	unsigned v = 0;
	size_t i;
	int bits = 0, pads = 0, six;

	for (i = 0; i < n; i++) {
		if ((six = decode_char(p[i])) < 0) {
			if (!skip_char(p[i], &pads))
				return -1;
			continue;
		}
		if (pads > 0)
			return -1;
		v = v << 6 | (unsigned)six;
		if ((bits += 6) >= 8)
			*to++ = (char)(v >> (bits -= 8));
	}
	return pads > 2 || bits == 6 ? -1 : to - p;
}
