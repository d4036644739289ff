/* openapi_errors.c -- which errors a route may answer with, by the columns of its row. See openapi_impl.h. */
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "openapi_impl.h"

/* What the server itself may say to any request. */
static const int common[] = {
	E_BAD_REQUEST, E_UTF8, E_BLOCKED, E_NO_ROUTE, E_TOO_LARGE, E_URI_LONG, E_HEADERS, E_INTERNAL, E_CODING, E_DOWN,
	E_SCHEMA, E_BUSY, E_MAINTENANCE, E_TIMEOUT, E_VERSION, 0
};
static const int of_input[] = { E_VALIDATION, 0 };
static const int of_body[] = { E_VALIDATION, E_JSON, E_JSON_DEPTH, E_MEDIA, 0 };
static const int of_credential[] = { E_TOKEN, E_TOKEN_EXPIRED, E_TOKEN_REVOKED, E_API_KEY, E_INACTIVE, 0 };
static const int of_need[] = { E_UNAUTHORIZED, 0 };
static const int of_role[] = { E_FORBIDDEN, 0 };
static const int of_tier[] = { E_TIER, 0 };
static const int of_rate[] = { E_RATE, 0 };
static const int of_path[] = { E_NOT_FOUND, 0 };
static const int of_once[] = { E_VALIDATION, E_IN_PROGRESS, E_IDEMPOTENCY, 0 };
static const int of_match[] = { E_PRECONDITION, 0 };
static const int of_cookie[] = { E_REFRESH, E_CSRF, 0 };

static void
add(struct errors *to, bool when, const int *list)
{
	for (; when && *list != 0; list++)
		to->may[-1 - *list] = true;
}

/* All errors of a stable code; some share one. */
static void
add_code(struct errors *to, struct str code)
{
	bool known = false;
	int i;

	for (i = 0; i < ERR_COUNT; i++)
		if (str_eq(str_of(err_rows[i].code), code))
			known = to->may[i] = true;
	if (!known)
		bug("a route names an unknown error");
}

void
openapi_errors(const struct endpoint *e, const char *named, struct errors *out)
{
	const struct route *r = e->route;

	*out = (struct errors){ 0 };
	add(out, e->n_names > 0 || e->takes_query, of_input);
	add(out, e->n_names > 0, of_path);
	add(out, e->takes_json || (r->flags & ROUTE_STREAM), of_body);
	add(out, r->auth != AUTH_NONE, of_credential);
	add(out, r->auth != AUTH_NONE && r->auth != AUTH_OPTIONAL, of_need);
	add(out, r->auth > AUTH_USER, of_role);
	add(out, route_tier(r) != TIER_FREE, of_tier);
	add(out, r->rate != RATE_NONE, of_rate);
	add(out, r->flags & ROUTE_ONCE, of_once);
	add(out, r->flags & ROUTE_MATCH, of_match);
	add(out, r->flags & ROUTE_COOKIE, of_cookie);
	while (*named == '!') {
		struct str code = { named + 1, strcspn(named + 1, " ") };

		add_code(out, code);
		named = code.p + code.n;
		named += strspn(named, " ");
	}
}

bool
openapi_error_common(int ordinal)
{
	const int *c;

	for (c = common; *c != 0 && -1 - *c != ordinal; c++)
		;
	return *c != 0;
}
