/* login.h -- is it this account's owner? The one place where a password is held against an account. */
#ifndef DOMAIN_LOGIN_H
#define DOMAIN_LOGIN_H

#include "account.h"

/* Check the password of the account with this (normal) address; an outdated hash is renewed. Yields. A refusal comes no sooner than
 * LOGIN_FAILURE_MS, and neither it nor its time tells whether there is such an account.
 * 0; E_CREDENTIALS; E_LOCKED with *retry_s; E_INACTIVE (the password was right); E_BUSY; errors as redis_cmd and pg_query. */
int	 login_check(struct arena *mem, const char *email, const char *password, const char *ip, struct account *out,
	    int64_t *retry_s);

#endif
