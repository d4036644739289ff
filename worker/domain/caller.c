/* caller.c -- transactions on behalf of a user. See caller.h. */
#include "caller.h"

#include "base/err.h"
#include "base/str.h"

static struct pg_stmt set_user = PG_STMT("set", "", "SELECT set_config('dure.user', $1, true)");

int
caller_begin(struct pg **pg, const char *user)
{
	int rc;

	if (!uuid_valid(user))
		return E_FORBIDDEN;
	if ((rc = pg_begin(pg)) < 0)
		return rc;
	if ((rc = pg_query(*pg, NULL, &set_user, pg_text(user))) < 0)
		pg_rollback(pg);
	return rc;
}

int
caller_end(struct pg **pg, int rc)
{
	if (rc == 0)
		return pg_commit(pg);
	pg_rollback(pg);
	return rc;
}
