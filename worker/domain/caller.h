/* caller.h -- transactions in which a user sees his own rows only (row-level security, is_caller in sql/). */
#ifndef DOMAIN_CALLER_H
#define DOMAIN_CALLER_H

#include "link/pg.h"

/* Begin one for this user. Yields. E_FORBIDDEN when that is no account's id; else as pg_begin. */
int	 caller_begin(struct pg **pg, const char *user);
/* End it: commit when `rc` is 0, else roll back; returns `rc`, or what the commit said. Yields. */
int	 caller_end(struct pg **pg, int rc);

#endif
