/* auth.c -- tokens, API keys and roles. See auth.h. Yields: auth_check. */
#include "auth.h"

#include <strings.h>

#include "auth_tier.h"
#include "base/conf.h"
#include "base/err.h"
#include "limit.h"
#include "worker/domain/identity/admission.h"
#include "worker/domain/identity/apikey.h"

static int
take_token(struct req *rq, const char *text)
{
	struct token t;
	int rc;

	if ((rc = admission_verify(rq->mem, text, &t)) < 0)
		return rc;
	rq->user = t.sub;
	rq->role = t.role;
	rq->tier = t.tier;
	rq->sid = t.sid;
	rq->jti = t.jti;
	rq->token_exp_s = t.exp_s;
	return 0;
}

/* An API key that is not cached may be a guess. */
static int
check_key(struct req *rq, const char *key, struct apikey *out)
{
	int rc;

	if ((rc = limit_guesses(rq)) < 0)
		return rc;
	if ((rc = apikey_check(rq->mem, key, out)) == E_API_KEY)
		limit_guessed(rq);
	return rc;
}

static int
take_key(struct req *rq, const char *key)
{
	struct apikey k;
	int rc;

	if (!apikey_recall(rq->mem, key, &k) && (rc = check_key(rq, key, &k)) < 0)
		return rc;
	rq->user = k.user;
	rq->role = k.role;
	rq->tier = k.tier;
	rq->api_key = k.id;
	return 0;
}

static int
identify_caller(struct req *rq)
{
	const char *authorization = rq->header[HDR_AUTHORIZATION], *key = rq->header[HDR_X_API_KEY];

	if (authorization != NULL) {
		if (strncasecmp(authorization, "bearer ", 7) != 0)
			return E_TOKEN;
		return take_token(rq, authorization + 7 + strspn(authorization + 7, " "));
	}
	return key != NULL ? take_key(rq, key) : 0;
}

/* A foreign page in the developer's browser calls from this machine too. Its requests name its origin, or a host name
 * of its own that resolves to this machine (DNS rebinding). */
static bool
is_own_page(const struct req *rq)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	const char *host = rq->header[HDR_HOST], *origin = rq->header[HDR_ORIGIN],
	    *site = rq->header[HDR_SEC_FETCH_SITE];
	size_t i, n = host != NULL ? strcspn(host, *host == '[' ? "]" : ":") + (*host == '[') : 0;

	for (i = 0; i < NELEM(names) && (strlen(names[i]) != n || strncasecmp(names[i], host, n) != 0); i++)
		;
	return i < NELEM(names) && (site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0) &&
	    (origin == NULL || (strncmp(origin, "http://", 7) == 0 && strcasecmp(origin + 7, host) == 0));
}

/* In development a caller on this machine without a credential is the administrator. */
static bool
is_local_developer(const struct req *rq)
{
	return conf.development && rq->user == NULL && rq->loopback && !rq->forwarded && is_own_page(rq);
}

static bool
has_role(const struct req *rq, const char *role)
{
	return rq->role != NULL && strcmp(rq->role, role) == 0;
}

static bool
may_enter(struct req *rq)
{
	switch (rq->route->auth) {
	case AUTH_NONE:
	case AUTH_OPTIONAL:
		return true;
	case AUTH_USER:
		return rq->user != NULL;
	case AUTH_SESSION:
		return rq->user != NULL && rq->api_key == NULL;
	case AUTH_SELLER:
		return has_role(rq, "seller") || rq->admin;
	case AUTH_ACCOUNT:
		return rq->user != NULL || is_local_developer(rq);
	case AUTH_ADMIN:
		rq->admin = rq->admin || is_local_developer(rq);
		return rq->admin;
	}
	return false;
}

int
auth_check(struct req *rq)
{
	int rc;

	if (rq->route->auth == AUTH_NONE)
		return 0;
	if ((rc = identify_caller(rq)) < 0)
		return rc;
	rq->admin = has_role(rq, "admin");
	if (may_enter(rq))
		return auth_tier(rq);
	return rq->user != NULL ? E_FORBIDDEN : E_UNAUTHORIZED;
}
