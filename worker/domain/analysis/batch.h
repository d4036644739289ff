/* batch.h -- batch jobs: several products analysed as one job, once or on a schedule.
 *
 * A run starts (or joins) an analysis of each product and links them to the job (analysis_jobs) in one transaction, so
 * it happens once. A job's progress follows from its analyses; pipelines may add to it on batch-job-status. Every
 * change is published as `batch-update` (also `batch:{jobId}`) to the room batch:{jobId}. Any number of missed runs is
 * made up for by one. Scheduled jobs are announced on batch-jobs at each run.
 */
#ifndef ANALYSIS_BATCH_H
#define ANALYSIS_BATCH_H

#include "analysis.h"
#include "schedule.h"

struct batch_order {
	const char		*user_id;	/* NULL: anonymous */
	struct strs		 products;
	const struct json	*options;	/* NULL: none */
	const char		*schedule;	/* as text; "now": run once */
	bool			 announce;	/* on batch-jobs */
	const char		*traceparent;
};
/* Creates the job and, if its schedule begins at once, runs it. *job_id in `mem`. Yields. E_VALIDATION for a malformed
 * schedule (*why), E_CONFLICT when the user already has BATCH_SCHEDULES_MAX scheduled jobs; else as pg_query. */
int	 batch_create(struct arena *mem, const struct batch_order *o, const char **job_id, struct cronexpr_fault *why);

/* The caller who asks for a job. */
struct batch_caller {
	const char	*user;		/* NULL: anonymous */
	bool		 admin;
};
/* The caller's announced jobs, newest first:
 * {jobId,productIds,schedule,options,status,runs,lastRunAt,nextRunAt,createdAt}. Yields. E_FORBIDDEN, E_VALIDATION
 * (cursor), else as pg_query. */
int	 batch_page(struct arena *mem, const char *user, int64_t limit, const char *cursor, struct str *list,
    const char **next);
/* One of them with its progress; E_NOT_FOUND also when it is another user's. An anonymous job is readable by any
 * caller that knows its id. Yields. */
int	 batch_read(struct arena *mem, const struct batch_caller *c, const char *job_id, struct str *doc);
/* Ends the schedule; analyses that are running continue. Idempotent. Yields. E_NOT_FOUND. */
int	 batch_cancel(struct arena *mem, const struct batch_caller *c, const char *job_id);

/* Starts all runs that are due. *n: how many. Yields. Errors as pg_query. */
int	 batch_run_due(struct arena *mem, int64_t *n);

/* A message of batch-job-status. Yields. E_NOT_FOUND; E_CONFLICT when it is older than the stored report. */
struct batch_report {
	const char	*job_id, *status, *message;	/* message NULL: none */
	int64_t		 progress, total, completed, failed;	/* total and those behind it: negative when not given */
};
int	 batch_on_status(struct pg *pg, struct effects *effects, const struct batch_report *r);

/* After a change of a task: collects batch-update for every job that contains it, and notifies the owner of a job that
 * is done. Yields. Errors as pg_query. */
int	 batch_task_effects(struct pg *pg, struct effects *effects, const char *task_id);
/* For republish.h: collects the jobs that changed since `since_ms` (ms since 1970). Yields. Errors as pg_query. */
int	 batch_republish(struct effects *effects, int64_t since_ms);
/* The payload of batch-update for a late subscriber. Yields. E_NOT_FOUND, else as pg_query. */
int	 batch_state(struct arena *mem, const char *job_id, struct str *payload);

#endif
