/* session_routes.c -- the caller's sessions. Yields: all. The rules are in domain/identity/session.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/identity/session.h"

static int
session_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = session_list(rq->mem, rq->user, rq->sid, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

struct session_in { const char *id; };
static const struct param session_params[] = {
	P_ID(FROM_PATH, struct session_in, id, "id", REQUIRED), PARAM_END
};

static int
session_delete(struct req *rq, const void *args)
{
	const struct session_in *in = args;
	int rc;

	if (!uuid_valid(in->id))
		return E_NOT_FOUND;
	if ((rc = session_end(rq->mem, rq->user, in->id)) < 0)
		return rc;
	AUDIT("session_revoked", rq->user, rq->ip, JS("session", in->id));
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(MSG_SESSION_ENDED, rq->english))));
}

const struct route session_routes[] = {
	{ "GET", "/api/auth/sessions", session_read, NULL, AUTH_SESSION, RATE_DEFAULT, 5000, "The caller's sessions",
	    LIST("Session"), 0 },
	{ "DELETE", "/api/auth/sessions/{id}", session_delete, session_params, AUTH_SESSION, RATE_DEFAULT, 5000,
	    "End one of the caller's sessions", SAID, 0 },
	{ 0 }
};
