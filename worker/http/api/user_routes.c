/* user_routes.c -- the caller's account and profile; all accounts, for admins. Yields: all. The rules are in
 * domain/identity/profile.h, account.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/identity/account.h"
#include "worker/domain/identity/profile.h"

/* A token whose account was deleted authenticates no caller any more. */
static int
reply_account(struct req *rq, int rc, struct str json, enum message m)
{
	if (rc < 0)
		return rc == E_NOT_FOUND ? E_UNAUTHORIZED : rc;
	return reply_data(rq, 200, json, m);
}

static int
user_read(struct req *rq, const void *args)
{
	const struct caller who = { rq->user, rq->admin };
	struct str json = { 0 };
	int rc = profile_read(&who, &json);

	(void)args;
	return reply_account(rq, rc, json, MSG_NONE);
}

struct profile_in { const char *name, *locale; };
static const struct param profile_params[] = {
	P_STR(FROM_JSON, struct profile_in, name, "displayName", OPTIONAL, 1, PROFILE_NAME_MAX),
	P_PICK(FROM_JSON, struct profile_in, locale, "locale", OPTIONAL, PROFILE_LOCALES, NULL),
	PARAM_END
};

static int
user_patch(struct req *rq, const void *args)
{
	const struct profile_in *in = args;
	const struct caller who = { rq->user, rq->admin };
	struct str json = { 0 }, fields = json_obj(rq->mem, JIF(json_get(rq->json, "displayName") != NULL,
	    JS("displayName", in->name)), JIF(in->locale != NULL, JS("locale", in->locale)));
	int rc = profile_change(&who, fields, &json);

	return reply_account(rq, rc, json, MSG_PROFILE_CHANGED);
}

struct users_in { const char *q, *cursor; int64_t limit; };
static const struct param users_params[] = {
	P_STR(FROM_QUERY, struct users_in, q, "q", OPTIONAL, 1, 254),
	P_PAGE(struct users_in, 100, "20"), PARAM_END
};

static int
user_list(struct req *rq, const void *args)
{
	const struct users_in *in = args;
	const char *next;
	struct str list;
	int rc;

	if ((rc = account_search(in->q != NULL ? in->q : "", in->cursor != NULL ? in->cursor : "", in->limit, &list,
	    &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

const struct route user_routes[] = {
	{ "GET", "/api/v1/users/me", user_read, NULL, AUTH_USER, RATE_DEFAULT, 5000, "The caller's account and profile",
	    DATA("Profile"), 0 },
	{ "PATCH", "/api/v1/users/me", user_patch, profile_params, AUTH_SESSION, RATE_DEFAULT, 5000,
	    "Change the caller's profile", DATA_SAID("Profile"), 0 },
	{ "GET", "/api/v1/users", user_list, users_params, AUTH_ADMIN, RATE_DEFAULT, 5000,
	    "All accounts, by e-mail address; q: those with this text in the address, or of this id",
	    LIST("{...Account, lastLoginAt:null|time}"), 0 },
	{ 0 }
};
