/* caller.c -- transactions as a caller. See caller.h. Yields: caller_begin. */
#include "caller.h"

#include "base/user_id.h"

bool
caller_known(const struct caller *who)
{
	return who->user != NULL && user_id_valid(who->user);
}

int
caller_begin(struct pg **pg, const struct caller *who)
{
	return who->admin ? pg_begin(pg) : pg_begin_as(pg, who->user);
}
