/* settings_routes.c -- what admins change while the servers run. Yields: all. The rules are in domain/core/settings.h.
 */
#include "../req.h"
#include "routes.h"
#include "worker/domain/core/settings.h"

static int
reply_settings(struct req *rq, enum message m)
{
	struct str list;
	int rc;

	if ((rc = settings_list(rq->mem, &list)) < 0)
		return rc;
	return reply_data(rq, 200, list, m);
}

static int
settings_read(struct req *rq, const void *args)
{
	(void)args;
	return reply_settings(rq, MSG_NONE);
}

/* The values were bound, and so are good; what counts is which of them were given. */
static int
settings_patch(struct req *rq, const void *args)
{
	int rc;

	(void)args;
	if (rq->json != NULL && (rc = settings_change(rq->json, rq->user, rq->ip)) < 0)
		return rc;
	return reply_settings(rq, MSG_SETTINGS_CHANGED);
}

const struct route settings_routes[] = {
	{ "GET", "/api/v1/settings", settings_read, NULL, OPERATOR_SETTINGS, RATE_DEFAULT, 5000,
	    "The settings that take effect at once on all hosts", DATA("[Setting]"), 0 },
	{ "PATCH", "/api/v1/settings", settings_patch, settings_params, OPERATOR_SETTINGS, RATE_DEFAULT, 5000,
	    "Change some of them; null gives a default back", DATA_SAID("[Setting]"), 0 },
	{ 0 }
};
