/* auth_routes.c -- accounts and their logins. Yields: all. The rules are in domain/identity/account.h, login.h and
 * session.h. */
#include "../cookie.h"
#include "../cors.h"
#include "../csrf.h"
#include "base/conf.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/core/settings.h"
#include "worker/domain/identity/account.h"
#include "worker/domain/identity/account_mail.h"
#include "worker/domain/identity/device.h"
#include "worker/domain/identity/login.h"
#include "worker/domain/identity/revoked.h"
#include "worker/domain/identity/session.h"
#include "worker/domain/ops/usage.h"

enum { LINK_MAX = 128 };
static const char cookie_name[] = REFRESH_COOKIE, device_name[] = "device", cookie_path[] = "/api";

static bool
is_admin(const struct req *rq)
{
	return rq->role != NULL && strcmp(rq->role, "admin") == 0;
}

/* {id,email,role,createdAt,isActive} */
static struct str
user_json(struct arena *mem, const struct account *a)
{
	return json_obj(mem, JS("id", a->id), JS("email", a->email), JS("role", a->role),
	    JS("createdAt", a->created_at), JB("isActive", a->active));
}

static int
reply_message(struct req *rq, int status, enum message m)
{
	return reply_json(rq, status, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(m, rq->english))));
}

struct register_in { const char *email, *password, *confirm, *role; };
static const struct param register_params[] = {
	P_EMAIL(FROM_JSON, struct register_in, email, "email", REQUIRED),
	P_PASSWORD(FROM_JSON, struct register_in, password, "password", REQUIRED),
	P_SAME(FROM_JSON, struct register_in, confirm, "confirmPassword", REQUIRED, "password"),
	P_PICK(FROM_JSON, struct register_in, role, "role", OPTIONAL, ACCOUNT_ROLES, "user"),
	PARAM_END
};

/* With EMAIL_VERIFICATION: 202 whether or not the address has an account, which is told by mail. */
static int
register_by_mail(struct req *rq, const char *email, const char *password)
{
	int rc = account_mail_register(rq->mem, email_normal(rq->mem, email), password, rq->english, &rq->rate.retry_s);

	return rc < 0 ? rc : reply_message(rq, 202, MSG_VERIFY_SENT);
}

/* POST /api/auth/register -- a new account; only an admin gives it another role than user. */
static int
auth_register(struct req *rq, const void *args)
{
	const struct register_in *in = args;
	struct account a;
	int rc;

	if (strcmp(in->role, "user") != 0 && !is_admin(rq))
		return E_FORBIDDEN;
	if ((rc = settings_registration(is_admin(rq))) < 0)
		return rc;
	if (conf.email_verification && !is_admin(rq))
		return register_by_mail(rq, in->email, in->password);
	if ((rc = account_create(rq->mem, email_normal(rq->mem, in->email), in->password, in->role, "free", &a)) < 0)
		return rc;
	AUDIT("registered", a.id, rq->ip, JS("role", a.role));
	return reply_data(rq, 201, json_obj(rq->mem, JR("user", user_json(rq->mem, &a)),
	    JS("message", message_text(MSG_REGISTERED, rq->english))), MSG_NONE);
}

/* {user:{id,email,role},accessToken,tokenType,expiresIn} and the cookie. */
static int
reply_grant(struct req *rq, const struct account *a, const struct session_grant *g, enum message m)
{
	struct str user = json_obj(rq->mem, JS("id", a->id), JS("email", a->email), JS("role", a->role));

	usage_user(a->id);	/* one who has nothing but sockets too */
	cookie_set(rq, cookie_name, g->refresh, cookie_path, conf.jwt_refresh_expires_s, COOKIE_HIDDEN);
	csrf_set(rq, m == MSG_LOGGED_IN);
	return reply_data(rq, 200, json_obj(rq->mem, JR("user", user), JS("accessToken", g->access),
	    JS("tokenType", "Bearer"), JI("expiresIn", g->expires_in_s)), m);
}

struct login_in { const char *email, *password; };
static const struct param login_params[] = {
	P_EMAIL(FROM_JSON, struct login_in, email, "email", REQUIRED),
	P_STR(FROM_JSON, struct login_in, password, "password", REQUIRED, 1, PASSWORD_MAX),
	PARAM_END
};

static int
auth_login(struct req *rq, const void *args)
{
	const struct login_in *in = args;
	const struct login_client client = { .ip = rq->ip, .session = NULL, .device = cookie_get(rq, device_name),
	    .refresh = cookie_get(rq, cookie_name) };
	struct session_grant g;
	struct account a;
	int rc;

	rc = login_check(rq->mem, email_normal(rq->mem, in->email), in->password, &client, &a, &rq->rate.retry_s);
	if (rc < 0 || (rc = session_start(rq->mem, &a, rq->ip, rq->header[HDR_USER_AGENT], &g)) < 0)
		return rc;
	if ((rc = account_seen(&a)) < 0) {		/* what ended its sessions meanwhile did not see this one */
		session_end(rq->mem, a.id, g.id);
		return rc;
	}
	AUDIT("login", a.id, rq->ip, JS("session", g.id));
	(void)reply_grant(rq, &a, &g, MSG_LOGGED_IN);
	cookie_set(rq, device_name, device_make(rq->mem, &a), cookie_path, conf.login_device_ttl_s, COOKIE_HIDDEN);
	return 0;
}

