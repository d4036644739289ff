/* cookie.c -- reads Cookie, writes Set-Cookie. See cookie.h. */
#include "cookie.h"

#include <string.h>

#include "base/conf.h"

const char *
cookie_get(struct req *rq, const char *name)
{
	const char *p = rq->header[HDR_COOKIE];
	size_t name_n = strlen(name), n;
	struct str found = { 0 };

	for (; p != NULL && *p != '\0'; p += n + (p[n] == ';')) {
		p += strspn(p, " \t");
		n = strcspn(p, ";");
		if (n <= name_n || p[name_n] != '=' || strncmp(p, name, name_n) != 0)
			continue;
		if (found.p != NULL)
			return NULL;		/* two: one of them may be planted */
		found = (struct str){ p + name_n + 1, n - name_n - 1 };
	}
	while (found.n > 0 && (found.p[found.n - 1] == ' ' || found.p[found.n - 1] == '\t'))
		found.n--;
	return found.p != NULL ? arena_copy(rq->mem, found.p, found.n) : NULL;
}

void
cookie_set(struct req *rq, const char *name, const char *value, const char *path, int64_t max_age_s,
    enum cookie_kind kind)
{
	reply_header(rq, "Set-Cookie", arena_printf(rq->mem, "%s=%s; Max-Age=%lld; Path=%s%s%s; SameSite=Strict", name,
	    value,
	    (long long)max_age_s, path, kind == COOKIE_HIDDEN ? "; HttpOnly" : "", conf.strict ? "; Secure" : ""));
}
