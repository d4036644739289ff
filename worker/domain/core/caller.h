/* caller.h -- for whom the server works: his rows are all that a transaction of his sees (row-level security). */
#ifndef CORE_CALLER_H
#define CORE_CALLER_H

#include <stdbool.h>

#include "link/pg.h"

struct caller {
	const char	*user;		/* NULL: nobody in particular */
	bool		 admin;		/* sees and may do everything */
};

/* Begin a transaction that sees what the caller may see; pg_end ends it. Yields. E_FORBIDDEN when he is nobody that
 * rows could belong to (a token's subject need not be a UUID), else errors as pg_begin. */
int	 caller_begin(struct pg **pg, const struct caller *who);
/* Whether rows can belong to him. */
bool	 caller_known(const struct caller *who);

#endif
