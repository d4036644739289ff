/* caller.h -- the caller a request acts for: row-level security limits a transaction to the caller's rows. */
#ifndef CORE_CALLER_H
#define CORE_CALLER_H

#include <stdbool.h>

#include "link/pg.h"

struct caller {
	const char	*user;		/* NULL: anonymous */
	bool		 admin;		/* sees all rows and may do everything */
};

/* Begins a transaction limited to the caller's rows; pg_end ends it. Yields. E_FORBIDDEN when the caller can own no
 * rows (a token's subject need not be a user's id), else errors as pg_begin. */
int	 caller_begin(struct pg **pg, const struct caller *who);
/* Whether the caller can own rows (base/user_id.h). */
bool	 caller_known(const struct caller *who);

#endif
