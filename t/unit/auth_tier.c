/* auth_tier.c -- a route that demands a tier: who may use it, and how the API's document says so. The rows are this
 * test's own. */
#include "base/err.h"
#include "tap.h"
#include "worker/http/auth_tier.h"
#include "worker/http/openapi.h"

static int
nothing(struct req *rq, const void *args)
{
	(void)rq;
	(void)args;
	return 0;
}

#define ROW(path, flags) { "GET", path, nothing, NULL, AUTH_USER, RATE_NONE, 1, "", "{}", flags }
static const struct route rows[] = {
	ROW("/free", 0), ROW("/premium", ROUTE_TIER(TIER_PREMIUM)), ROW("/pro", ROUTE_CACHEABLE | ROUTE_TIER(TIER_PRO)),
	{ 0 }
};
static const struct route *const all[] = { rows, NULL };

static const struct {
	const char	*user, *tier;
	bool		 admin;
	int		 rc[3];		/* of the rows */
} callers[] = {
	{ NULL,	NULL,	   false, { 0, E_UNAUTHORIZED, E_UNAUTHORIZED } },
	{ "u",	NULL,	   false, { 0, E_TIER, E_TIER } },
	{ "u",	"free",	   false, { 0, E_TIER, E_TIER } },
	{ "u",	"unknown", false, { 0, E_TIER, E_TIER } },
	{ "u",	"premium", false, { 0, 0, E_TIER } },
	{ "u",	"pro",	   false, { 0, 0, 0 } },
	{ "u",	"admin",   false, { 0, 0, 0 } },
	{ "u",	"free",	   true,  { 0, 0, 0 } },
};

int
main(void)
{
	struct buf doc = { 0 };
	const char *at;
	size_t i, k;

	for (i = 0; i < NELEM(callers); i++)
		for (k = 0; k < 3; k++) {
			struct req rq = { .route = &rows[k], .user = callers[i].user, .tier = callers[i].tier,
			    .admin = callers[i].admin };

			is_int(auth_tier(&rq), callers[i].rc[k], "%s: caller %zu", rows[k].path, i);
		}
	is_int(err_row(E_TIER)->status, 403, "the refusal is a 403");
	is_str(err_row(E_TIER)->code, "TIER_REQUIRED", "with a code of its own");
	route_init(all);
	openapi_put(&doc);
	buf_byte(&doc, '\0');
	at = strstr(doc.p, "\"/premium\"");
	ok(at != NULL && strstr(at, "\"x-tier\":\"premium\"") != NULL && strstr(at, "\"x-tier\":\"premium\"") <
	    strstr(doc.p, "\"/pro\""), "the document names the tier of a route");
	ok(strstr(strstr(doc.p, "\"/pro\""), "\"x-tier\":\"pro\"") != NULL, "with other flags too");
	ok(strstr(doc.p, "x-tier") > strstr(doc.p, "\"/premium\""), "and none where none is demanded");
	buf_fini(&doc);
	return done_testing();
}
