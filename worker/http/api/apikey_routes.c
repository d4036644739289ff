/* apikey_routes.c -- the caller's API keys. Yields: all. The rules are in domain/identity/apikey.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/identity/account.h"
#include "worker/domain/identity/apikey.h"

struct create_in { const char *name, *tier; };
static const struct param create_params[] = {
	P_STR(FROM_JSON, struct create_in, name, "name", REQUIRED, 1, 100),
	P_PICK(FROM_JSON, struct create_in, tier, "tier", OPTIONAL, ACCOUNT_TIERS, NULL),
	PARAM_END
};

static int
apikey_post(struct req *rq, const void *args)
{
	const struct create_in *in = args;
	struct str key;
	int rc;

	if ((rc = apikey_create(rq->mem, rq->user, in->name, in->tier, &key)) < 0)
		return rc;
	AUDIT("api_key_created", rq->user, rq->ip, JS("name", in->name));
	return reply_data(rq, 201, key, MSG_KEY_CREATED);
}

static int
apikey_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = apikey_list(rq->mem, rq->user, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

struct id_in { const char *id; };
static const struct param id_params[] = {
	P_ID(FROM_PATH, struct id_in, id, "id", REQUIRED), PARAM_END
};

static int
apikey_change(struct req *rq, const void *args)
{
	const struct id_in *in = args;
	struct str key;
	int rc;

	if ((rc = apikey_rotate(rq->mem, rq->user, in->id, &key)) < 0)
		return rc;
	AUDIT("api_key_created", rq->user, rq->ip, JS("id", in->id), JB("rotated", true));
	return reply_data(rq, 200, key, MSG_KEY_ROTATED);
}

static int
apikey_remove(struct req *rq, const void *args)
{
	const struct id_in *in = args;
	int rc;

	if ((rc = apikey_delete(rq->mem, rq->user, in->id)) < 0)
		return rc;
	AUDIT("api_key_revoked", rq->user, rq->ip, JS("id", in->id));
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(MSG_KEY_DELETED, rq->english))));
}

const struct route apikey_routes[] = {
	{ "POST", "/api/v1/api-keys", apikey_post, create_params, AUTH_SESSION, RATE_WRITE, 5000,
	    "Make an API key; it is shown this once", "201 " DATA_SAID("NewApiKey"), 0 },
	{ "GET", "/api/v1/api-keys", apikey_read, NULL, AUTH_SESSION, RATE_DEFAULT, 5000, "The caller's API keys",
	    LIST("ApiKey"), 0 },
	{ "POST", "/api/v1/api-keys/{id}/rotate", apikey_change, id_params, AUTH_SESSION, RATE_WRITE, 5000,
	    "Replace an API key by a new one; the old one ends at once", DATA_SAID("NewApiKey"), 0 },
	{ "DELETE", "/api/v1/api-keys/{id}", apikey_remove, id_params, AUTH_SESSION, RATE_WRITE, 5000, "End an API key",
	    SAID, 0 },
	{ 0 }
};
