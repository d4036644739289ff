/* uri.c -- request targets taken apart in place. See uri.h. */
#include "uri.h"

#include <string.h>

#include "base/err.h"

/* Decode one part in place. */
static int
decode_part(char *s, size_t *n, bool plus)
{
	if (memchr(s, '%', *n) == NULL && !(plus && memchr(s, '+', *n) != NULL))
		return utf8_valid(s, *n) ? 0 : E_UTF8;
	if (!url_decode(s, n, plus))
		return E_BAD_REQUEST;
	s[*n] = '\0';
	return utf8_valid(s, *n) ? 0 : E_UTF8;
}

/* The absolute form, "http://host/path", as clients of a proxy send it. */
static char *
skip_authority(char *text)
{
	char *p = strstr(text, "://");

	if (p == NULL || memchr(text, '/', (size_t)(p - text)) != NULL)
		return NULL;
	return strpbrk(p + 3, "/?");
}

int
uri_split(struct uri *u, char *text, size_t n)
{
	char *p = text, *end, *next;
	bool escaped;
	size_t part;
	int rc;

	u->n_segments = 0;
	u->query = NULL;
	if (*p != '/' && (p = skip_authority(text)) == NULL)
		return E_BAD_REQUEST;
	end = text + n;
	if ((next = memchr(p, '?', (size_t)(end - p))) != NULL) {
		*next = '\0';
		u->query = next + 1;
		end = next;
	}
	escaped = memchr(p, '%', (size_t)(end - p)) != NULL;
	if (!escaped && !utf8_valid(p, (size_t)(end - p)))
		return E_UTF8;
	for (p += *p == '/'; p < end; p = next + 1) {
		next = memchr(p, '/', (size_t)(end - p));
		next = next != NULL ? next : end;
		*next = '\0';
		part = (size_t)(next - p);
		if (escaped && (rc = decode_part(p, &part, false)) < 0)
			return rc;
		if (u->n_segments == URI_SEGMENTS_MAX)
			return E_NO_ROUTE;
		u->segments[u->n_segments++] = (struct str){ p, part };
	}
	return 0;
}

int
uri_pairs(char *query, struct pair *pairs, size_t *n)
{
	char *p, *next, *eq;
	size_t name_n, value_n;
	int rc;

	*n = 0;
	for (p = query; p != NULL && *p != '\0'; p = next) {
		next = strchr(p, '&');
		if (next != NULL)
			*next++ = '\0';
		if (*p == '\0')
			continue;
		eq = strchr(p, '=');
		name_n = eq != NULL ? (size_t)(eq - p) : strlen(p);
		if (eq != NULL)
			*eq++ = '\0';
		else
			eq = p + name_n;
		value_n = strlen(eq);
		if ((rc = decode_part(p, &name_n, true)) < 0 || (rc = decode_part(eq, &value_n, true)) < 0)
			return rc;
		if (*n == URI_PAIRS_MAX)
			return E_BAD_REQUEST;
		pairs[(*n)++] = (struct pair){ p, eq };
	}
	return 0;
}
