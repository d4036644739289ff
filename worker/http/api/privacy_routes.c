/* privacy_routes.c -- what is stored of the caller: a copy of it, and its end. Yields: all. The rules are in
 * domain/identity/privacy.h. */
#include "../cookie.h"
#include "../csrf.h"
#include "../spool.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/curation/interaction_fold.h"
#include "worker/domain/identity/account.h"
#include "worker/domain/identity/login.h"
#include "worker/domain/identity/privacy.h"

/* GET /api/v1/privacy/export -- a line a row, as a file to keep: all of it, or an error. */
static int
privacy_read(struct req *rq, const void *args)
{
	struct spool *s;
	int rc;

	(void)args;
	if ((rc = interaction_fold_user(rq->user)) < 0 || (rc = spool_open(rq, &s)) < 0 ||
	    (rc = privacy_export(rq->mem, rq->user, spool_put, s)) < 0)
		return rc;
	AUDIT("user_data_exported", rq->user, rq->ip, JI("bytes", s->bytes));
	reply_header(rq, "Content-Disposition", "attachment; filename=\"dure-export.ndjson\"");
	return spool_send(rq, 200, "application/x-ndjson; charset=utf-8", s);
}

struct delete_in { const char *password; };
static const struct param delete_params[] = {
	P_STR(FROM_JSON, struct delete_in, password, "password", OPTIONAL, 1, PASSWORD_MAX), PARAM_END
};

/* Asks for the password once more, so that a token which was left lying about ends no account. One of another issuer
 * has none. */
static int
confirm_password(struct req *rq, const char *password, struct account *a)
{
	const struct login_client client = { .ip = rq->ip, .session = rq->sid };

	if (a->password_hash == NULL)
		return 0;
	if (password == NULL) {
		rq->faults = (struct param_faults){ { { "password", REASON_REQUIRED, &delete_params[0] } }, 1 };
		return E_VALIDATION;
	}
	return login_check(rq->mem, a->email, password, &client, a, &rq->rate.retry_s);
}

/* DELETE /api/v1/privacy/account */
static int
account_delete(struct req *rq, const void *args)
{
	const struct delete_in *in = args;
	struct privacy_outcome done;
	struct account a;
	int rc;

	if ((rc = account_find(rq->mem, rq->user, &a)) < 0)
		return rc == E_NOT_FOUND ? E_UNAUTHORIZED : rc;
	if ((rc = confirm_password(rq, in->password, &a)) < 0 ||
	    (rc = interaction_fold_user(rq->user)) < 0 || (rc = privacy_forget(rq->mem, rq->user, rq->ip, &done)) < 0)
		return rc;
	cookie_set(rq, REFRESH_COOKIE, "", "/api", 0, COOKIE_HIDDEN);
	csrf_clear(rq);
	return reply_data(rq, 200, json_obj(rq->mem, JI("erased", done.erased), JI("anonymised", done.anonymised)),
	    MSG_ACCOUNT_DELETED);
}

const struct route privacy_routes[] = {
	{ "GET", "/api/v1/privacy/export", privacy_read, NULL, AUTH_SESSION, RATE_AUTH, 60000,
	    "Everything that is stored of the caller, a JSON object a line", "application/x-ndjson", 0 },
	{ "DELETE", "/api/v1/privacy/account", account_delete, delete_params, AUTH_SESSION, RATE_AUTH, 60000,
	    "Erase the caller's account, who says his password again; what others need of its traces is made anonymous",
	    DATA_SAID("{erased:int = 3, anonymised:int = 12}") " !INVALID_CREDENTIALS", 0 },
	{ 0 }
};
