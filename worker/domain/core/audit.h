/* audit.h -- what happened that concerns security: written to security_logs, and to people where it is urgent.
 *
 * An event is logged at once, queued, and written by a coroutine of its own in batches; the queue is bounded and waits
 * while PostgreSQL is away. What does not fit is counted (security_events_total, result dropped) and stays in the log
 * only.
 */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "base/log.h"
#include "link/pg.h"

enum audit_level { AUDIT_INFO, AUDIT_WARNING, AUDIT_ERROR, AUDIT_CRITICAL };

/* AUDIT("failed_login", NULL, rq->ip, JS("email", email)): `user` and `ip` may be NULL. Everything is copied; values of
 * secret names are masked. Any context with a loop; does not yield. A type that is not listed counts as info. */
#define AUDIT(type, user, ip, ...) audit_event(type, user, ip, LOG_FIELDS(__VA_ARGS__))
void	 audit_event(const char *type, const char *user, const char *ip, const struct json_field *details, size_t n);
/* The same in `pg`'s transaction, which so happened exactly when it was logged. Yields. Errors as pg_query. */
#define AUDIT_IN(pg, type, user, ip, ...) audit_event_in(pg, type, user, ip, LOG_FIELDS(__VA_ARGS__))
int	 audit_event_in(struct pg *pg, const char *type, const char *user, const char *ip,
    const struct json_field *details,
	    size_t n);
/* Wait until everything queued is written (before a process ends). Yields. Results as co_park. */
int	 audit_flush(void);

#endif
