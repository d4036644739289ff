/* login.h -- checks a login: the one place where a password is compared with an account's. */
#ifndef IDENTITY_LOGIN_H
#define IDENTITY_LOGIN_H

#include "account.h"

/* The client that logs in. A session or a device of the account exempts it from lockouts that others cause
 * (attempt.h). */
struct login_client {
	const char	*ip;
	const char	*session;	/* from its access token, of this account; NULL: none */
	/* the device text and refresh token it sent, unchecked; NULL: none */
	const char	*device, *refresh;
};

/* Checks the password of the account with this (normalised) address, and renews an outdated hash. Yields. A refusal
 * comes no sooner than LOGIN_FAILURE_MS, and neither its content nor its time reveals whether the account exists. 0;
 * E_CREDENTIALS; E_LOCKED with *retry_s; E_INACTIVE (the password was right); E_BUSY; errors as redis_cmd and
 * pg_query. */
int	 login_check(struct arena *mem, const char *email, const char *password, const struct login_client *client,
    struct account *out, int64_t *retry_s);

#endif
