/* auth_events.c -- a new access token on a live socket. See ws/session/event.h. */
#include "event_tables.h"

#include "base/err.h"
#include "worker/ws/session/namespace.h"

enum { DEADLINE_MS = 5000 };

struct token_in { const char *token; };
static const struct param token_params[] = {
	P_STR(FROM_JSON, struct token_in, token, "token", REQUIRED, 1, TOKEN_BYTES_MAX), PARAM_END
};

static int
auth_refresh(struct call *c, const void *args)
{
	const struct token_in *in = args;
	struct token t;
	int rc;

	if ((rc = namespace_refresh(c->s, c->mem, in->token, &t)) < 0)
		return rc;
	call_ack(c, json_obj(c->mem, JB("ok", true), JS("userId", t.sub), JT("expiresAt", t.exp_s * 1000)));
	return 0;
}

const struct event auth_events[] = {
	{ "*", "auth:refresh",	auth_refresh,	token_params,	AUTH_NONE, DEADLINE_MS,
	    .help = "A new access token for a live socket, before the old one ends",
	    .ack = "{ok:true, userId:string, expiresAt:time}", .who = "whom the token names" },
	{ .name = NULL },
};
