/* app_log.h -- warnings and errors of all processes and hosts, stored in app_logs for operators.
 *
 * The lines come from each host's journal (proc/journal.h) and equal those of the log file, with secrets masked.
 * Client addresses are truncated; a line's user id has a column of its own, so that erasing the account erases it too.
 */
#ifndef OPS_APP_LOG_H
#define OPS_APP_LOG_H

#include "base/log.h"
#include "base/str.h"

/* Stores a line of this host: the JSON object that was logged. Queued (APP_LOGS_QUEUE) and written in batches; lines
 * that do not fit or that PostgreSQL refuses are dropped and counted. For any context with a loop; does not yield. */
void	 app_log_add(const char *line, size_t n);
/* Waits until the queue is written, unless PostgreSQL is away. Yields. */
void	 app_log_flush(void);

/* A filter; NULL, 0: any. */
struct app_log_filter {
	enum log_level	 level;		/* and above */
	const char	*service;	/* "http" for all of its processes, or "http 1" */
	const char	*request_id, *host;
	const char	*since, *until;	/* ISO 8601 */
	const char	*q;		/* a text in the message or the fields */
	const char	*cursor;
	int64_t		 limit;
};
/* [{id,time,level,service,host,pid,requestId?,userId?,message,details?}], newest first. Yields. E_VALIDATION: a
 * malformed cursor or time; else as pg_query. */
int	 app_log_list(struct arena *mem, const struct app_log_filter *f, struct str *list, const char **next);

#endif
