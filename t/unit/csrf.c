/* csrf.c -- which requests need the double submit, and cookies as browsers and attackers send them. */
#include "worker/http/csrf.h"

#include "base/conf.h"
#include "base/err.h"
#include "tap.h"
#include "worker/http/cookie.h"

static const struct {
	enum method	 method;
	const char	*cookie, *token, *authorization, *key, *site;
	int		 rc;
	const char	*what;
} cases[] = {
	{ METHOD_POST, "refreshToken=r; csrf-token=abc", "abc", NULL, NULL, NULL, 0, "both halves" },
	{ METHOD_POST, "csrf-token=abc;refreshToken=r", "abc", NULL, NULL, "cross-site", 0,
	    "in any order, whatever the site" },
	{ METHOD_POST, "refreshToken=r; csrf-token=abc", NULL, NULL, NULL, NULL, E_CSRF, "no header" },
	{ METHOD_POST, "refreshToken=r; csrf-token=abc", "abd", NULL, NULL, NULL, E_CSRF, "another token" },
	{ METHOD_POST, "refreshToken=r; csrf-token=abc", "ab", NULL, NULL, NULL, E_CSRF, "a part of it" },
	{ METHOD_POST, "refreshToken=r", "abc", NULL, NULL, NULL, E_CSRF, "no cookie" },
	{ METHOD_POST, "refreshToken=r; csrf-token=", "", NULL, NULL, NULL, E_CSRF, "two empty halves" },
	{ METHOD_POST, "refreshToken=r; csrf-token=abc; csrf-token=x", "abc", NULL, NULL, NULL, E_CSRF,
	    "a planted second cookie" },
	{ METHOD_POST, "refreshToken=r; xcsrf-token=abc", "abc", NULL, NULL, NULL, E_CSRF,
	    "a cookie with a longer name" },
	{ METHOD_DELETE, "refreshToken=r", NULL, NULL, NULL, NULL, E_CSRF, "any unsafe method" },
	{ METHOD_GET, "refreshToken=r", NULL, NULL, NULL, NULL, 0, "a safe method" },
	{ METHOD_POST, "refreshToken=r", NULL, "Bearer x", NULL, NULL, 0, "a bearer token" },
	{ METHOD_POST, "refreshToken=r", NULL, NULL, "key", NULL, 0, "an API key" },
	{ METHOD_POST, "refreshToken=r", NULL, NULL, NULL, "same-origin", 0, "the same origin" },
	{ METHOD_POST, "refreshToken=r", NULL, NULL, NULL, "same-site", E_CSRF, "a neighbouring site" },
	{ METHOD_POST, "refreshToken=r", NULL, NULL, NULL, "none", E_CSRF, "no site" },
	{ METHOD_POST, "refreshToken=r; refreshToken=s", NULL, NULL, NULL, NULL, E_CSRF, "two refresh cookies" },
	{ METHOD_POST, "other=1", NULL, NULL, NULL, NULL, 0, "no cookie that authenticates" },
	{ METHOD_POST, NULL, NULL, NULL, NULL, NULL, 0, "no cookies at all" },
};

static struct req rq;
static struct arena mem;

static void
test_setting(void)
{
	static const char mine[] = "0123456789abcdef0123456789abcdef0123456789abcdef";

	rq = (struct req){ .mem = &mem };
	conf.csrf = "auto";
	conf.strict = true;
	csrf_set(&rq, true);
	is_str(rq.reply.extra[0].name, "Set-Cookie", "a new token is set as a cookie");
	ok(strncmp(rq.reply.extra[0].value, "csrf-token=", 11) == 0 && strlen(rq.reply.extra[0].value) > 59,
	    "a token is made of 24 random bytes");
	ok(strstr(rq.reply.extra[0].value, "; Secure") != NULL, "the cookie is Secure in production");
	ok(strstr(rq.reply.extra[0].value, "HttpOnly") == NULL, "pages can read the cookie");
	rq = (struct req){ .mem = &mem };
	rq.header[HDR_COOKIE] = arena_printf(&mem, "csrf-token=%s", mine);
	csrf_set(&rq, false);
	ok(strstr(rq.reply.extra[0].value, mine) != NULL, "a client keeps its token");
	csrf_set(&rq, true);
	ok(strstr(rq.reply.extra[1].value, mine) == NULL, "a login replaces the token");
	rq.header[HDR_COOKIE] = "csrf-token=planted";
	csrf_set(&rq, false);
	ok(strstr(rq.reply.extra[2].value, "planted") == NULL, "a malformed token is replaced");
}

int
main(void)
{
	size_t i;

	arena_init(&mem, 1024);
	conf.csrf = "true";
	for (i = 0; i < NELEM(cases); i++) {
		rq = (struct req){ .mem = &mem, .method = cases[i].method };
		rq.header[HDR_COOKIE] = cases[i].cookie;
		rq.header[HDR_X_CSRF_TOKEN] = cases[i].token;
		rq.header[HDR_AUTHORIZATION] = cases[i].authorization;
		rq.header[HDR_X_API_KEY] = cases[i].key;
		rq.header[HDR_SEC_FETCH_SITE] = cases[i].site;
		is_int(csrf_check(&rq), cases[i].rc, "%s", cases[i].what);
	}
	conf.csrf = "auto";
	rq = (struct req){ .mem = &mem, .method = METHOD_POST };
	rq.header[HDR_COOKIE] = " a=1 ;\trefreshToken=r.s ; b";
	is_int(csrf_check(&rq), 0, "auto is off outside production");
	conf.strict = true;
	is_int(csrf_check(&rq), E_CSRF, "and on in it");
	is_str(cookie_get(&rq, "refreshToken"), "r.s", "blanks around a value are not part of it");
	ok(cookie_get(&rq, "b") == NULL && cookie_get(&rq, "c") == NULL, "no value, no cookie");
	test_setting();
	arena_fini(&mem);
	return done_testing();
}