static int
auth_refresh(struct req *rq, const void *args)
{
	const char *token = cookie_get(rq, cookie_name);
	struct session_grant g;
	struct account a;
	int rc;

	(void)args;
	if (token == NULL)
		return E_REFRESH;
	if ((rc = session_refresh(rq->mem, token, rq->ip, rq->header[HDR_USER_AGENT], &a, &g)) < 0)
		return rc;
	return reply_grant(rq, &a, &g, MSG_REFRESHED);
}

static int
reply_goodbye(struct req *rq, enum message m)
{
	cookie_set(rq, cookie_name, "", cookie_path, 0, COOKIE_HIDDEN);
	csrf_clear(rq);
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JS("message", message_text(m, rq->english))));
}

static int
auth_logout(struct req *rq, const void *args)
{
	int rc = rq->sid != NULL ? session_end(rq->mem, rq->user, rq->sid) : 0;

	(void)args;
	if (rc < 0 && rc != E_NOT_FOUND)
		return rc;
	if (rq->jti != NULL && (rc = revoke_token(rq->mem, rq->jti, rq->token_exp_s)) < 0)
		return rc;
	AUDIT("logout", rq->user, rq->ip, JS("session", rq->sid));
	return reply_goodbye(rq, MSG_LOGGED_OUT);
}

static int
auth_logout_all(struct req *rq, const void *args)
{
	int64_t n;
	int rc;

	(void)args;
	if ((rc = session_end_all(rq->mem, rq->user, NULL, &n)) < 0 || (rc = revoke_user(rq->mem, rq->user)) < 0)
		return rc;
	AUDIT("session_revoked", rq->user, rq->ip, JI("sessions", n));
	return reply_goodbye(rq, MSG_LOGGED_OUT_ALL);
}

/* The account behind a token; without its account a token has no caller. */
static int
need_account(struct req *rq, struct account *a)
{
	int rc = account_find(rq->mem, rq->user, a);

	return rc == E_NOT_FOUND ? E_UNAUTHORIZED : rc;
}

static int
auth_me(struct req *rq, const void *args)
{
	struct account a;
	int rc;

	(void)args;
	if ((rc = need_account(rq, &a)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JR("user", user_json(rq->mem, &a))), MSG_NONE);
}

/* GET /api/auth/csrf -- for a front end on another host, which cannot read this host's cookies. */
static int
auth_csrf(struct req *rq, const void *args)
{
	const char *origin = rq->header[HDR_ORIGIN], *site = rq->header[HDR_SEC_FETCH_SITE];

	(void)args;
	if (origin != NULL && !cors_allows(origin) && (site == NULL || strcmp(site, "same-origin") != 0))
		return E_FORBIDDEN;
	return reply_json(rq, 200, json_obj(rq->mem, JS("csrfToken", csrf_token(rq))));
}

struct password_in { const char *current, *password, *confirm; };
static const struct param password_params[] = {
	P_STR(FROM_JSON, struct password_in, current, "currentPassword", REQUIRED, 1, PASSWORD_MAX),
	P_PASSWORD(FROM_JSON, struct password_in, password, "newPassword", REQUIRED),
	P_SAME(FROM_JSON, struct password_in, confirm, "confirmPassword", OPTIONAL, "newPassword"),
	PARAM_END
};

/* POST /api/auth/password -- the session that asks goes on, all others end. */
static int
auth_password(struct req *rq, const void *args)
{
	const struct password_in *in = args;
	const struct login_client client = { .ip = rq->ip, .session = rq->sid };
	struct account a;
	int64_t n;
	int rc;

	if ((rc = need_account(rq, &a)) < 0)
		return rc;
	if (a.password_hash == NULL)		/* its issuer has it */
		return E_FORBIDDEN;
	if ((rc = login_check(rq->mem, a.email, in->current, &client, &a, &rq->rate.retry_s)) < 0 ||
	    (rc = account_set_password(rq->mem, a.id, in->password)) < 0 ||
	    (rc = session_end_all(rq->mem, a.id, rq->sid, &n)) < 0)
		return rc;
	AUDIT("password_changed", a.id, rq->ip, JI("sessions", n));
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(MSG_PASSWORD_CHANGED, rq->english))));
}

struct forgot_in { const char *email; };
static const struct param forgot_params[] = {
	P_EMAIL(FROM_JSON, struct forgot_in, email, "email", REQUIRED), PARAM_END
};

