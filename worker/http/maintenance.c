/* maintenance.c -- see maintenance.h. */
#include "maintenance.h"

#include "base/err.h"
#include "worker/domain/core/settings.h"

static bool
is_read(enum method m)
{
	return m == METHOD_GET || m == METHOD_HEAD || m == METHOD_OPTIONS;
}

int
maintenance_check(struct req *rq)
{
	const struct settings *s = settings_now();

	if (s->maintenance[0] == 'o' || rq->admin || rq->route->auth == AUTH_NONE ||
	    (s->maintenance[0] == 'r' && is_read(rq->method)))
		return 0;
	rq->rate.retry_s = s->maintenance_retry_s;
	rq->why = arena_strdup(rq->mem, s->maintenance_message);
	return E_MAINTENANCE;
}
