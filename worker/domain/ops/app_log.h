/* app_log.h -- warnings and errors of all processes and hosts, kept in app_logs for operators.
 *
 * The lines come from the journal of each host (proc/journal.h). They are what the log file has, so secrets are masked
 * in them; client addresses are cut short, and the user that a line names is kept apart, so that it goes with his
 * account.
 */
#ifndef OPS_APP_LOG_H
#define OPS_APP_LOG_H

#include "base/log.h"
#include "base/str.h"

/* Keep a line of this host: the JSON object that was logged. Queued (APP_LOGS_QUEUE) and written in batches; what
 * PostgreSQL refuses is left out and counted. Any context with a loop; does not yield. */
void	 app_log_add(const char *line, size_t n);
/* Wait until the queue is written, unless PostgreSQL is away. Yields. */
void	 app_log_flush(void);

/* What is looked for; NULL, 0: anything. */
struct app_log_filter {
	enum log_level	 level;		/* and above */
	const char	*service;	/* "http", or "http 1" */
	const char	*request_id, *host;
	const char	*since, *until;	/* ISO 8601 */
	const char	*q;		/* in the message or the fields */
	const char	*cursor;
	int64_t		 limit;
};
/* [{id,time,level,service,host,pid,requestId?,userId?,message,details?}], newest first. Yields. E_VALIDATION: a cursor
 * or a time that is none; else as pg_query. */
int	 app_log_list(struct arena *mem, const struct app_log_filter *f, struct str *list, const char **next);

#endif
