/* caller.c -- transactions in somebody's name. See caller.h. Yields: caller_begin caller_end. */
#include "caller.h"

#include "base/err.h"

static struct pg_stmt set_user = PG_STMT("select", "settings", "SELECT set_config('dure.user', $1, true)");

bool
caller_known(const struct caller *who)
{
	return who->user != NULL && uuid_valid(who->user);
}

int
caller_begin(struct pg **pg, const struct caller *who)
{
	int rc;

	if (!who->admin && !caller_known(who))
		return E_FORBIDDEN;
	if ((rc = pg_begin(pg)) < 0 || who->admin)
		return rc;
	if ((rc = pg_query(*pg, NULL, &set_user, pg_text(who->user))) < 0)
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
