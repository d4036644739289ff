/* csrf.c -- the double submit of csrf-token. See csrf.h. */
#include "csrf.h"

#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "cookie.h"

enum { TOKEN_BYTES = 24 };

static bool
is_safe(enum method m)
{
	return m == METHOD_GET || m == METHOD_HEAD || m == METHOD_OPTIONS;
}

static bool
has_own_credentials(const struct req *rq)
{
	return rq->header[HDR_AUTHORIZATION] != NULL || rq->header[HDR_X_API_KEY] != NULL;
}

static bool
is_same_origin(const struct req *rq)
{
	const char *site = rq->header[HDR_SEC_FETCH_SITE];

	return site != NULL && strcmp(site, "same-origin") == 0;
}

int
csrf_check(struct req *rq)
{
	const char *cookie, *refresh, *header = rq->header[HDR_X_CSRF_TOKEN];

	if (!conf_auto(conf.csrf) || is_safe(rq->method) || has_own_credentials(rq) || is_same_origin(rq))
		return 0;
	refresh = cookie_get(rq, REFRESH_COOKIE);
	if (rq->header[HDR_COOKIE] == NULL || (refresh != NULL && *refresh == '\0') ||
	    (refresh == NULL && strstr(rq->header[HDR_COOKIE], REFRESH_COOKIE "=") == NULL))
		return 0;		/* nothing to abuse: the route will say that it is missing */
	cookie = cookie_get(rq, CSRF_COOKIE);
	if (cookie == NULL || header == NULL || *cookie == '\0')
		return E_CSRF;
	return str_eq_secret(str_of(cookie), str_of(header)) ? 0 : E_CSRF;
}

static const char *
new_token(struct arena *mem)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char r[TOKEN_BYTES];
	char *text = arena_zalloc(mem, 2 * TOKEN_BYTES + 1);
	size_t i;

	random_bytes(r, sizeof(r));
	for (i = 0; i < sizeof(r); i++) {
		text[2 * i] = hex[r[i] >> 4];
		text[2 * i + 1] = hex[r[i] & 15];
	}
	return text;
}

static const char *
give_token(struct req *rq, bool fresh)
{
	const char *token = fresh ? NULL : cookie_get(rq, CSRF_COOKIE);

	if (token == NULL || strlen(token) != 2 * TOKEN_BYTES || strspn(token, "0123456789abcdef") != 2 * TOKEN_BYTES)
		token = new_token(rq->mem);
	cookie_set(rq, CSRF_COOKIE, token, "/", conf.csrf_ttl_s, COOKIE_SCRIPT);
	return token;
}

void
csrf_set(struct req *rq, bool fresh)
{
	if (conf_auto(conf.csrf))
		(void)give_token(rq, fresh);
}

const char *
csrf_token(struct req *rq)
{
	return give_token(rq, false);
}

void
csrf_clear(struct req *rq)
{
	if (conf_auto(conf.csrf))
		cookie_set(rq, CSRF_COOKIE, "", "/", 0, COOKIE_SCRIPT);
}
