/* signup.c -- the form of e-mail addresses and passwords. See signup.h. */
#include "signup.h"

#include <string.h>

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

static const char local_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.";
static const char label_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
static const char spaces[] = " \t\r\n";

/* Dots only between other characters. */
static bool
local_ok(const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n > LOCAL_MAX || p[0] == '.' || p[n - 1] == '.' || strspn(p, local_chars) < n)
		return false;
	for (i = 1; i < n; i++)
		if (p[i] == '.' && p[i - 1] == '.')
			return false;
	return true;
}

/* Labels of letters, digits and inner hyphens, the last one no number. */
static bool
domain_ok(const char *p)
{
	int labels;
	size_t n;

	for (labels = 1;; labels++, p += n + 1) {
		n = strspn(p, label_chars);
		if (n == 0 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
			return false;
		if (p[n] == '\0')
			return labels > 1 && strspn(p, "0123456789") < n;
		if (p[n] != '.')
			return false;
	}
}

const char *
email_normal(struct arena *mem, const char *given)
{
	size_t n, i;
	char *out, *at;

	given += strspn(given, spaces);
	for (n = strlen(given); n > 0 && strchr(spaces, given[n - 1]) != NULL; n--)
		;
	if (n > EMAIL_BYTES_MAX)
		return NULL;
	out = arena_copy(mem, given, n);
	for (i = 0; i < n; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] | 0x20);
	at = strchr(out, '@');
	return at != NULL && local_ok(out, (size_t)(at - out)) && domain_ok(at + 1) ? out : NULL;
}

bool
password_varied(const char *p)
{
	bool upper = false, lower = false, digit = false, mark = false;

	for (; *p != '\0'; p++) {
		upper |= *p >= 'A' && *p <= 'Z';
		lower |= *p >= 'a' && *p <= 'z';
		digit |= *p >= '0' && *p <= '9';
		mark |= strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", *p) != NULL;
	}
	return upper && lower && digit && mark;
}
