/* caller.c -- transactions on behalf of a user. See caller.h. */
#include "caller.h"

int
caller_begin(struct pg **pg, const char *user)
{
	return pg_begin_as(pg, user);
}

int
caller_end(struct pg **pg, int rc)
{
	if (rc == 0)
		return pg_commit(pg);
	pg_rollback(pg);
	return rc;
}
