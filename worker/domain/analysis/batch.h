/* batch.h -- several products analysed as one job, once or by a schedule.
 *
 * A run starts (or joins) an analysis of each product and links them to the job (analysis_jobs); it is one transaction,
 * so it happens once. How far the job is follows from its analyses; pipelines may say more about it on
 * batch-job-status. Every change is told as `batch-update` (also `batch:{jobId}`) in the room batch:{jobId}. Runs that
 * were missed while nobody was there are made up for by one. Jobs by a schedule are announced on batch-jobs at each
 * run.
 */
#ifndef ANALYSIS_BATCH_H
#define ANALYSIS_BATCH_H

#include "analysis.h"
#include "schedule.h"

struct batch_order {
	const char		*user_id;	/* NULL: nobody in particular */
	struct strs		 products;
	const struct json	*options;	/* NULL: none */
	const char		*schedule;	/* its text; "now" for once */
	bool			 announce;	/* on batch-jobs */
	const char		*traceparent;
};
/* Make the job and, where the schedule says at once, its first run. *job_id in `mem`. Yields. E_VALIDATION for a
 * schedule that is none (*why), E_CONFLICT when the user has BATCH_SCHEDULES_MAX by the clock already; else as
 * pg_query. */
int	 batch_create(struct arena *mem, const struct batch_order *o, const char **job_id, struct cronexpr_fault *why);

/* Who asks for a job. */
struct batch_caller {
	const char	*user;		/* NULL: anonymous */
	bool		 admin;
};
/* The caller's jobs that are announced, newest first:
 * {jobId,productIds,schedule,options,status,runs,lastRunAt,nextRunAt,createdAt}. Yields. E_FORBIDDEN, E_VALIDATION
 * (cursor). */
int	 batch_page(struct arena *mem, const char *user, int64_t limit, const char *cursor, struct str *list,
    const char **next);
/* One of them with its progress; E_NOT_FOUND also when it is somebody else's. A job of nobody's is anybody's who knows
 * its id. */
int	 batch_read(struct arena *mem, const struct batch_caller *c, const char *job_id, struct str *doc);
/* No more runs; analyses that run go on. Cancelling twice is no error. */
int	 batch_cancel(struct arena *mem, const struct batch_caller *c, const char *job_id);

/* Start the runs that are due. *n: how many. Yields. */
int	 batch_run_due(struct arena *mem, int64_t *n);

/* What came on batch-job-status. E_NOT_FOUND; E_CONFLICT when it is older than what is known. Yields. */
struct batch_report {
	const char	*job_id, *status, *message;	/* message NULL: none */
	int64_t		 progress, total, completed, failed;	/* total and behind: negative when not said */
};
int	 batch_on_status(struct pg *pg, struct effects *effects, const struct batch_report *r);

/* A task has changed: batch-update for every job that waits for it, and a notification to the owner of one that is
 * done. Yields. */
int	 batch_task_effects(struct pg *pg, struct effects *effects, const char *task_id);
/* For republish.h: the jobs that changed since `since_ms`. Yields. Errors as pg_query. */
int	 batch_republish(struct effects *effects, int64_t since_ms);
/* The payload of batch-update for a late subscriber. Yields. E_NOT_FOUND. */
int	 batch_state(struct arena *mem, const char *job_id, struct str *payload);

#endif
