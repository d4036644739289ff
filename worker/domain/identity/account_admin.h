/* account_admin.h -- what an operator changes of an account: role, tier, lock. For `dure user …` and the admin routes.
 *
 * The change is recorded as a security event, takes effect at once (account_change), and a lock ends the sessions.
 */
#ifndef IDENTITY_ACCOUNT_ADMIN_H
#define IDENTITY_ACCOUNT_ADMIN_H

#include "account.h"

struct account_order {
	const char	*role, *tier;	/* NULL: unchanged */
	int		 locked;	/* -1: unchanged */
	const char	*by, *ip;	/* the operator's id and address, or what they work with and NULL */
};
/* Yields. 0, E_NOT_FOUND, E_FORBIDDEN (the operator's own role or lock), errors as pg_query and redis_run. */
int	 account_order(struct arena *mem, const struct account *a, const struct account_order *o);

#endif