/* POST /api/auth/password/forgot -- the same answer, in the same time, whether or not there is an account. */
static int
auth_forgot(struct req *rq, const void *args)
{
	const struct forgot_in *in = args;
	int rc = account_mail_reset(rq->mem, email_normal(rq->mem, in->email), rq->english, &rq->rate.retry_s);

	return rc < 0 ? rc : reply_message(rq, 202, MSG_RESET_SENT);
}

struct reset_in { const char *link, *password, *confirm; };
static const struct param reset_params[] = {
	P_STR(FROM_JSON, struct reset_in, link, "token", REQUIRED, 1, LINK_MAX),
	P_PASSWORD(FROM_JSON, struct reset_in, password, "newPassword", REQUIRED),
	P_SAME(FROM_JSON, struct reset_in, confirm, "confirmPassword", OPTIONAL, "newPassword"),
	PARAM_END
};

/* POST /api/auth/password/reset -- by the link of a mail; ends all sessions. */
static int
auth_reset(struct req *rq, const void *args)
{
	const struct reset_in *in = args;
	const char *user;
	int rc;

	if ((rc = account_mail_set_password(rq->mem, in->link, in->password, &user)) < 0)
		return rc;
	AUDIT("password_reset", user, rq->ip);
	return reply_message(rq, 200, MSG_PASSWORD_RESET);
}

struct verify_in { const char *link; };
static const struct param verify_params[] = {
	P_STR(FROM_JSON, struct verify_in, link, "token", REQUIRED, 1, LINK_MAX), PARAM_END
};

/* POST /api/auth/verify -- makes the account that was registered, by the link of the mail. */
static int
auth_verify(struct req *rq, const void *args)
{
	const struct verify_in *in = args;
	struct account a;
	int rc;

	if ((rc = account_mail_verify(rq->mem, in->link, &a)) < 0)
		return rc;
	AUDIT("registered", a.id, rq->ip, JS("role", a.role));
	return reply_data(rq, 201, json_obj(rq->mem, JR("user", user_json(rq->mem, &a)),
	    JS("message", message_text(MSG_REGISTERED, rq->english))), MSG_NONE);
}

const struct route auth_routes[] = {
	{ "POST", "/api/auth/register", auth_register, register_params, AUTH_OPTIONAL, RATE_AUTH, 15000,
	    "Create an account",
	    "201 " DATA("{user:Registered, "
	    "message:string}") " 202 " SAID " !EMAIL_ALREADY_EXISTS !REGISTRATION_CLOSED !FORBIDDEN", ROUTE_ONCE },
	{ "POST", "/api/auth/verify", auth_verify, verify_params, AUTH_NONE, RATE_AUTH, 15000,
	    "Complete a registration by the link of its mail (EMAIL_VERIFICATION)",
	    "201 " DATA("{user:Registered, message:string}") " !LINK_INVALID !EMAIL_ALREADY_EXISTS", 0 },
	{ "POST", "/api/auth/password/forgot", auth_forgot, forgot_params, AUTH_NONE, RATE_AUTH, 5000,
	    "Ask for a mail with a link that resets the password; the answer does not tell whether there is an account",
	    "202 " SAID " !MAIL_NOT_CONFIGURED", 0 },
	{ "POST", "/api/auth/password/reset", auth_reset, reset_params, AUTH_NONE, RATE_AUTH, 15000,
	    "Set a new password by the link of a mail; ends all sessions", SAID " !LINK_INVALID", 0 },
	{ "POST", "/api/auth/login", auth_login, login_params, AUTH_NONE, RATE_AUTH, 15000,
	    "Log in: an access token, and a refresh token as a cookie",
	    DATA_SAID("Grant") " !INVALID_CREDENTIALS !ACCOUNT_DISABLED !ACCOUNT_LOCKED", 0 },
	{ "POST", "/api/auth/refresh", auth_refresh, NULL, AUTH_NONE, RATE_DEFAULT, 5000,
	    "A new access token for the cookie, and a new cookie",
	    DATA_SAID("Grant") " !ACCOUNT_DISABLED", ROUTE_COOKIE },
	{ "GET", "/api/auth/csrf", auth_csrf, NULL, AUTH_NONE, RATE_DEFAULT, 5000,
	    "The token that requests with cookies repeat as X-CSRF-Token, to allowed origins",
	    "{csrfToken:string} !FORBIDDEN", 0 },
	{ "POST", "/api/auth/logout", auth_logout, NULL, AUTH_SESSION, RATE_DEFAULT, 5000, "End this session",
	    SAID, 0 },
	{ "POST", "/api/auth/logout-all", auth_logout_all, NULL, AUTH_SESSION, RATE_DEFAULT, 5000,
	    "End all of the caller's sessions", SAID, 0 },
	{ "GET", "/api/auth/me", auth_me, NULL, AUTH_USER, RATE_DEFAULT, 5000, "The caller's account",
	    DATA("{user:Registered}"), 0 },
	{ "POST", "/api/auth/password", auth_password, password_params, AUTH_SESSION, RATE_AUTH, 15000,
	    "Change the password; ends the caller's other sessions", SAID " !INVALID_CREDENTIALS", 0 },
	{ 0 }
};
