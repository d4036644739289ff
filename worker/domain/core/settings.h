/* settings.h -- runtime settings of admins (system_config): each process holds the current values.
 *
 * A change is announced over Redis and applies on all hosts within milliseconds; as a fallback the table is polled
 * every SETTINGS_POLL_MS. Defaults hold until the table was first read. Configuration keys (base/conf.h) belong to the
 * operator of the machine, settings to the operator of the service.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "base/json.h"
#include "base/param.h"

struct settings {
	/* off; read-only: requests that change something are refused; full: all but operational routes are */
	const char	*maintenance;
	const char	*maintenance_message;	/* in the answer of a refused request; NULL: the usual text */
	int64_t		 maintenance_retry_s;	/* Retry-After, seconds */
	bool		 registration_open;	/* anyone may register; else only admins create accounts */
	bool		 analysis_open;		/* new analyses are accepted */
	bool		 classification_open;	/* videos are sent to Anthropic; a spending limit ends it */
};
/* The settings with their types, bounds and defaults: binds the body of PATCH and the table. */
extern const struct param settings_params[];

/* Begins to follow the table; once a process, after redis_open and pg_open. Does not yield. */
void	 settings_start(void);
/* Stops following it, before the process ends. Yields until no load is under way. */
void	 settings_stop(void);
/* The current values; valid until the caller yields. */
const struct settings *settings_now(void);
/* 0 while registration (or: analyses) are allowed, else E_REGISTRATION_CLOSED, E_ANALYSIS_PAUSED. */
int	 settings_registration(bool admin);
int	 settings_analysis(void);

/* [{key,value,default,updatedAt?,updatedBy?}] of all settings, in `mem`. Yields. Errors as pg_query. */
int	 settings_list(struct arena *mem, struct str *list);
/* Sets the members of `changes` (bound with settings_params before); null restores the default. Writes one security
 * event per setting in the same transaction; then announces the change and applies it here. `user`, `ip`: the actor,
 * may be NULL. Yields. Errors as pg_query. */
int	 settings_change(const struct json *changes, const char *user, const char *ip);

#endif
