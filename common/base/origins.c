/* origins.c -- a list of web origins. See origins.h. */
#include "origins.h"

#include <stdlib.h>

enum { PORT_DIGITS_MAX = 5, PORT_MAX = 65535 };

bool
origins_next(const char **at, struct str *origin)
{
	const char *p = *at + strspn(*at, " \t,"), *end = p + strcspn(p, ",");

	*at = end;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*origin = (struct str){ p, (size_t)(end - p) };
	return origin->n > 0;
}

static bool
drop_prefix(struct str *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || memcmp(s->p, prefix, n) != 0)
		return false;
	*s = (struct str){ s->p + n, s->n - n };
	return true;
}

/* How many bytes at the start of `s` are of `set`. */
static size_t
span_of(struct str s, const char *set)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\0' && strchr(set, s.p[n]) != NULL)
		n++;
	return n;
}

/* ":443"; none is well, too. */
static bool
port_valid(struct str s)
{
	if (s.n == 0)
		return true;
	if (!drop_prefix(&s, ":") || s.n == 0 || s.n > PORT_DIGITS_MAX || span_of(s, "0123456789") != s.n)
		return false;
	return atoi(s.p) >= 1 && atoi(s.p) <= PORT_MAX;		/* ends at the comma, the space or the NUL behind it */
}

bool
origin_valid(struct str s)
{
	size_t host;

	if (!drop_prefix(&s, "https://") && !drop_prefix(&s, "http://"))
		return false;
	(void)drop_prefix(&s, "*.");
	host = span_of(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");
	if (host == 0 || s.p[0] == '.' || s.p[0] == '-' || s.p[host - 1] == '-')
		return false;
	return port_valid((struct str){ s.p + host, s.n - host });
}
