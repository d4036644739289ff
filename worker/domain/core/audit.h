/* audit.h -- security events: stored in security_logs; urgent ones also go to the operators.
 *
 * An event is logged at once, queued, and written in batches by a coroutine of its own. The queue is bounded and holds
 * events while PostgreSQL is away. An event that does not fit is counted (security_events_total, result dropped) and
 * stays in the log only.
 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "base/log.h"
#include "link/pg.h"

enum audit_level { AUDIT_INFO, AUDIT_WARNING, AUDIT_ERROR, AUDIT_CRITICAL };

/* AUDIT("failed_login", NULL, rq->ip, JS("email", email)): `user` and `ip` may be NULL. Copies everything; masks
 * values of secret names. For any context with a loop; does not yield. An unlisted type counts as info. */
#define AUDIT(type, user, ip, ...) audit_event(type, user, ip, LOG_FIELDS(__VA_ARGS__))
void	 audit_event(const char *type, const char *user, const char *ip, const struct json_field *details, size_t n);
/* The same within `pg`'s transaction: stored exactly if the transaction commits. Yields. Errors as pg_query. */
#define AUDIT_IN(pg, type, user, ip, ...) audit_event_in(pg, type, user, ip, LOG_FIELDS(__VA_ARGS__))
int	 audit_event_in(struct pg *pg, const char *type, const char *user, const char *ip,
    const struct json_field *details, size_t n);
/* A page of the events, the latest first: [{"id","type","level","userId","ip","details","createdAt"}] in the
 * coroutine's arena. `type`, `user` NULL: any; `cursor` NULL: the first page. Yields. E_VALIDATION: a malformed cursor;
 * else as pg_query. */
struct audit_filter {
	const char	*type, *user, *cursor;
	int64_t		 limit;
};
int	 audit_page(const struct audit_filter *f, struct str *list, const char **next);
/* Waits until every queued event is written, before a process ends. Yields. Results as co_park. */
int	 audit_flush(void);

#endif
