/* caller.h -- for whom the server works, and transactions in which a user sees his own rows only (row-level security, is_caller in sql/). */
#ifndef DOMAIN_CALLER_H
#define DOMAIN_CALLER_H

#include <stdbool.h>

#include "link/pg.h"

/* Begin one for this user. Yields. E_FORBIDDEN when that is no account's id; else as pg_begin. */
int	 caller_begin(struct pg **pg, const char *user);
/* End it: commit when `rc` is 0, else roll back; returns `rc`, or what the commit said. Yields. */
int	 caller_end(struct pg **pg, int rc);

/* Who asks, as the rules look at him. */
struct caller {
	const char	*user;		/* NULL: nobody in particular */
	bool		 admin;		/* sees and may do everything */
};
/* As caller_begin; an admin sees all rows. */
int	 caller_start(struct pg **pg, const struct caller *who);
/* Whether rows can belong to him: a token's subject need not be a UUID. Pure. */
bool	 caller_known(const struct caller *who);

#endif
