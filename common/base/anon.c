/* anon.c -- see anon.h. */
#include "anon.h"

#include <string.h>

/* The bytes before the second `sep`; 0: there is none. */
static size_t
two_parts(const char *s, char sep)
{
	const char *at = strchr(s, sep);

	at = at != NULL ? strchr(at + 1, sep) : NULL;
	return at != NULL ? (size_t)(at - s) : 0;
}

void
anon_ip(struct buf *out, const char *ip)
{
	char sep = strchr(ip, ':') != NULL ? ':' : '.';
	size_t n = two_parts(ip, sep);

	if (*ip == '\0')
		return;
	buf_add(out, ip, n);
	buf_str(out, n == 0 ? "***" : sep == ':' ? ":***" : ".***.***");
}
