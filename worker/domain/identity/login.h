/* login.h -- is it this account's owner? The one place where a password is held against an account. */
#ifndef IDENTITY_LOGIN_H
#define IDENTITY_LOGIN_H

#include "account.h"

/* Who wants in. A client that shows a session or a device of the account is spared the lockouts that others bring about
 * (attempt.h). */
struct login_client {
	const char	*ip;
	const char	*session;	/* by its access token, of this account; NULL: none */
	/* what it says are such a text and token, not yet looked at; NULL: none */
	const char	*device, *refresh;
};

/* Check the password of the account with this (normal) address; an outdated hash is renewed. Yields. A refusal comes no
 * sooner than LOGIN_FAILURE_MS, and neither it nor its time tells whether there is such an account. 0; E_CREDENTIALS;
 * E_LOCKED with *retry_s; E_INACTIVE (the password was right); E_BUSY; errors as redis_cmd and pg_query. */
int	 login_check(struct arena *mem, const char *email, const char *password, const struct login_client *client,
    struct account *out,
	    int64_t *retry_s);

#endif
