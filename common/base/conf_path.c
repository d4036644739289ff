/* conf_path.c -- SOCKET_IO_PATH: which paths it may be. See conf.h. */
#include <string.h>

#include "conf.h"
#include "str.h"

enum { PATH_BYTES_MAX = 200 };

/* A segment between slashes that a URL may show as it is. */
static bool
is_segment(const char *p, size_t n)
{
	static const char unreserved[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	return n > 0 && strspn(p, unreserved) >= n && !(n == 1 && *p == '.') && !(n == 2 && memcmp(p, "..", 2) == 0);
}

const char *
conf_socket_path(struct arena *mem, const char *text)
{
	const char *p;
	size_t n;

	if (*text != '/' || strlen(text) > PATH_BYTES_MAX || text[1] == '\0')
		return NULL;
	for (p = text + 1; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (!is_segment(p, n))
			return NULL;
	}
	if (strncmp(text, "/api/", 5) == 0 || strcmp(text, "/api") == 0)
		return NULL;
	return arena_printf(mem, "%s%s", text, p[-1] == '/' ? "" : "/");
}
