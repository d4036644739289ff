/* secret.c -- secrets with names. See secret.h. */
#include "secret.h"

enum { KID_MAX = 64 };

static const char kid_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

/* Bytes of the name before the colon at the front of a part; 0: it has none. */
static size_t
name_bytes(const char *p, const char *end)
{
	size_t n = strspn(p, kid_chars);

	return n > 0 && n <= KID_MAX && p + n + 1 < end && p[n] == ':' ? n : 0;
}

/* Whether every part to the end has a name. */
static bool
is_list(const char *p)
{
	const char *end;

	for (; *p != '\0'; p = *end == ',' ? end + 1 : end) {
		end = strchrnul(p, ',');
		if (name_bytes(p, end) == 0)
			return false;
	}
	return true;
}

bool
secret_next(const char **at, struct str *kid, struct str *secret)
{
	const char *p = *at, *end = p + strlen(p);
	size_t name = 0;

	if (*p == '\0')
		return false;
	if (is_list(p)) {
		end = strchrnul(p, ',');
		name = name_bytes(p, end);
	}
	*kid = (struct str){ p, name };
	p += name > 0 ? name + 1 : 0;
	*secret = (struct str){ p, (size_t)(end - p) };
	*at = *end == ',' ? end + 1 : end;
	return true;
}
