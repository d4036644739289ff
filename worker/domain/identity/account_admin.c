/* account_admin.c -- see account_admin.h. Yields: all. */
#include "account_admin.h"

#include "base/err.h"
#include "link/redis.h"
#include "session.h"
#include "worker/domain/core/audit.h"

/* Neither the tries that locked it for a while nor its own lock remain. */
static int
forgive_attempts(const char *email)
{
	if (email == NULL)
		return 0;
	return redis_cmd(NULL, "DEL lockout:%s login_attempts:%s login_attempts_from:%s", email, email, email);
}

static int
set_lock(struct arena *mem, const struct account *a, const struct account_order *o)
{
	int64_t n;

	AUDIT(o->locked ? "account_locked" : "account_unlocked", a->id, o->ip, JS("by", o->by));
	return o->locked ? session_end_all(mem, a->id, NULL, &n) : forgive_attempts(a->email);
}

int
account_order(struct arena *mem, const struct account *a, const struct account_order *o)
{
	int rc;

	if (strcmp(a->id, o->by) == 0 && (o->role != NULL || o->locked >= 0))
		return E_FORBIDDEN;
	if ((rc = account_change(mem, a->id, o->role, o->tier, o->locked < 0 ? -1 : !o->locked)) < 0)
		return rc;
	if (o->role != NULL || o->tier != NULL)
		AUDIT("role_changed", a->id, o->ip, JIF(o->role != NULL, JS("role", o->role)),
		    JIF(o->tier != NULL, JS("tier", o->tier)), JS("by", o->by));
	return o->locked >= 0 ? set_lock(mem, a, o) : 0;
}
