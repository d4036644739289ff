/* caller.c -- transactions on behalf of a user. See caller.h. Yields: all but caller_known. */
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

int
caller_start(struct pg **pg, const struct caller *who)
{
	return who->admin ? pg_begin(pg) : pg_begin_as(pg, who->user);
}

bool
caller_known(const struct caller *who)
{
	return who->user != NULL && uuid_valid(who->user);
}
