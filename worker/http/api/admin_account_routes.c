/* admin_account_routes.c -- API keys and security events of all accounts, and changes of an account. Yields: all. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/identity/account_admin.h"
#include "worker/domain/identity/apikey.h"

/* --- Accounts --- */

struct account_in { const char *id, *role, *tier; bool locked; };
static const struct param account_params[] = {
	P_ID(FROM_PATH, struct account_in, id, "id", REQUIRED),
	P_PICK(FROM_JSON, struct account_in, role, "role", OPTIONAL, ACCOUNT_ROLES, NULL),
	P_PICK(FROM_JSON, struct account_in, tier, "tier", OPTIONAL, ACCOUNT_TIERS, NULL),
	P_BOOL(FROM_JSON, struct account_in, locked, "locked", OPTIONAL, NULL),
	PARAM_END
};

static bool
is_given(const struct req *rq, const char *name)
{
	const struct json *v = json_get(rq->json, name);

	return v != NULL && json_type(v) != JSON_NULL;
}

static int
order_account(struct req *rq, const struct account_in *in, struct account *a)
{
	const struct account_order o = { in->role, in->tier, is_given(rq, "locked") ? in->locked : -1,
	    rq->user != NULL ? rq->user : "local", rq->ip };
	int rc;

	if ((rc = account_find(rq->mem, in->id, a)) < 0 || (rc = account_order(rq->mem, a, &o)) < 0) {
		if (rc == E_FORBIDDEN)
			rq->why = rq->english ? "An administrator cannot change their own role or lock."
			    : "자신의 역할이나 잠금은 바꿀 수 없습니다.";
		return rc;
	}
	return account_find(rq->mem, in->id, a);
}

static int
account_patch(struct req *rq, const void *args)
{
	const struct account_in *in = args;
	struct account a;
	int rc;

	if (in->role == NULL && in->tier == NULL && !is_given(rq, "locked")) {
		rq->faults = (struct param_faults){ { { "role", REASON_REQUIRED, &account_params[1] } }, 1 };
		return E_VALIDATION;
	}
	if ((rc = order_account(rq, in, &a)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JS("id", a.id), JS("email", a.email), JS("role", a.role),
	    JS("tier", a.tier), JB("isActive", a.active), JS("createdAt", a.created_at)), MSG_PROFILE_CHANGED);
}

/* --- API keys --- */

struct keys_in { const char *user, *cursor; int64_t limit; };
static const struct param keys_params[] = {
	P_ID(FROM_QUERY, struct keys_in, user, "userId", OPTIONAL),
	P_PAGE(struct keys_in, 100, "20"), PARAM_END
};

static int
key_list(struct req *rq, const void *args)
{
	const struct keys_in *in = args;
	const char *next;
	struct str list;
	int rc;

	if ((rc = apikey_page(in->user, in->cursor, in->limit, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

struct key_in { const char *id; };
static const struct param key_params[] = { P_ID(FROM_PATH, struct key_in, id, "id", REQUIRED), PARAM_END };

static int
key_delete(struct req *rq, const void *args)
{
	const struct key_in *in = args;
	const char *user;
	int rc;

	if ((rc = apikey_owner(in->id, &user)) < 0 || (rc = apikey_delete(rq->mem, user, in->id)) < 0)
		return rc;
	AUDIT("api_key_revoked", user, rq->ip, JS("id", in->id), JS("by", rq->user));
	return reply_nothing(rq);
}

/* --- Security events --- */

static const struct param events_params[] = {
	P_STR(FROM_QUERY, struct audit_filter, type, "type", OPTIONAL, 1, 64),
	P_ID(FROM_QUERY, struct audit_filter, user, "userId", OPTIONAL),
	P_PAGE(struct audit_filter, 200, "50"), PARAM_END
};

static int
event_list(struct req *rq, const void *args)
{
	const char *next;
	struct str list;
	int rc;

	if ((rc = audit_page(args, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

const struct route admin_account_routes[] = {
	{ "PATCH", "/api/v1/users/{id}", account_patch, account_params, OPERATOR_ACCOUNTS, RATE_DEFAULT, 5000,
	    "Change an account's role, tier or lock, at once and everywhere; a lock ends its sessions. Not one's own "
	    "role or lock", DATA_SAID("Account"), 0 },
	{ "GET", "/api/v1/admin/api-keys", key_list, keys_params, OPERATOR_ACCOUNTS, RATE_DEFAULT, 5000,
	    "The API keys of all users or of one, the newest first",
	    LIST("{userId:string, email:email|null, ...ApiKey}"), 0 },
	{ "DELETE", "/api/v1/admin/api-keys/{id}", key_delete, key_params, OPERATOR_ACCOUNTS, RATE_DEFAULT, 5000,
	    "End an API key of any user (204)", "204", 0 },
	{ "GET", "/api/v1/admin/security-events", event_list, events_params, OPERATOR_SECURITY_READ, RATE_DEFAULT,
	    10000,
	    "Security events, the latest first", LIST("SecurityEvent"), 0 },
	{ 0 }
};
