/* settings.h -- what admins change while the servers run (system_config): each process holds the present values.
 *
 * A change is announced over Redis and in force on all hosts within milliseconds; where that is not heard, the table is
 * looked at every SETTINGS_POLL_MS. Until the table was read for the first time the defaults hold. Configuration keys
 * (base/conf.h) belong to whoever runs the machine, these to whoever runs the service.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "base/json.h"
#include "base/param.h"

struct settings {
	/* off; read-only: what changes something is refused; full: all but the operational routes */
	const char	*maintenance;
	const char	*maintenance_message;	/* said to whoever is refused; NULL: the usual text */
	int64_t		 maintenance_retry_s;	/* Retry-After */
	bool		 registration_open;	/* whoever wants may have an account; else admins make them */
	bool		 analysis_open;		/* new analyses are taken */
};
/* The keys with their types, bounds and defaults: what PATCH takes and what the table is read with. */
extern const struct param settings_params[];

/* Begin to follow the table; once a process, after redis_open and pg_open. Does not yield. */
void	 settings_start(void);
/* Follow it no more, before the process ends. Yields until nobody reads. */
void	 settings_stop(void);
/* The present values; valid until the caller yields. */
const struct settings *settings_now(void);
/* 0, or E_REGISTRATION_CLOSED, E_ANALYSIS_PAUSED. */
int	 settings_registration(bool admin);
int	 settings_analysis(void);

/* [{key,value,default,updatedAt?,updatedBy?}] of all keys. Yields. Errors as pg_query. */
int	 settings_list(struct arena *mem, struct str *list);
/* Give the keys that are members of `changes` (bound with settings_params before) these values; null: the default
 * again. With a security event each, in one transaction; then it is announced, and in force here. `user`, `ip`: whose
 * doing it is; may be NULL. Yields. */
int	 settings_change(const struct json *changes, const char *user, const char *ip);

#endif
